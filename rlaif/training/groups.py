"""A prompt's completions as the rules see them: figures and ids, no texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rlaif.records.row_rules import Reason

SAME = 1e-9
"""Scores that lie no further apart are tied."""

MOST_OF_PROMPT = 20_000
"""Completions of one prompt that are looked at, so that memory has a bound; the first ones are."""

WORDS: Mapping[Reason, str] = {
    "not_graded": "not graded yet",
    "not_compared": "not compared yet",
    "promptless": "of an empty prompt, which trainers refuse",
    "failed": "failed",
    "nothing_applies": "without a score, because nothing applies",
    "crowded": f"beyond the first {MOST_OF_PROMPT:,} of their prompt",
    "alone": "with fewer than two scores",
    "tie": "tied",
    "same_text": "of equal texts",
    "below_min_margin": "below the least margin",
    "lengths": "of lengths too far apart",
    "other_policy": "not known to be of one policy",
    "outside_share": "outside the share that is kept",
    "below_threshold": "below the threshold",
    "not_in_top": "not among the first of their prompt",
    "dead_band": "between good and bad",
}
"""The same in words, behind a number."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One completion of a prompt."""

    sample_id: str
    score: float | None
    """In [0, 1]; None without a grade, or with one that has no score."""
    length: int
    """Characters that the policy wrote, less the reasoning that was taken out before grading."""
    text: int
    """A hash of the completion: equal completions have the same."""
    policy: str | None = None
    status: Literal["ok", "failed"] | None = "ok"
    promptless: bool = False
    """Its prompt is an empty text, or a chat without messages: a row of it stops a training."""
    """Of its grade; None where there is none yet."""
    values: Mapping[str, float] = field(default_factory=dict)
    """In [0, 1], by criterion; only those with a verdict."""
    at: tuple[int, int] = (0, 0)
    """Where its texts lie."""


def known_score(candidate: Candidate) -> float:
    """The score of one that has one. Raises: ValueError for any other: no verdict is not a 0."""
    if candidate.score is None:
        raise ValueError(f"{candidate.sample_id} has no score")
    return candidate.score


def without_score(candidate: Candidate) -> Reason | None:
    """Why it has no score; None where it has one."""
    if candidate.status is None:
        return "not_graded"
    if candidate.status == "failed":
        return "failed"
    return "nothing_applies" if candidate.score is None else None


def usable(group: Iterable[Candidate]) -> tuple[list[Candidate], Counter[Reason]]:
    """Those with a score, from the best down, equal ones by id; the others, by the reason why.

    Those whose prompt is empty are among the others.
    """
    found: list[Candidate] = []
    dropped: Counter[Reason] = Counter()
    for candidate in group:
        reason = "promptless" if candidate.promptless else without_score(candidate)
        if reason:
            dropped[reason] += 1
        else:
            found.append(candidate)
    return sorted(found, key=lambda one: (-known_score(one), one.sample_id)), dropped
