"""The statistics of one `rlaif agree`: columns in, figures out. Loaded by name: needs numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from rlaif.agreement.estimates import mean_score, pass_rate
from rlaif.agreement.estimates_draw import draw_check
from rlaif.agreement.estimates_share import share
from rlaif.agreement.measures import measure_together
from rlaif.agreement.rated import MISSING
from rlaif.records.agreement import CriterionAgreement, Figure, PassRate
from rlaif.reporting.agree_found import Retest
from rlaif.runs.agree_again import Twice
from rlaif.runs.agree_columns import Columns
from rlaif.runs.agree_rows import RatedRow, Rows

_COLUMNS = dict[str, Any]
YES_NO = ("no", "yes")


class Measured(NamedTuple):
    """Agreement by criterion, and of all together."""

    criteria: tuple[CriterionAgreement, ...]
    together: CriterionAgreement | None


class Rates(NamedTuple):
    """Corrected estimates, and which of them are means; where labels look chosen, why."""

    rates: tuple[PassRate, ...]
    graded: tuple[str, ...]
    not_random: dict[str, str]


class Figures:
    """Works out every figure with the same resamples and the same seed."""

    def __init__(self, resamples: int, seed: int) -> None:
        """Args: how often prompts are drawn anew for an interval, and what begins the draws."""
        self._how: dict[str, int] = {"resamples": resamples, "seed": seed}

    def of_criteria(self, found: Sequence[Rows]) -> Measured:
        """Each criterion, and all together where there are several."""
        columns = Columns(found)
        criteria = tuple(self._of(one, columns) for one in found)
        if len(found) == 1:
            return Measured(criteria, None)
        together = self._measured([(one, one.rows) for one in found], columns)
        return Measured(criteria, together)

    def of_pairs(self, found: Sequence[Rows]) -> Measured:
        """The preference as a whole, and what each criterion says of it."""
        columns = Columns(found)
        return Measured(tuple(self._of(one, columns) for one in found), None)

    def _of(self, found: Rows, columns: Columns) -> CriterionAgreement:
        return replace(self._measured([(found, found.rows)], columns), criterion=found.name)

    def _measured(
        self, found: Sequence[tuple[Rows, list[RatedRow]]], columns: Columns
    ) -> CriterionAgreement:
        """The last word of a dispute stands for the people; how far they agree is their own."""
        settled = [(one, _last_word(rows)) for one, rows in found]
        measured = self._together(settled, columns)
        if any(row.settled for _, rows in found for row in rows):
            own = [(one, [row for row in rows if not row.settled]) for one, rows in found]
            measured = replace(measured, ceiling=self._together(own, columns).ceiling)
        return measured

    def _together(
        self, found: Sequence[tuple[Rows, list[RatedRow]]], columns: Columns
    ) -> CriterionAgreement:
        measured = measure_together([columns.of(*one) for one in found], **self._how)
        compared = {row.sample for _, rows in found for row in rows if row.judge.place != MISSING}
        return replace(measured, samples=len(compared))

    def pass_rates(
        self,
        found: Sequence[Rows],
        verdicts: Callable[[str, Sequence[str]], _COLUMNS],
        passed_over: Iterable[int],
    ) -> Rates:
        """The true share or mean of each criterion; of those that all samples are asked.

        Args: `verdicts` of a criterion on the whole run, as `LabelledRun.verdicts`; `passed_over`,
        the ordinals of samples that the judge was fitted on.
        """
        rates, graded, not_random = [], [], {}
        fitted = np.array(sorted(passed_over), np.int64)
        for one in found:
            ours = _one_a_sample(_last_word(one.rows))
            labelled = np.array([row.sample for row in one.rows], np.int64)
            others = _without(verdicts(one.name, one.answers), np.concatenate([labelled, fitted]))
            if not len(others["value"]) or not len(ours):
                continue
            judge, human, clusters = (np.array(column) for column in zip(*ours, strict=True))
            told = others["value"], others["cluster"], judge, human, clusters
            yes_no = one.answers == YES_NO
            rates.append((pass_rate if yes_no else mean_score)(one.name, *told))
            graded += [] if yes_no else [one.name]
            drawn = draw_check(others["value"], others["cluster"], judge, clusters)
            if drawn is not None and drawn.warning:
                not_random[one.name] = drawn.warning
        return Rates(tuple(rates), tuple(graded), not_random)

    def share(self, rows: Sequence[tuple[int, bool]]) -> Figure:
        """How often something is so. Args: of each row its prompt, and whether it is."""
        return share([float(is_so) for _, is_so in rows], np.array([at for at, _ in rows]))

    def side(self, found: Rows) -> Figure:
        """Of pairs of which people preferred one: how often the judge does; a tie counts half."""
        tie = found.answers.index("tie")
        told = [row for row in _last_word(found.rows) if row.human.place != tie]
        rows = [row for row in told if row.judge.place != MISSING]
        right = [
            0.5 if r.judge.place == tie else float(r.judge.place == r.human.place) for r in rows
        ]
        return share(right, np.array([row.cluster for row in rows]))

    def retest(self, found: Iterable[Twice]) -> tuple[Retest, ...]:
        """How often each criterion has another answer in the second run."""
        return tuple(_retest(*one) for one in found)

    def retest_of_pairs(
        self, found: Iterable[tuple[str, Sequence[tuple[int, bool]]]]
    ) -> tuple[Retest, ...]:
        """The same of pairs: of each its prompt, and whether the answer is another one."""
        return tuple(Retest(name, len(rows), self.share(rows)) for name, rows in found)


def _last_word(rows: Sequence[RatedRow]) -> list[RatedRow]:
    """The rows without those of people whose dispute was settled."""
    settled = {(row.sample, row.question) for row in rows if row.settled}
    return [row for row in rows if row.settled or (row.sample, row.question) not in settled]


def _one_a_sample(rows: Sequence[RatedRow]) -> list[tuple[float, float, int]]:
    """Of each sample that both answered: the judge's value, people's mean value, its prompt."""
    said: dict[int, list[RatedRow]] = {}
    for row in rows:
        if row.judge.value == row.judge.value and row.human.value == row.human.value:
            said.setdefault(row.sample, []).append(row)
    return [
        (of[0].judge.value, sum(row.human.value for row in of) / len(of), of[0].cluster)
        for of in said.values()
    ]


def _without(columns: _COLUMNS, ordinals: Any) -> _COLUMNS:
    kept = ~np.isin(columns["ordinal"], ordinals)
    return {name: column[kept] for name, column in columns.items()}


def _retest(criterion: str, before: _COLUMNS, after: _COLUMNS) -> Retest:
    """One criterion over the samples that both runs have with the same text."""
    _, ours, theirs = np.intersect1d(
        before["named"], after["named"], assume_unique=True, return_indices=True
    )
    differs = before["place"][ours] != after["place"][theirs]
    rate = share(differs.astype(float), before["cluster"][ours])
    return Retest(criterion, len(ours), rate)
