"""How far an annotator is, and how the judge agrees with them, from tallies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from rlaif.agreement.progress import clustered_wilson, cohen_kappa, labels_to_go
from rlaif.records.criterion import Criterion, Judged, leaves
from rlaif.records.review import CriterionProgress, Progress
from rlaif.records.rubric import Rubric
from rlaif.runs.review_terms import same_of
from rlaif.storage.review.derived import label_of
from rlaif.storage.review.queue import Totals

Tally = tuple[str, str, int, str, int, int]
"""Criterion, the person's answer, whether the judge has one, the judge's, whether the sample was
drawn at random, how often; answers coded."""
Agreement = tuple[bool, int, int]
"""Of a sample: whether it was drawn, answers like the judge's, and answers beside one."""


def progress_of(
    annotator: str,
    totals: Totals,
    tallies: Sequence[Tally],
    agreements: Sequence[Agreement],
    rubric: Rubric,
) -> Progress:
    """The figures over all that a judge is asked, and of each criterion that there is."""
    by = defaultdict(list)
    for tally in tallies:
        by[tally[0]].append(tally)
    known = {criterion.id: criterion for criterion in leaves(rubric.items)}
    names = dict.fromkeys((*known, *sorted(by)))
    drawn = [(agree, compared) for was_drawn, agree, compared in agreements if was_drawn]
    interval = clustered_wilson(drawn)
    return Progress(
        annotator=annotator,
        total=totals.total,
        done=totals.done,
        begun=totals.begun,
        disputed=totals.disputed,
        adjudicated=totals.adjudicated,
        accuracy=_share([(agree, compared) for _, agree, compared in agreements]),
        drawn=len(drawn),
        drawn_accuracy=_share(drawn),
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        criteria=tuple(_of_one(name, by[name], known.get(name)) for name in names),
        others=totals.others,
    )


def _share(samples: Sequence[tuple[int, int]]) -> float | None:
    compared = sum(count for _, count in samples)
    return sum(agree for agree, _ in samples) / compared if compared else None


def _of_one(name: str, tallies: Sequence[Tally], criterion: Criterion | None) -> CriterionProgress:
    same = same_of(criterion)
    table: Counter[tuple[str, str]] = Counter()
    agree: Counter[int] = Counter()
    compared: Counter[int] = Counter()
    for _, human, has, judge, drawn, rows in tallies:
        if has:
            table[human, judge] += rows
            compared[drawn] += rows
            agree[drawn] += rows * same(label_of(human), label_of(judge))
    of_names = not (isinstance(criterion, Judged) and criterion.range is not None)
    all_agree, all_compared = agree.total(), compared.total()
    # What is not drawn is hard on purpose, and would say too much of how the judge errs.
    to_go = (agree[1], compared[1]) if compared[1] else (all_agree, all_compared)
    return CriterionProgress(
        criterion=name,
        labels=sum(rows for *_, rows in tallies),
        agree=all_agree,
        compared=all_compared,
        kappa=cohen_kappa(table) if of_names else None,
        to_go=labels_to_go(*to_go),
    )
