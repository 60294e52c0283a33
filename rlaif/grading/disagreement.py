"""How far the ballots of one verdict lie apart."""

from __future__ import annotations

from collections.abc import Sequence

from rlaif.grading.verdict import answered
from rlaif.records.criterion import Criterion, Item, leaves
from rlaif.records.grade import Grade
from rlaif.records.outcome import Skipped, Verdict


def variance(criterion: Criterion, verdict: Verdict) -> float | None:
    """The variance of the values that the ballots give, each by itself; unitless, in [0, 0.25].

    A ballot that says "does not apply" gives no value and is left out. None where fewer than two
    are left. The mean squared distance from the mean: the ballots are all that there are, and no
    sample of more.
    """
    single = (answered(criterion, Verdict(ballot.distribution)) for ballot in verdict.ballots)
    values = [one.value for one in single if one.value is not None]
    if len(values) < 2:
        return None
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values)


def variances(items: Sequence[Item], grade: Grade) -> dict[str, float]:
    """The variance of each verdict of a grade that was made of several, by criterion.

    Args: `items`, what was graded. A criterion that is not among them is left out.
    """
    criteria = {criterion.id: criterion for criterion in leaves(items)}
    found = {}
    for one in grade.outcomes:
        verdict = one.outcome.verdict if isinstance(one.outcome, Skipped) else one.outcome
        if isinstance(verdict, Verdict) and verdict.ballots and one.criterion in criteria:
            apart = variance(criteria[one.criterion], verdict)
            if apart is not None:
                found[one.criterion] = apart
    return found
