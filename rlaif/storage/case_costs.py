"""What cases of code took, as a column beside the outcomes: seconds and bytes.

They are no fields of the outcomes: where parts of an older version lack a field inside a list of
structs, not every DuckDB that we take reads them beside newer ones; a missing column all of them
fill with null. A grade none of whose cases ran code has null too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import pyarrow as pa

from rlaif.records.grade import Answered
from rlaif.records.outcome import Case, Verdict

NAME = "case_costs"

_Cost = Mapping[str, Any]
"""`seconds` and `memory` of one case."""

COSTS = pa.list_(pa.list_(pa.struct([("seconds", pa.float64()), ("memory", pa.int64())])))
"""Of one grade: a list an outcome, in their order, with a cost for each of its cases."""


def costs_column(grades: Sequence[Sequence[Answered]]) -> Any:
    """The costs of each grade's cases."""
    return pa.array([_of_grade(outcomes) for outcomes in grades], COSTS)


def with_costs(outcomes: tuple[Answered, ...], costs: Any) -> tuple[Answered, ...]:
    """The outcomes of one grade, their cases with what they took.

    Args: `costs`, as `costs_column` wrote it; None where no case ran code.
    """
    if costs is None:
        return outcomes
    return tuple(
        replace(answered, outcome=costly(answered.outcome, one))
        if isinstance(answered.outcome, Verdict)
        else answered
        for answered, one in zip(outcomes, costs, strict=True)
    )


def costly(verdict: Verdict, costs: Sequence[_Cost] | None) -> Verdict:
    """A verdict, its cases with what they took; as it is where that is not known."""
    if not costs:
        return verdict
    cases = zip(verdict.cases, costs, strict=True)
    return replace(verdict, cases=tuple(replace(case, **cost) for case, cost in cases))


def _of_grade(outcomes: Sequence[Answered]) -> list[list[_Cost]] | None:
    cases = [_cases(answered) for answered in outcomes]
    if all(case.seconds is None and case.memory is None for case in chain.from_iterable(cases)):
        return None
    return [[{"seconds": case.seconds, "memory": case.memory} for case in one] for one in cases]


def _cases(answered: Answered) -> tuple[Case, ...]:
    return answered.outcome.cases if isinstance(answered.outcome, Verdict) else ()
