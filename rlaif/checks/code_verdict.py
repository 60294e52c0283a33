"""Cases to a verdict: all or nothing, or the share that passed."""

from __future__ import annotations

from collections.abc import Sequence

from rlaif.records.outcome import Case, Verdict


def verdict_of(cases: Sequence[Case], how: str, *, partial: bool) -> Verdict:
    """The verdict on code that was taken in the way that `how` tells; there is a case at least.

    Its value is 1 only where all cases passed.
    """
    passed = sum(case.passed for case in cases)
    share = passed / len(cases) if partial else float(passed == len(cases))
    return Verdict((1.0 - share, share), rationale=f"code: {how}", cases=tuple(cases))


def without_code(why: str) -> Verdict:
    """The no to a completion that has no code."""
    return Verdict((1.0, 0.0), rationale=f"no code: {why}", cases=(Case("code", False, why),))
