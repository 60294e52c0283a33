"""Rubrics, rollouts and judges for tests of rewards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.rubric_file import load_rubric
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision
from rlaif.records.backends import ScriptedJudge
from rlaif.records.outcome import Failure
from rlaif.records.reward import Rollout
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample

JUDGE = load_judge("scripted")

CHECKS = """\
rubric: form
version: 1.0.0
title: Form
criteria:
  - {id: short, check: length, unit: words, max: 3, weight: 1}
  - {id: polite, check: contains, text: please, weight: 3}
"""

JUDGED = """\
rubric: kind
version: 1.0.0
title: Kind
criteria:
  - {id: short, check: length, unit: words, max: 3, weight: 1}
  - {id: kind, ask: "Is the completion kind to the reader?", weight: 1}
"""


def rubric_of(text: str, folder: Path) -> Rubric:
    path = folder / "rubric.yaml"
    path.write_text(text)
    return load_rubric(path)


def rollout(completion: str, prompt: str = "Ask for tea.", **more: object) -> Rollout:
    sample = Sample(sample_id="s", prompt=prompt, completion=completion)
    return Rollout(sample, **more)  # type: ignore[arg-type]  # a test's own keywords


def ruled(rule: Callable[[Decision], Answer | Failure]) -> ScriptedBackend:
    assert isinstance(JUDGE.spec, ScriptedJudge)
    return ScriptedBackend(JUDGE.spec, rule=rule)


def yes(probability: float) -> Answer:
    return Answer((1 - probability, probability))


class Hanging(ScriptedBackend):
    """Never answers a completion with `hang` in it; counts how often it was started."""

    def __init__(self) -> None:
        assert isinstance(JUDGE.spec, ScriptedJudge)
        super().__init__(JUDGE.spec)
        self.starts = 0

    async def start(self) -> None:
        self.starts += 1

    async def decide(
        self, asked: AsyncIterator[Decision]
    ) -> AsyncIterator[tuple[int, Answer | Failure]]:
        async for one in asked:
            if not any("hang" in turn.text for turn in one.prefix.turns):
                yield one.number, yes(1.0)


class Dying(ScriptedBackend):
    """Breaks with the first question of each life, as long as it has `deaths` left."""

    def __init__(self, deaths: int) -> None:
        assert isinstance(JUDGE.spec, ScriptedJudge)
        super().__init__(JUDGE.spec)
        self.deaths, self.starts = deaths, 0

    async def start(self) -> None:
        self.starts += 1

    async def decide(
        self, asked: AsyncIterator[Decision]
    ) -> AsyncIterator[tuple[int, Answer | Failure]]:
        async for one in asked:
            if self.deaths:
                self.deaths -= 1
                await asyncio.sleep(0)
                raise RuntimeError("the judge fell over")
            yield one.number, yes(1.0)


class Slow(ScriptedBackend):
    """Takes so long to start, to answer each question, and to close."""

    def __init__(self, start_s: float = 0.0, answer_s: float = 0.0, close_s: float = 0.0) -> None:
        assert isinstance(JUDGE.spec, ScriptedJudge)
        super().__init__(JUDGE.spec.model_copy(update={"latency_s": answer_s}))
        self._start_s, self._close_s = start_s, close_s
        self.starts = self.closes = 0

    async def start(self) -> None:
        self.starts += 1
        await asyncio.sleep(self._start_s)

    async def aclose(self) -> None:
        await asyncio.sleep(self._close_s)
        self.closes += 1
