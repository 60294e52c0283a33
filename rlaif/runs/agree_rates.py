"""The corrected share, or mean, of one criterion, from labels and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from rlaif.agreement.estimates import mean_score, pass_rate, refusing
from rlaif.records.agreement import PassRate
from rlaif.runs.agree_rows import RatedRow, Rows

YES_NO = ("no", "yes")
_NA = (
    "people say of {count:,} samples that it does not apply, and the judge answers there (both "
    "answer {of:,} others): which of the samples without a label it applies to is not known"
)


class Both(NamedTuple):
    """A sample that both answered."""

    judge: float
    yes: bool
    """Whether the judge answers yes: from which value on is its calibration's to say."""
    human: float
    """Mean value."""
    cluster: int


def one_a_sample(rows: Sequence[RatedRow]) -> list[Both]:
    """Each sample that both answered with a value."""
    said: dict[int, list[RatedRow]] = {}
    for row in rows:
        if row.judge.value == row.judge.value and row.human.value == row.human.value:
            said.setdefault(row.sample, []).append(row)
    return [
        Both(
            of[0].judge.value,
            of[0].judge.place == 1,
            sum(row.human.value for row in of) / len(of),
            of[0].cluster,
        )
        for of in said.values()
    ]


def rate(
    found: Rows, others: Mapping[str, Any], ours: Sequence[Both], rows: Sequence[RatedRow]
) -> PassRate:
    """The corrected share, or mean; refused where it would be of other samples than it seems."""
    judge, yes, human, clusters = (np.array(column) for column in zip(*ours, strict=True))
    told = others["value"], others["cluster"], judge, human, clusters
    if found.answers == YES_NO:
        said = {"judged_yes": others["place"] == 1, "labelled_judge_yes": yes}
        estimate = pass_rate(found.name, *told, **said)
    else:
        estimate = mean_score(found.name, *told)
    nowhere = {
        row.sample
        for row in rows
        if row.judge.value == row.judge.value and row.human.value != row.human.value
    }
    if not nowhere:
        return estimate
    return refusing(estimate, _NA.format(count=len(nowhere), of=len(ours)))
