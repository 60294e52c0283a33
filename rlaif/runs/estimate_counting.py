"""A backend that answers nothing and counts what it is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from rlaif.ports import Answer, Decision, Generated, JudgeBackend, Prefix, Request, estimated_tokens
from rlaif.records.judge_base import JudgeBase
from rlaif.records.outcome import Failure
from rlaif.records.price import Price
from rlaif.runs.passing_on import PassingOn

UNASKED = "counted, and not asked"
"""The message of the failure that stands for an answer."""


@dataclass(slots=True)
class Tally:
    """What one judge's model would be asked."""

    questions: int = 0
    again: int = 0
    """Questions more, if no text that answers several at once could be read."""
    tokens: int = 0
    shared: int = 0
    """Tokens of prompts if what stands before in another one about the same sample is not counted
    again."""
    labels: int = 0
    """Questions that a label answers."""
    written: int = 0
    """Tokens that texts may have, at most."""
    thoughts: int = 0
    about: bool = False
    """Tokens are estimated from the text."""

    def cost(self, price: Price) -> tuple[float, float]:
        """The least and the most that it costs, in the price's currency."""
        least = price.of(self.shared, self.tokens - self.shared, self.labels)
        return least, price.of(self.tokens, 0, self.labels + self.written)


class Counting(PassingOn):
    """Counts in place of the backend behind it, which is asked nothing.

    Every question gets a failure, which settles nothing: no gate is unmet by it, and every vote
    and every judge of a cascade is still asked. So what is counted is the most that is asked.
    """

    def __init__(self, backend: JudgeBackend, spec: JudgeBase) -> None:
        """Stand before `backend`; `spec` is its judge's file."""
        super().__init__(backend)
        self._listed = spec.verdict == "one_call"
        self._last: Prefix | None = None
        self._before: tuple[str, tuple[int, ...], str] = ("", (), "")
        self._joint: Counter[tuple[str, str]] = Counter()
        self.tally = Tally()

    async def decide(
        self, asked: AsyncIterator[Decision]
    ) -> AsyncIterator[tuple[int, Answer | Failure]]:
        """A failure each."""
        tally = self.tally
        async for one in asked:
            own = len(one.suffix_ids) or estimated_tokens(one.question)
            before = one.prefix.tokens
            tally.about = tally.about or not one.prefix.ids
            tally.questions += 1
            tally.labels += 1
            tally.tokens += before + own
            tally.shared += own + (0 if one.prefix is self._last else before)
            self._last = one.prefix
            yield one.number, Failure("backend", UNASKED)

    async def generate(
        self, asked: AsyncIterator[Request]
    ) -> AsyncIterator[tuple[int, Generated | Failure]]:
        """A failure each; a thought is empty, so that what is asked after it is counted."""
        async for one in asked:
            if not one.forms:
                self.tally.thoughts += 1
                self._count(one)
                yield one.number, Generated("")
                continue
            if self._asked_again(one):
                self.tally.again += 1
            else:
                self._count(one)
            yield one.number, Failure("backend", UNASKED)

    def _count(self, one: Request) -> None:
        tally = self.tally
        text = "" if one.ids else "\n".join(turn.text for turn in one.turns)
        whole, common = len(one.ids) or estimated_tokens(text), 0
        about, ids, before = self._before
        if about == one.about:
            common = _common(ids, one.ids) or estimated_tokens(text[: _common(before, text)])
        self._before = (one.about, one.ids, text)
        tally.about = tally.about or not one.ids
        tally.questions += 1
        tally.tokens += whole
        tally.shared += whole - min(common, whole)
        tally.written += one.max_tokens

    def _asked_again(self, one: Request) -> bool:
        """Whether it asks by itself what the text before, which was not written, left open."""
        if not self._listed:
            return False
        if len(one.forms) > 1:
            self._joint.update((one.about, form.criterion) for form in one.forms)
            return False
        name = (one.about, one.forms[0].criterion)
        if not self._joint[name]:
            del self._joint[name]
            return False
        self._joint[name] -= 1
        if not self._joint[name]:
            del self._joint[name]
        return True


def _common(one: Sequence[object], other: Sequence[object]) -> int:
    """How far two texts, or two lists of ids, begin alike."""
    both = enumerate(zip(one, other, strict=False))
    unlike = (place for place, (mine, its) in both if mine != its)
    return next(unlike, min(len(one), len(other)))
