"""What one engine's process does around vLLM, with a stand-in for vLLM itself."""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ENGINE, VERSIONS = "rlaif.judging.vllm_engine", "rlaif.judging.vllm_versions"
START = {"options": {"max_num_seqs": 4}, "adapter": None, "cores": None}


class Vllm(ModuleType):
    """Answers all that was added at each step; the longest prompt has nine tokens."""

    OPTIONS = frozenset({"max_num_seqs", "max_model_len"})

    def __init__(self) -> None:
        super().__init__(VERSIONS)
        self.recurrent = False
        self.steps: list[list[str]] = []
        self.added: dict[str, list[int]] = {}
        self.aborted: list[str] = []
        self.adapters: list[Any] = []

    def version(self) -> str:
        return "0.32.0"

    def engine_of(self, options: dict[str, Any]) -> Any:
        return SimpleNamespace(step=self._step, abort_request=self._abort)

    def adapter_of(self, path: str | None) -> Any:
        return path

    def facts_of(self, engine: Any) -> dict[str, Any]:
        return {"max_length": 9}

    def is_recurrent(self, engine: Any) -> bool:
        return self.recurrent

    def deciding(self, labels: Any) -> Any:
        return labels

    def writing(self, message: Any) -> Any:
        return message

    def add(self, engine: Any, name: str, ids: list[int], params: Any, adapter: Any) -> None:
        if len(ids) >= 9:
            raise ValueError("the prompt is too long")
        self.added[name] = ids
        self.adapters.append(adapter)

    def probabilities(self, output: Any, labels: list[int]) -> list[float]:
        return [label / 100 if label else math.nan for label in labels]

    def written(self, output: Any) -> tuple[list[int], bool]:
        return [1, 2], True

    def close(self, engine: Any) -> None:
        self.steps.append(["closed"])

    def _step(self) -> list[Any]:
        names, ids = list(self.added), list(self.added.values())
        self.added.clear()
        self.steps.append(names)
        return [
            SimpleNamespace(
                request_id=name, finished=True, num_cached_tokens=1, prompt_token_ids=prompt
            )
            for name, prompt in zip(names, ids, strict=True)
        ]

    def _abort(self, names: list[str]) -> None:
        self.aborted += names
        for name in names:
            del self.added[name]


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vllm]:
    stub = Vllm()
    judging = importlib.import_module("rlaif.judging")
    monkeypatch.setitem(sys.modules, VERSIONS, stub)
    monkeypatch.setattr(judging, "vllm_versions", stub, raising=False)
    monkeypatch.delitem(sys.modules, ENGINE, raising=False)
    yield stub
    sys.modules.pop(ENGINE, None)
    if hasattr(judging, "vllm_engine"):
        del judging.vllm_engine


def engine_of(**start: Any) -> Any:
    return importlib.import_module(ENGINE).VllmEngine(START | start)


def ask(*tickets: int, prefix: tuple[int, ...] = (1, 2)) -> dict[str, Any]:
    asked = [[ticket, [ticket], [7, 8]] for ticket in tickets]
    return {"kind": "ask", "prefix": list(prefix), "ask": asked}


@pytest.mark.usefixtures("vllm")
def test_answers_come_with_what_was_computed_and_what_was_cached() -> None:
    engine = engine_of()
    assert not engine.busy
    engine.take(ask(4))
    engine.take({"kind": "write", "ticket": 5, "ids": [1, 2, 3, 4]})
    assert engine.busy
    assert engine.step() == {
        "answers": [[4, [0.07, 0.08], 2, 1]],
        "texts": [[5, [1, 2], True, 3, 1]],
        "refused": [],
    }
    assert not engine.busy


def test_all_questions_about_a_sample_go_in_at_once(vllm: Vllm) -> None:
    engine = engine_of()
    engine.take(ask(1, 2, 3))
    engine.step()
    assert vllm.steps == [["1", "2", "3"]]


def test_where_a_step_shares_no_prefix_one_question_goes_ahead(vllm: Vllm) -> None:
    vllm.recurrent = True
    engine = engine_of()
    engine.take(ask(1, 2, 3))
    engine.take(ask(4, 5))
    done = [engine.step() for _ in range(2)]
    assert vllm.steps == [["1", "4"], ["2", "3", "5"]]
    assert [len(one["answers"]) for one in done] == [2, 3]
    assert not engine.busy


def test_questions_behind_one_that_is_refused_or_dropped_are_asked(vllm: Vllm) -> None:
    vllm.recurrent = True
    engine = engine_of()
    long = ask(1, 2)
    long["ask"][0][1] = [0] * 9
    engine.take(long)
    engine.take(ask(3, 4, 5))
    engine.take({"kind": "drop", "tickets": [3, 5]})
    assert engine.step()["refused"] == [[1, "length", "the prompt is too long"]]
    assert vllm.steps == [["2", "4"]]
    assert vllm.aborted == ["3"]


def test_what_was_dropped_is_not_told(vllm: Vllm) -> None:
    engine = engine_of()
    engine.take(ask(1, 2))
    engine.take({"kind": "drop", "tickets": [1, 99]})
    assert [answer[0] for answer in engine.step()["answers"]] == [2]


def test_every_request_names_the_adapter(vllm: Vllm) -> None:
    engine = engine_of(adapter="/lora")
    engine.take(ask(1, 2))
    assert vllm.adapters == ["/lora", "/lora"]


@pytest.mark.usefixtures("vllm")
def test_an_option_that_vllm_does_not_have_is_told_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no option 'max_num_seq'; did you mean 'max_num_seqs'\?"):
        engine_of(options={"max_num_seq": 1})
