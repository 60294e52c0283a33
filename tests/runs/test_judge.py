from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rlaif.errors import JudgeUnavailable
from rlaif.grading.completion import prepare
from rlaif.judging.scripted import ScriptedBackend
from rlaif.records.backends import ScriptedJudge, TransformersJudge
from rlaif.records.sample import Sample
from rlaif.runs.backends import backend_of
from rlaif.runs.judge import asker_of, asks_judge, no_judge, prompter_of, ready

Make = Callable[..., Any]
SAMPLE = Sample(sample_id="s", prompt="Greet her.", completion="Hello to you.")


class Watched(ScriptedBackend):
    """Remembers what was done to it."""

    def __init__(self, breaks: bool = False) -> None:
        super().__init__(ScriptedJudge(judge="fake", version="1", backend="scripted"))
        self.done: list[str] = []
        self._breaks = breaks

    async def start(self) -> None:
        self.done.append("start")
        if self._breaks:
            raise JudgeUnavailable("no memory left")

    async def aclose(self) -> None:
        self.done.append("close")


def test_a_rubric_of_checks_asks_no_judge(rubric: Make) -> None:
    check = {"id": "p", "check": "final_number"}
    assert not asks_judge(rubric(check).items)
    assert asks_judge(rubric(check, {"section": "s", "criteria": [{"id": "a"}]}).items)
    assert not asks_judge(rubric().items)


async def test_a_backend_is_started_and_let_go_of(judge: Make) -> None:
    backend = Watched()
    async with ready(judge(), backend) as asker:
        assert backend.done == ["start"]
        assert asker.seats[0].backend is backend
        assert asker.name == "fake@1.0.0"
    assert backend.done == ["start", "close"]


async def test_a_backend_is_let_go_of_when_it_cannot_start_or_grading_fails(judge: Make) -> None:
    with pytest.raises(JudgeUnavailable, match="no memory"):
        async with ready(judge(), Watched(breaks=True)):
            pass
    backend = Watched()
    with pytest.raises(OSError, match="disk"):
        async with ready(judge(), backend):
            raise OSError("disk")
    assert backend.done == ["start", "close"]


async def test_where_nothing_is_asked_no_judge_is_loaded() -> None:
    async with ready(no_judge(), asks=False) as asker:
        assert isinstance(asker.seats[0].backend, ScriptedBackend)


def test_the_judge_file_names_its_backend(judge: Make) -> None:
    assert isinstance(backend_of(judge()), ScriptedBackend)


async def test_the_fingerprint_follows_what_determines_the_answers(judge: Make) -> None:
    async def fingerprint(given: Any) -> str:
        async with ready(given) as asker:
            return asker.seats[0].fingerprint

    same = {await fingerprint(judge(**m)) for m in ({}, {"latency_s": 1}, {"min_label_mass": 0.5})}
    assert len(same) == 1
    assert await fingerprint(judge("hash")) not in same


@pytest.mark.parametrize(
    ("longest", "stated", "most"), [(None, None, None), (1000, None, 500), (1000, 100, 100)]
)
def test_the_longest_completion_is_as_stated_or_half_of_what_the_judge_takes(
    judge: Make, longest: int | None, stated: int | None, most: int | None
) -> None:
    backend = Watched()
    backend.max_length = longest
    given = judge()
    prompter = prompter_of(given, backend)
    spec = TransformersJudge(
        judge="t", version="1", backend="transformers", model="m", max_completion=stated
    )
    asker = asker_of(type(given)(spec, given.template), [backend], [prompter])
    assert (asker.seats[0].max_length, asker.max_completion) == (longest, most)


def test_what_the_judge_is_taught_follows_no_order_of_labels_or_criteria_and_no_id(
    rubric: Make, judge: Make
) -> None:
    def taught(labels: dict[str, str], *ids: str) -> str:
        asked = {"a": "Is it kind at all?", "b": "Is it long at all?", "c": "Is it long at all?"}
        items = [{"id": name, "ask": asked[name]} for name in ids]
        example = {"prompt": "p", "completion": "c", "expect": labels, "teach": True}
        made = rubric(*items, examples=[example])
        given = judge()
        return prompter_of(given, backend_of(given), made).prefix(prepare(SAMPLE, "strip")).hash

    labels = {"a": "yes", "b": "no"}
    first = taught(labels, "a", "b")
    assert taught(dict(reversed(labels.items())), "a", "b") == first
    assert taught(labels, "b", "a") == first
    assert taught({"a": "yes", "c": "no"}, "c", "a") == first
    assert taught({"a": "yes", "b": "yes"}, "a", "b") != first
