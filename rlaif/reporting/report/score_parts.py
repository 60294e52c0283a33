"""The parts of a report on scores: how they are spread, over all and within groups."""

from __future__ import annotations

from collections.abc import Iterable

from rlaif.records.figures import BINS, Bin
from rlaif.reporting.report.blocks import Figure, Part, Plot, Table
from rlaif.reporting.report.gathered import Gathered
from rlaif.reporting.report.words import bin_range, named, number, share
from rlaif.reporting.text import count_of

CLUSTERED = (
    "Intervals are 95% t intervals. Samples of one prompt (or one stated group) are alike, so each "
    "group counts as one observation: standard error = sqrt(G/(G\u22121) \u00b7 \u03a3(s \u2212 "
    "n\u00b7m)\u00b2) / N, with G groups, "
    "n samples and the sum s in each, N samples and the mean m in all; t has G\u22121 degrees "
    "of freedom. "
    "From fewer than 5 groups, or where all numbers are equal, there is no interval; one of scores "
    "ends at 0 and 1. Source: cluster-robust standard errors, arXiv:2411.00640."
)
_DECIDED = {
    "scored": "scored by the criteria",
    "gate": "0: a gate was not met",
    "prescreen": "0: stopped by the prescreen",
}
_EQUAL = {"apart": "scores differ", "equal": "all scores are equal"}


def scores_part(found: Gathered) -> Part:
    """How the scores are spread."""
    spread = found.spread
    count = spread.sums.count
    if not count:
        why = (
            "Nothing is graded yet." if spread.missing == spread.samples else "Every grade failed."
        )
        return Part("scores", "Scores", [f"{why} There is no score to show."])
    kinds = {kind: word for kind, word in _DECIDED.items() if _of(found.score_bins, kind)}
    told = (
        f"{count_of(count, 'score')} from 0 to 1. Half of them lie between "
        f"{number(spread.lower)} and "
        f"{number(spread.upper)}; the middle one is {number(spread.median)}."
    )
    rows = [_bin_row(one) for one in found.score_bins]
    figure = Figure(
        "score-distribution",
        "How the scores are spread",
        told,
        Plot("bins", rows, "score", "samples", kinds),
        _bin_table("Samples by score", "score", found.score_bins, kinds),
    )
    lead = ["A score is the share of the rubric's points that a sample earned: 0 none, 1 all."]
    how = [
        "score = clip(\u03a3 w\u00b7v / \u03a3 max(w, 0), 0, 1) over the criteria that apply, "
        "with weight w and "
        "value v; a section enters as one criterion. Source: explicit aggregation, "
        "arXiv:2507.17746; "
        "negative points as in arXiv:2505.08775. A failed grade has no score and is in no mean.",
        CLUSTERED,
    ]
    return Part("scores", "Scores", lead, [figure], how)


def _bin_row(one: Bin) -> dict[str, object]:
    return {
        "from": one.place / BINS,
        "to": (one.place + 1) / BINS,
        "kind": one.kind,
        "count": one.count,
        "range": bin_range(one.place),
    }


def _of(bins: Iterable[Bin], kind: str) -> int:
    return sum(one.count for one in bins if one.kind == kind)


def _bin_table(caption: str, first: str, bins: Iterable[Bin], kinds: dict[str, str]) -> Table:
    counts = {(b.place, b.kind): b.count for b in bins}
    places = range(BINS)
    rows = [
        [bin_range(p), *(f"{counts.get((p, kind), 0):,}" for kind in kinds)]
        for p in places
        if any(counts.get((p, kind)) for kind in kinds)
    ]
    return Table(caption, [first, *kinds.values()], rows)


def groups_part(found: Gathered) -> Part | None:
    """How scores differ within groups; None where no prompt has two scores of one policy."""
    if not found.groups:
        return None
    groups = sum(one.groups for one in found.groups)
    level = sum(one.level for one in found.groups)
    told = (
        f"{count_of(groups, 'group')}. In {level:,} of them ({share(level, groups)}) all scores "
        "are "
        "equal."
    )
    kinds = {kind: word for kind, word in _EQUAL.items() if _of(found.group_bins, kind)}
    figure = Figure(
        "group-ranges",
        "Highest less lowest score within a group",
        told,
        Plot(
            "bins",
            [_bin_row(b) for b in found.group_bins],
            "highest less lowest score",
            "groups",
            kinds,
        ),
        _bin_table(
            "Groups by highest less lowest score", "highest less lowest", found.group_bins, kinds
        ),
    )
    heads = [
        "policy",
        "groups",
        "samples",
        "all scores equal",
        "of these all 0",
        "all 1",
        "mean range",
        "mean deviation",
    ]
    rows = [
        [
            named(one.policy),
            f"{one.groups:,}",
            f"{one.samples:,}",
            f"{one.level:,} ({share(one.level, one.groups)})",
            f"{one.level_at_zero:,}",
            f"{one.level_at_one:,}",
            number(one.mean_range),
            number(one.mean_sd),
        ]
        for one in found.groups
    ]
    lead = [
        "A group is the samples that one policy wrote for one prompt. Training by GRPO compares "
        "the "
        "samples of a group with each other: a group in which all scores are equal teaches it "
        "nothing. "
        "Many such groups call for prompts of another difficulty, or for criteria that tell "
        "more apart."
    ]
    how = [
        "Equal means apart by no more than 10\u207b\u2079. Range: highest less lowest. "
        "Deviation: the standard "
        "deviation within a group with divisor n, averaged over groups. Groups are told by "
        "group_id, or "
        "by an equal prompt where none is stated; those with one score are left out. GRPO: "
        "arXiv:2402.03300."
    ]
    return Part("groups", "Groups", lead, [figure, Table("Groups by policy", heads, rows)], how)
