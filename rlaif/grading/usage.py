"""What a job cost its judge."""

from __future__ import annotations

from dataclasses import dataclass

from rlaif.ports import Answer, Generated
from rlaif.records.outcome import Verdict

_SAME = 0.05
"""Probabilities of one question that differ by more than this are not the drift of batches."""


@dataclass(slots=True)
class Usage:
    """Counts that grow while a job runs."""

    asked: int = 0
    """Questions that a judge's model was asked, votes and thoughts each by itself."""
    computed: int = 0
    """Tokens of prompts that it computed, as far as the backend says."""
    cached: int = 0
    """Tokens of prompts that it had computed before."""
    written: int = 0
    """Tokens that it wrote, besides labels."""
    recalled: int = 0
    """Verdicts of earlier runs that were taken from the cache."""
    again: int = 0
    """Such verdicts that were asked for again, to see whether the model still says so."""
    changed: int = 0
    """Those of them that came out otherwise."""

    def count(self, answer: Answer | Generated) -> None:
        """Add what one answer cost."""
        self.asked += 1
        self.computed += answer.tokens_computed
        self.cached += answer.tokens_cached
        if isinstance(answer, Generated):
            self.written += answer.tokens

    def compare(self, before: Verdict, now: Verdict) -> None:
        """Note whether a verdict that was asked for again is still the same."""
        self.again += 1
        both = zip(before.distribution, now.distribution, strict=False)
        self.changed += len(before.distribution) != len(now.distribution) or any(
            abs(one - other) > _SAME for one, other in both
        )
