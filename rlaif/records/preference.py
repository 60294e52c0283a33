"""A preference: one pair's verdicts in both orders, by criterion and overall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rlaif.records.outcome import Failure, Outcome, Skipped
from rlaif.records.pair import Answer

PAIR_ANSWERS = ("second", "tie", "first")
"""What a judge answers to a question about two completions, from worst to best for the first."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of one criterion on a pair.

    `outcomes` are, of a judged criterion, the one with a shown first and the one with b shown
    first; of a check, the one on a and the one on b.
    """

    criterion: str
    outcomes: tuple[Outcome, Outcome]
    keys: tuple[str, str] = ("", "")
    """Hash of exactly what was asked; empty where nothing was."""
    answer: Answer | None = None
    margin: float | None = None
    """In [-1, 1]: 1 where a is surely the better one, -1 where b is, None without two verdicts."""
    flipped: bool = False
    """The two orders named opposite sides: the judge went by the place."""

    @property
    def failure(self) -> Failure | None:
        """The first failure of the two, if any."""
        return next((o for o in self.outcomes if isinstance(o, Failure)), None)

    @property
    def skipped(self) -> str:
        """Why it was not answered; empty where it was, or failed."""
        first = self.outcomes[0]
        skips = self.answer is None and self.failure is None and isinstance(first, Skipped)
        return first.reason if skips and isinstance(first, Skipped) else ""


@dataclass(frozen=True, slots=True)
class Preferred:
    """The arithmetic's end: how far a is preferred to b, or None with the reason."""

    margin: float | None
    """In [-1, 1]."""
    status: Literal["ok", "failed"]
    reason: str = ""
    """`prescreen:RULE`, `gate:ID`, `failed:ID`, `nothing_applies`, or empty."""
    sections: tuple[tuple[str, float | None], ...] = ()
    """The margin of each section."""


@dataclass(frozen=True, slots=True)
class Preference:
    """One pair under one rubric and judge."""

    pair_id: str
    rubric: str
    judge: str
    answer: Answer | None
    """None when some outcome failed, or nothing applies."""
    margin: float | None
    """In [-1, 1]; turns its sign exactly where the two completions change places. Of a judge with
    `calibration.pairs` it is the margin as its map reads it; `criteria` have it as stated."""
    status: Literal["ok", "failed"]
    reason: str
    sections: tuple[tuple[str, float | None], ...]
    criteria: tuple[Compared, ...]
    pair_hash: str = ""
    attempt: int = 1

    @property
    def value(self) -> float | None:
        """How far a is preferred, in [0, 1]; 0.5 is neither."""
        return None if self.margin is None else 0.5 + self.margin / 2
