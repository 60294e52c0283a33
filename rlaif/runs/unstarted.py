"""A judge that is not started: what it would be asked can be worked out all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from rlaif.grading.seat import Asker
from rlaif.ports import Answer, Decision, Generated, JudgeBackend, Request, TokenizerFiles
from rlaif.records.backends import OpenaiJudge, ScriptedJudge
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure
from rlaif.records.rubric import Rubric
from rlaif.runs.backends import backend_of
from rlaif.runs.judge import asker_of, prompter_of
from rlaif.runs.remembering import NOTHING_REMEMBERED, Remembering
from rlaif.storage.manifest import Manifest

_BY_IDS = "asked by token ids"


class Unstarted:
    """Stands for a backend that is left alone. It says what is known of the model."""

    notes: tuple[str, ...] = ()

    def __init__(self, backend: JudgeBackend, judge: Judge, served: str) -> None:
        """`served`: what the model was found to be the last time; empty where nobody knows."""
        self._backend, self._judge = backend, judge
        self.served = served
        self.max_length = backend.max_length

    def tokenizer(self) -> TokenizerFiles | None:
        """As the backend, unless it is known that the model is asked in text."""
        by_text = isinstance(self._judge.spec, OpenaiJudge) and self.served
        if by_text and _BY_IDS not in self.served:
            return None
        return self._backend.tokenizer()

    async def start(self) -> None:
        """Nothing: that is the point."""

    async def aclose(self) -> None:
        """Nothing was opened."""

    def decide(self, asked: AsyncIterator[Decision]) -> AsyncIterator[tuple[int, Answer | Failure]]:
        """Nothing may be asked of it."""
        return _refused(asked)

    def generate(
        self, asked: AsyncIterator[Request]
    ) -> AsyncIterator[tuple[int, Generated | Failure]]:
        """Nothing may be asked of it."""
        return _refused(asked)


async def _refused(
    asked: AsyncIterator[Decision] | AsyncIterator[Request],
) -> AsyncIterator[tuple[int, Failure]]:
    async for one in asked:
        raise RuntimeError(f"a judge that is not started was asked ({one.key})")
        yield one.number, Failure("backend", "")  # makes it a generator


def unstarted(judge: Judge, served: str) -> list[JudgeBackend]:
    """A backend for each seat of the judge; `served` as its asker said it."""
    parts = served_by_seat(judge, served)
    return [
        Unstarted(backend_of(seat), seat, part)
        for seat, part in zip(judge.seats, parts, strict=True)
    ]


def unstarted_asker(
    judge: Judge, rubric: Rubric, served: str, memory: Remembering = NOTHING_REMEMBERED
) -> Asker:
    """The judge as far as what is known answers for it. Raises: RuntimeError once it is asked.

    Raises: FileProblems, JudgeUnavailable, MissingExtra as `prompter_of`.
    """
    backends = unstarted(judge, served)
    both = zip(judge.seats, backends, strict=True)
    return asker_of(judge, backends, [prompter_of(*one, rubric) for one in both], memory, rubric)


def served_by_seat(judge: Judge, served: str) -> Sequence[str]:
    """What each seat's model was found to be, of what `Asker.served` said of all together."""
    if not judge.members or not served:
        return [served] * len(judge.seats)
    found, rest = [], served
    for place, seat in enumerate(judge.seats):
        rest = rest.removeprefix(f"{seat.name}: ")
        after = judge.seats[place + 1 : place + 2]
        part, _, rest = rest.partition(f"; {after[0].name}: ") if after else (rest, "", "")
        found.append(part)
    return found


def known_served(judge: Judge, manifest: Manifest, *, as_kept: bool = False) -> str:
    """What the model was found to be when this judge last graded; empty where nobody knows.

    Args: `as_kept`, whether the judge is known to be the run's own, but for its calibration.
    """
    stated = manifest.judge
    if stated and (as_kept or stated.hash == judge.content_hash):
        return stated.served
    if all(isinstance(seat.spec, ScriptedJudge) for seat in judge.seats):
        parts = [(seat, backend_of(seat).served) for seat in judge.seats]
        if not judge.members:
            return parts[0][1]
        return "; ".join(f"{seat.name}: {served}" for seat, served in parts)
    return ""
