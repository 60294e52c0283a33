"""How far an annotator is, and how the judge agrees with them, from tallies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from rlaif.agreement.progress import cohen_kappa, labels_to_go, wilson
from rlaif.records.criterion import Criterion, Judged, leaves
from rlaif.records.review import CriterionProgress, Progress
from rlaif.records.rubric import Rubric
from rlaif.runs.review_building import same_of
from rlaif.storage.review.derived import label_of
from rlaif.storage.review.queue import Totals

Tally = tuple[str, str, int, str, int]
"""Criterion, the person's answer, whether the judge has one, the judge's, how often; coded."""


def progress_of(
    annotator: str, totals: Totals, tallies: Sequence[Tally], rubric: Rubric
) -> Progress:
    """The figures over all criteria together, and of each that the rubric or a label has."""
    by = defaultdict(list)
    for tally in tallies:
        by[tally[0]].append(tally)
    known = {criterion.id: criterion for criterion in leaves(rubric.items)}
    names = dict.fromkeys((*known, *sorted(by)))
    criteria = tuple(_of_one(name, by[name], known.get(name)) for name in names)
    agree, compared = sum(c.agree for c in criteria), sum(c.compared for c in criteria)
    interval = wilson(agree, compared)
    return Progress(
        annotator=annotator,
        total=totals.total,
        done=totals.done,
        begun=totals.begun,
        disputed=totals.disputed,
        adjudicated=totals.adjudicated,
        accuracy=agree / compared if compared else None,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        criteria=criteria,
        others=totals.others,
    )


def _of_one(name: str, tallies: Sequence[Tally], criterion: Criterion | None) -> CriterionProgress:
    same = same_of(criterion)
    table: Counter[tuple[str, str]] = Counter()
    agree = 0
    for _, human, has, judge, rows in tallies:
        if has:
            table[human, judge] += rows
            agree += rows * same(label_of(human), label_of(judge))
    compared = sum(table.values())
    of_names = not (isinstance(criterion, Judged) and criterion.range is not None)
    return CriterionProgress(
        criterion=name,
        labels=sum(rows for *_, rows in tallies),
        agree=agree,
        compared=compared,
        kappa=cohen_kappa(table) if of_names else None,
        to_go=labels_to_go(agree, compared),
    )
