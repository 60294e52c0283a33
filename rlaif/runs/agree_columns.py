"""Rows of labels beside verdicts, as the numpy columns that every statistic starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rlaif.agreement.rated import MISSING, NA, Rated
from rlaif.runs.agree_rows import RatedRow, Rows


class Columns:
    """Makes columns of the same people, samples and prompts: their numbers mean the same in all."""

    def __init__(self, found: Sequence[Rows]) -> None:
        """Args: all criteria of which columns will be wanted."""
        names = sorted({row.annotator for one in found for row in one.rows})
        self._annotators = {name: number for number, name in enumerate(names)}
        self._own: dict[tuple[int, str], int] = {}

    def of(self, found: Rows, rows: Sequence[RatedRow]) -> Rated:
        """The columns of some rows of a criterion."""
        answers = len(found.answers)
        has_na = any(answers in (row.human.place, row.judge.place) for row in rows)
        return Rated(
            criterion=found.name,
            categories=(*found.answers, NA) if has_na else found.answers,
            ordinal=found.ordinal,
            worth=(*found.worth, 0.0) if has_na else found.worth,
            cluster=_whole([row.cluster for row in rows]),
            sample=_whole([self._sample(found.name, row) for row in rows]),
            annotator=_whole([self._annotators[row.annotator] for row in rows]),
            human=_whole([row.human.place for row in rows]),
            judge=_whole([row.judge.place for row in rows]),
            shares=_shares(rows, answers, has_na),
            label_mass=np.array([row.judge.label_mass for row in rows], float),
            length=_whole([row.length for row in rows]),
            score_value=np.array([row.judge.value for row in rows], float),
            human_value=np.array([row.human.value for row in rows], float),
        )

    def _sample(self, name: str, row: RatedRow) -> int:
        """The sample; of several own criteria that are counted together, one number for each."""
        if row.question == name:
            return row.sample
        return -1 - self._own.setdefault((row.sample, row.question), len(self._own))


def _shares(rows: Sequence[RatedRow], answers: int, has_na: bool) -> Any:
    """(n, categories) float; without "does not apply" where it is no category."""
    found = np.full((len(rows), answers + 1), np.nan)
    for place, row in enumerate(rows):
        if row.judge.shares and row.judge.place != MISSING:
            found[place] = row.judge.shares
    if has_na:
        return found
    plain = found[:, :answers]
    with np.errstate(invalid="ignore", divide="ignore"):
        return plain / plain.sum(axis=1, keepdims=True)


def _whole(numbers: Sequence[int]) -> Any:
    return np.array(numbers, np.int64)
