"""What failed in a run, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rlaif.records.failures import FailedGrades
from rlaif.reporting.text import count_of

_MOST = 160
"""Characters of a message that are shown."""


def failed_text(found: FailedGrades, stages: Sequence[str] = ()) -> str:
    """Failed grades by stage, and the most frequent reasons.

    Args: `stages`, those that matter; none for all.
    """
    return "\n".join(_lines(found, stages))


def _lines(found: FailedGrades, stages: Sequence[str]) -> Iterator[str]:
    if not found.count:
        yield "no grade failed"
        return
    yield count_of(found.count, "failed grade")
    for stage, count in found.stages.items():
        if not stages or stage in stages:
            yield f"  {stage}: {count:,}"
    reasons = [one for one in found.reasons if not stages or one.stage in stages]
    if reasons:
        yield "the most frequent reasons, by outcome:"
    for one in reasons:
        message = " ".join(one.message.split())
        cut = message if len(message) <= _MOST else f"{message[: _MOST - 3]}..."
        yield f"  {one.count:,} x {one.criterion} ({one.stage}): {cut}"
