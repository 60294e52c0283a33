"""What another rubric made of a run, as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from rlaif.reporting.estimated import WHY_LESS, Estimate
from rlaif.reporting.rubric_differences import RubricDifference
from rlaif.reporting.rubric_differences_view import rubric_lines
from rlaif.reporting.run_differences import KINDS, RunDifference, criterion_lines, move_lines
from rlaif.reporting.run_differences import arrow as arrow
from rlaif.reporting.sheet import Line
from rlaif.reporting.text import count_of
from rlaif.reporting.thresholds import Thresholds

_AT_HALF = Thresholds()
_TO_COME = "no_longer_graded"


def rescoring_lines(rubric: RubricDifference, found: Estimate) -> Iterator[Line]:
    """What differs between the rubrics, and what has to be asked for it."""
    yield Line(f"{rubric.before} -> {rubric.after}", style="bold")
    yield Line("")
    yield from rubric_lines(rubric)
    yield Line("")
    if not found.questions:
        yield Line("nothing is asked of the judge: every answer is known")
    else:
        why = [told for name, told in WHY_LESS.items() if found.bounds[name]]
        most = f", at most: {'; '.join(why)}" if why else ""
        told = f"{count_of(found.questions, 'question')} to the judge"
        yield Line(f"{told} about {count_of(found.asked_of, 'sample')}{most}")
    if found.code:
        yield Line(f"{count_of(found.code, 'check')} that run code, at most")


def rescored_lines(
    found: RunDifference, thresholds: Thresholds = _AT_HALF, *, tried: bool = False
) -> Iterator[Line]:
    """What became of the scores.

    Args: `thresholds`, of the judge that they are by now; `tried`, whether it was only tried out:
    samples that need an answer have no grade then.
    """
    open_ = found.counts[_TO_COME] if tried else 0
    if open_:
        yield Line(f"{count_of(open_, 'sample')} cannot be scored before that; of the others:")
    else:
        yield Line("mean score", arrow(found.mean_before, found.mean_after))
    for kind, told in KINDS.items():
        if found.counts[kind] and not (tried and kind == _TO_COME):
            names = ", ".join(move.sample_id for move in found.others[kind])
            more = ", ..." if found.counts[kind] > len(found.others[kind]) else ""
            words = told.replace("the second run", "the new rubric's grades").replace(
                "the first run", "the old rubric's grades"
            )
            yield Line(f"{count_of(found.counts[kind], 'sample')} {words}: {names}{more}")
    yield from move_lines(found.moved, found.counts["moved"])
    yield from criterion_lines(found.criteria)
    if told := thresholds.of([one.criterion for one in found.criteria if one.flipped]):
        yield Line(f"by its calibration the judge says yes of {told}", depth=1)
