"""What verdicts rest on, as a column beside the outcomes: quotations, and the ballots of several.

They are no fields of the outcomes, for the reason that case_costs.py gives. Parts in which no
verdict has any do not have the column at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import pyarrow as pa

from rlaif.records.grade import Answered
from rlaif.records.outcome import Ballot, Outcome, Quote, Skipped, Verdict

NAME = "grounds"

_Grounds = Mapping[str, Any]
"""`evidence` and `ballots` of one verdict."""

_QUOTE = pa.struct([("text", pa.string()), ("found", pa.bool_())])
_BALLOT = pa.struct(
    [
        ("by", pa.string()),
        ("distribution", pa.list_(pa.float64())),
        ("label_mass", pa.float64()),
    ]
)
GROUNDS = pa.list_(
    pa.struct([("evidence", pa.list_(_QUOTE)), ("ballots", pa.list_(_BALLOT))]),
)
"""Of one grade: one an outcome, in their order; null for a grade that has none."""


def grounds_column(grades: Sequence[Sequence[Answered]]) -> Any | None:
    """The grounds of each grade's verdicts; None where no grade has any."""
    if not any(map(_rests, chain.from_iterable(grades))):
        return None
    return pa.array([_of_grade(outcomes) for outcomes in grades], GROUNDS)


def with_grounds(outcomes: tuple[Answered, ...], grounds: Any) -> tuple[Answered, ...]:
    """The outcomes of one grade, their verdicts with what they rest on.

    Args: `grounds`, as `grounds_column` wrote it; None where there is nothing.
    """
    if grounds is None:
        return outcomes
    return tuple(
        replace(answered, outcome=_grounded_outcome(answered.outcome, one))
        for answered, one in zip(outcomes, grounds, strict=True)
    )


def grounded(verdict: Verdict, grounds: _Grounds | None) -> Verdict:
    """A verdict with what it rests on; as it is where there is nothing."""
    if not grounds or not (grounds["evidence"] or grounds["ballots"]):
        return verdict
    evidence = tuple(Quote(**quote) for quote in grounds["evidence"])
    ballots = tuple(
        Ballot(ballot["by"], tuple(ballot["distribution"]), ballot["label_mass"])
        for ballot in grounds["ballots"]
    )
    return replace(verdict, evidence=evidence, ballots=ballots)


def _grounded_outcome(outcome: Outcome, grounds: _Grounds | None) -> Outcome:
    if isinstance(outcome, Skipped) and outcome.verdict is not None:
        return replace(outcome, verdict=grounded(outcome.verdict, grounds))
    return grounded(outcome, grounds) if isinstance(outcome, Verdict) else outcome


def _verdict(answered: Answered) -> Verdict | None:
    outcome = answered.outcome
    if isinstance(outcome, Verdict):
        return outcome
    return outcome.verdict if isinstance(outcome, Skipped) else None


def _rests(answered: Answered) -> bool:
    verdict = _verdict(answered)
    return verdict is not None and bool(verdict.evidence or verdict.ballots)


def _of_grade(outcomes: Sequence[Answered]) -> list[_Grounds | None] | None:
    if not any(map(_rests, outcomes)):
        return None
    return [_of_verdict(answered) for answered in outcomes]


def _of_verdict(answered: Answered) -> _Grounds | None:
    verdict = _verdict(answered)
    if verdict is None or not _rests(answered):
        return None
    return {
        "evidence": [{"text": quote.text, "found": quote.found} for quote in verdict.evidence],
        "ballots": [
            {"by": one.by, "distribution": one.distribution, "label_mass": one.label_mass}
            for one in verdict.ballots
        ],
    }
