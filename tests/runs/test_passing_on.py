"""Backends that stand before another one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.errors import InputError
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Filling, Generated, Request
from rlaif.records.judge import Judge
from rlaif.records.panel import JuryJudge
from rlaif.runs.draft import DraftOrder, draft_from_samples, draft_from_task
from rlaif.runs.draft_rows import draft_rows
from rlaif.runs.remembered import Counted

Make = Callable[..., Any]


class Loading(ScriptedBackend):
    """Says when it is started and closed, and when it was asked after that."""

    def __init__(self, judge: Judge) -> None:
        super().__init__(
            judge.spec,  # type: ignore[arg-type]  # a scripted one
            rule=self._judged,
            write=lambda _: "1. [good] Is the greeting kind to her?",
        )
        self.heard: list[str] = []

    def _judged(self, _: object) -> Answer:
        self.heard.append("asked")
        return Answer((0.0, 1.0))

    async def start(self) -> None:
        self.heard.append("started")

    async def aclose(self) -> None:
        self.heard.append("closed")


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "in.jsonl"
    path.write_bytes(orjson.dumps({"prompt": "Greet her.", "reference": "Hello!"}))
    return str(path)


@pytest.mark.parametrize("draft", [draft_from_samples, draft_rows])
async def test_one_loaded_model_writes_and_tries(
    draft: Any, judge: Make, source: str, tmp_path: Path
) -> None:
    made = judge()
    backend = Loading(made)
    await draft(DraftOrder(made, tmp_path / "out.yaml", count=1, backend=backend), source)
    assert backend.heard == ["started", "asked", "closed"]


async def test_a_judge_that_names_others_does_not_write(judge: Make, tmp_path: Path) -> None:
    jury = JuryJudge.model_validate({"judge": "j", "version": "1.0.0", "jury": ["a", "b"]})
    order = DraftOrder(Judge(jury, "", members=(judge(), judge())), tmp_path / "out.yaml")
    with pytest.raises(InputError, match="no model of its own that could write"):
        await draft_from_task(order, "Greet a customer")


async def test_a_request_counts_for_every_criterion_that_it_asks_about(judge: Make) -> None:
    counted = Counted(ScriptedBackend(judge().spec))
    forms = [Filling(name, ("No", "Yes"), ("no", "yes"), 1) for name in "ab"]

    async def asked() -> AsyncIterator[Request]:
        yield Request(0, (), (), 10, "k", schema={}, forms=tuple(forms))
        yield Request(1, (), (), 10, "l", schema={}, forms=tuple(forms[:1]))

    texts = [text async for _, text in counted.generate(asked())]
    assert all(isinstance(text, Generated) for text in texts)
    assert counted.asked == {"a": 2, "b": 1}
