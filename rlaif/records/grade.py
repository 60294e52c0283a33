"""A grade: one sample's outcomes under one rubric and judge, and the score or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rlaif.records.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Answered:
    """One criterion's outcome, with what is derived from it when scoring."""

    criterion: str
    outcome: Outcome
    key: str = ""
    """Hash of exactly what was asked; empty where nothing was."""
    answer: str | None = None
    value: float | None = None
    """In [0, 1]; None where there is no verdict."""
    probability: float | None = None
    """Of the answer, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Score:
    """The arithmetic's end: clipped and raw score, or None with the reason."""

    score: float | None
    raw_score: float | None
    status: Literal["ok", "failed"]
    reason: str = ""
    """`prescreen:RULE`, `gate:ID`, `failed:ID`, `nothing_applies`, or empty."""
    sections: tuple[tuple[str, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Grade:
    """One sample under one rubric and judge."""

    sample_id: str
    rubric: str
    judge: str
    score: float | None
    """In [0, 1]; None when some outcome failed, or nothing applies."""
    raw_score: float | None
    """Before clipping; may be negative."""
    status: Literal["ok", "failed"]
    reason: str
    sections: tuple[tuple[str, float | None], ...]
    outcomes: tuple[Answered, ...]
    sample_hash: str = ""
    attempt: int = 1
    reasoning_characters: int = 0
    """How much of the policy's reasoning was taken out before grading."""
    truncated: bool = False
    """The completion was cut by its length limit."""
