"""Judges ready to answer: one, or several as one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rlaif.grading.calibrating import Calibrating
from rlaif.grading.usage import Usage
from rlaif.ports import JudgeBackend, VerdictCache
from rlaif.prompting.prompt import Prompter
from rlaif.records.judge_base import JudgeBase
from rlaif.records.panel import CascadeJudge, JuryJudge


@dataclass(frozen=True, slots=True)
class Seat:
    """One judge: who writes its prompts, who answers them, how the answers are read."""

    name: str
    """`judge@version`."""
    prompter: Prompter
    backend: JudgeBackend
    fingerprint: str
    spec: JudgeBase
    max_length: int | None = None
    """Longest prompt in tokens, with what is written after it."""
    max_completion: int | None = None
    """A completion of more tokens is prescreened as too long."""

    @property
    def room(self) -> int | None:
        """Tokens that a prompt may have: the judge's window, but for what it may write."""
        return None if self.max_length is None else self.max_length - self.writes

    @property
    def writes(self) -> int:
        """Tokens that are kept free for what it writes; of a list, a quarter of the window."""
        spec = self.spec
        thinks = spec.thinking_tokens + len(self.prompter.closing_ids) if spec.thinking else 0
        if spec.verdict == "one_call":
            return thinks + (self.max_length or 0) // 4
        return thinks if spec.reads_labels else thinks + spec.rationale_tokens

    def may_write(self, questions: int) -> int:
        """Most tokens of a text that answers so many questions."""
        wanted = self.spec.rationale_tokens * questions
        if self.spec.verdict != "one_call" or self.max_length is None:
            return wanted
        return max(min(wanted, self.max_length // 4), 1)


@dataclass(frozen=True, slots=True)
class Asker:
    """All who are asked about a sample: one judge, a jury, or a cascade."""

    name: str
    """`judge@version`."""
    seats: tuple[Seat, ...]
    rule: JuryJudge | CascadeJudge | None = None
    """How the verdicts of several become one."""
    cache: VerdictCache | None = None
    recheck: float = 0.0
    """Share of the verdicts from the cache that are asked for again, in [0, 1]."""
    day: str = ""
    """Changes which ones those are."""
    usage: Usage = field(default_factory=Usage)
    reads: Calibrating | None = None
    """How its probabilities are read, where it is calibrated."""

    @property
    def served(self) -> str:
        """The models as they were found."""
        if self.rule is None:
            return self.seats[0].backend.served
        return "; ".join(f"{seat.name}: {seat.backend.served}" for seat in self.seats)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the models."""
        return tuple(dict.fromkeys(note for seat in self.seats for note in seat.backend.notes))

    @property
    def max_completion(self) -> int | None:
        """The least of the judges' limits: a completion too long for one is too long for all."""
        return min(filter(None, (seat.max_completion for seat in self.seats)), default=None)

    @property
    def holistic(self) -> bool:
        """Whether one overall question stands for the judged criteria."""
        return self.seats[0].spec.verdict == "holistic"

    def unlimited(self) -> Asker:
        """The same without a limit on completions, as for judging the judge."""
        return replace(self, seats=tuple(replace(s, max_completion=None) for s in self.seats))
