"""How far a judge and people agree on a criterion: every figure, from the same rows and draws.

Shares (accuracy, sensitivity) have Wilson's interval, for a bootstrap knows no doubt where all
answers are right; the other figures are drawn over whole prompts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlaif.agreement.bootstrap import Sums
from rlaif.agreement.by_answer import by_answer
from rlaif.agreement.chance import beyond_chance, of_judge, of_people
from rlaif.agreement.compared import Compared, among_people, compared
from rlaif.agreement.estimates_share import share
from rlaif.agreement.length import Lengths, length_correlation
from rlaif.agreement.people import both
from rlaif.agreement.probabilities import label_mass, probabilities
from rlaif.agreement.rated import Rated
from rlaif.records.agreement import CriterionAgreement, Figure, ReliabilityBin

_NOTHING = "no answer of people has one of the judge beside it"
_NO_TWO = "no sample was answered by two people"


def measure(rated: Rated, *, resamples: int = 2000, seed: int = 0) -> CriterionAgreement:
    """All figures of one criterion, with 95% intervals.

    Figures that a kind of criterion has no use for are absent: weighted_kappa, linear_kappa and ac2
    where there are not three answers in an order, sensitivity and specificity where there are not
    two. One that cannot be told is Figure(None, why=...), and a figure without an interval says why
    there is none.
    """
    return _measured(compared([rated]), rated.criterion, resamples, seed)


def measure_together(
    several: Sequence[Rated], *, resamples: int = 2000, seed: int = 0
) -> CriterionAgreement:
    """All criteria as one: every answer counts once, and chance is taken within each criterion.

    One table of all answers would take it for agreement that some criteria are met more often than
    others. `cluster`, `sample` and `annotator` have to mean the same in each criterion.
    Raises: ValueError without a criterion.
    Source: pooled kappa, De Vries, Elliott, Kanouse and Teleki 2008.
    """
    return _measured(compared(several), "", resamples, seed)


def _measured(found: Compared, name: str, resamples: int, seed: int) -> CriterionAgreement:
    figures = {"accuracy": _accuracy(found)}
    reliability: tuple[ReliabilityBin, ...] = ()
    if found.rows:
        stated, reliability = probabilities(found, resamples, seed)
        figures |= _coefficients(found, figures["accuracy"], resamples, seed)
        figures |= by_answer(found, resamples, seed) | stated
        figures["label_mass"] = label_mass(found, resamples, seed)
        figures["length_correlation"] = _length(found, resamples, seed)
    return CriterionAgreement(
        criterion=name,
        rows=found.rows,
        samples=found.distinct("sample"),
        prompts=found.clusters,
        annotators=found.distinct("annotator"),
        unanswered=found.unanswered,
        categories=found.categories,
        confusion=_confusion(found),
        figures=figures,
        ceiling=_ceiling(found, resamples, seed),
        reliability=reliability,
    )


def _accuracy(found: Compared) -> Figure:
    if not found.rows:
        return Figure(None, why=_NOTHING)
    right = [one.human == one.judge for one in found.several]
    return share(np.concatenate(right).astype(float), found.all("cluster"))


def _coefficients(
    found: Compared, accuracy: Figure, resamples: int, seed: int
) -> dict[str, Figure]:
    sums = Sums(found.clusters)
    slots = [of_judge(sums, one) for one in found.several]
    drawn = sums.drawn(resamples, seed)
    return dict(beyond_chance([one.of(drawn) for one in slots], accuracy, drawn.plan))


def _ceiling(found: Compared, resamples: int, seed: int) -> dict[str, Figure]:
    """The same of people, each two of them, on samples that the judge answered; {} of one person.

    What is pooled over criteria is pooled over pairs of people, too.
    """
    if not any(len(np.unique(one.annotator)) > 1 for one in found.several):
        return {}
    shared = among_people(found)
    if not shared.rows:
        return {name: Figure(None, why=_NO_TWO) for name in ("accuracy", "kappa", "ac1", "alpha")}
    sums = Sums(shared.clusters)
    told = [of_people(sums, one) for one in shared.several if len(one.human)]
    drawn = sums.drawn(resamples, seed)
    accuracy = _accuracy_of_people(shared)
    found_of = beyond_chance([one.of(drawn) for one in told], accuracy, drawn.plan)
    return {"accuracy": accuracy, **dict(found_of)}


def _accuracy_of_people(shared: Compared) -> Figure:
    """Over all pairs of answers of two people to one sample."""
    alike, cluster = [], []
    for one in shared.several:
        pairs = both(one)
        alike.append(one.human[pairs.one] == one.human[pairs.other])
        cluster.append(one.cluster[pairs.one])
    return share(np.concatenate(alike).astype(float), np.concatenate(cluster))


def _length(found: Compared, resamples: int, seed: int) -> Figure:
    several = []
    for one in found.several:
        known = np.isfinite(one.score_value) & np.isfinite(one.human_value)
        columns = one.cluster, one.score_value, one.human_value, one.length
        several.append(Lengths(*(column[known] for column in columns)))
    return length_correlation(several, found.clusters, resamples, seed)


def _confusion(found: Compared) -> tuple[tuple[int, ...], ...]:
    """Rows: people; columns: the judge. Empty where criteria are not answered alike."""
    kinds = len(found.categories)
    if not kinds:
        return ()
    cells = found.all("human") * kinds + found.all("judge")
    counts = np.bincount(cells, minlength=kinds * kinds).reshape(kinds, kinds)
    return tuple(tuple(row) for row in counts.tolist())
