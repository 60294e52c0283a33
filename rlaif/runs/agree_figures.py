"""The statistics of one `rlaif agree`: columns in, figures out. Loaded by name: needs numpy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from rlaif.agreement.estimates_draw import draw_check
from rlaif.agreement.estimates_share import share
from rlaif.agreement.measures import measure_together
from rlaif.agreement.rated import MISSING
from rlaif.agreement.repeats import accuracies, positions
from rlaif.records.agreement import CriterionAgreement, Figure, PassRate
from rlaif.reporting.agree_found import Drawn, Retest
from rlaif.runs.agree_again import Twice
from rlaif.runs.agree_columns import Columns
from rlaif.runs.agree_rates import YES_NO, one_a_sample, rate
from rlaif.runs.agree_rows import RatedRow, Rows

_COLUMNS = dict[str, Any]


class Measured(NamedTuple):
    """Agreement by criterion, and of all together."""

    criteria: tuple[CriterionAgreement, ...]
    together: CriterionAgreement | None


class Rates(NamedTuple):
    """Corrected estimates, and what is to be known of them."""

    rates: list[PassRate]
    graded: list[str]
    """The criteria whose figures are means."""
    not_random: dict[str, str]
    """Where labels look chosen, why."""
    not_answered: dict[str, int]
    """Samples of the run without an answer of the judge."""


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

    def of_pairs(
        self, found: Sequence[Rows], orders: Mapping[str, Sequence[tuple[int, int, int]]]
    ) -> Measured:
        """The preference as a whole, and what each criterion says of it.

        Args: `orders`, by criterion, of each pair of the run that was judged in both: its prompt,
        and the answers with a shown first and with b shown first.
        """
        columns = Columns(found)
        return Measured(
            tuple(self._of_pairs(one, columns, orders.get(one.name, ())) for one in found), None
        )

    def _of_pairs(
        self, found: Rows, columns: Columns, orders: Sequence[tuple[int, int, int]]
    ) -> CriterionAgreement:
        measured, rows = self._of(found, columns), _last_word(found.rows)
        a_first, b_first = (_whole([row.orders[at] for row in rows]) for at in (0, 1))
        more = accuracies(columns.of(found, rows), a_first, b_first)
        if orders:
            cluster, a_first, b_first = (_whole(column) for column in zip(*orders, strict=True))
            more |= positions(a_first, b_first, cluster)
        return replace(measured, figures={**measured.figures, **more})

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

    def drawn(self, found: Sequence[Rows]) -> Drawn | None:
        """How often the judge is right on samples that were drawn at random; None without such."""
        every = {row.sample for one in found for row in one.rows}
        mine = _drawn(found)
        if not mine:
            return None
        told = {one.name: _right([row for row in one.rows if row.drawn]) for one in found}
        whole = [pair for pairs in told.values() for pair in pairs]
        accuracy = {name: self.share(pairs) for name, pairs in {**told, "": whole}.items()}
        return Drawn(len(mine), len(every - mine), accuracy)

    def pass_rates(
        self,
        found: Sequence[Rows],
        verdicts: Callable[[str, Sequence[str]], _COLUMNS],
        passed_over: Mapping[str, Collection[int]],
        samples: int,
    ) -> Rates:
        """The true share or mean of each criterion; of those that all samples are asked.

        Where labels say that their samples were drawn at random, the others are no labels here:
        they were chosen by what the judge said, and their samples count as not labelled.

        Args: `verdicts` of a criterion on the whole run, as `LabelledRun.verdicts`; `passed_over`,
        by criterion, the ordinals of samples that say nothing of the judge; `samples` of the run.
        """
        told = Rates([], [], {}, {})
        drawn = _drawn(found)
        for one in found:
            rows = [row for row in _last_word(one.rows) if row.drawn or not drawn]
            every = verdicts(one.name, one.answers)
            away = {row.sample for row in rows}.union(passed_over.get(one.name, ()))
            others = _without(every, np.array(sorted(away), np.int64))
            ours = one_a_sample(rows)
            if not len(others["value"]) or not len(ours):
                continue
            told.rates.append(rate(one, others, ours, rows))
            told.not_answered[one.name] = samples - len(every["value"])
            if one.answers != YES_NO:
                told.graded.append(one.name)
            judged = {row.sample: row for row in rows if row.judge.value == row.judge.value}
            ours_of = [(row.judge.value, row.cluster) for row in judged.values()]
            values, clusters = (np.array(column) for column in zip(*ours_of, strict=True))
            check = draw_check(others["value"], others["cluster"], values, clusters)
            if check is not None and check.warning:
                told.not_random[one.name] = check.warning
        return told

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


def _drawn(found: Sequence[Rows]) -> set[int]:
    """The samples of which a label says that they were drawn at random."""
    return {row.sample for one in found for row in one.rows if row.drawn}


def _right(rows: Sequence[RatedRow]) -> list[tuple[int, bool]]:
    """Of each answer with one of the judge beside it, its prompt, and whether they are alike."""
    told = [row for row in _last_word(rows) if row.judge.place != MISSING]
    return [(row.cluster, row.judge.place == row.human.place) for row in told]


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


def _whole(numbers: Sequence[int]) -> Any:
    return np.array(numbers, np.int64)
