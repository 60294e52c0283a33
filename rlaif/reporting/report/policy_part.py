"""The part of a report on policies: the scores of each, and each less the first."""

from __future__ import annotations

from rlaif.records.figures import PolicyGap, Spread
from rlaif.reporting.report.blocks import Figure, Part, Plot, Table
from rlaif.reporting.report.gathered import Gathered
from rlaif.reporting.report.inference import DIFFERENCES, Estimate, estimate
from rlaif.reporting.report.words import NONE, between, named, number, share, signed, signed_between
from rlaif.reporting.text import count_of

MOST_ROWS = 40
"""Rows of a plot."""

_HOW = (
    "Each policy less the first: of every prompt that both have a score for, the mean score of the "
    "one less that of the other. The mean of these differences has a 95% t interval in which the "
    "prompts of one stated group count as one observation. From fewer than 5 of them, or where all "
    "are equal, there is none."
)


def policies_part(found: Gathered) -> Part | None:
    """The scores of each policy; None where there is but one."""
    if found.policies < 2:
        return None
    estimates = [(one, estimate(one.sums)) for one in found.spreads]
    rows = [
        {
            "name": named(one.policy),
            "mean": mean.mean,
            "low": mean.mean if mean.low is None else mean.low,
            "high": mean.mean if mean.high is None else mean.high,
            "lower": one.lower,
            "upper": one.upper,
            "told": f"{named(one.policy)}: mean {number(mean.mean)}, interval {between(mean)}",
        }
        for one, mean in estimates[:MOST_ROWS]
        if mean is not None
    ]
    table = Table(
        "Scores by policy",
        [
            "policy",
            "samples",
            "mean score",
            "95% interval",
            "middle half",
            "score 0",
            "failed",
            "not graded",
        ],
        [_policy_row(one, mean) for one, mean in estimates],
        found.policies - len(estimates),
    )
    if not rows:
        return Part("policies", "Policies", ["No policy has a score yet."], [table])
    told = _best_told(estimates)
    figure = Figure(
        "policies-means",
        "Mean score of each policy",
        told,
        Plot("intervals", rows, "score"),
        table,
    )
    lead = [
        "The dot is the mean, the thick line its 95% interval, the thin line the middle half of "
        "the "
        "scores. Two lines that overlap may still be told apart where the policies answered the "
        "same "
        "prompts: the table of differences compares them prompt by prompt."
    ]
    return Part("policies", "Policies", lead, [figure, *_gaps(found)], [_HOW])


def _gaps(found: Gathered) -> list[Table]:
    """Each policy less the first one; empty where no two answered one prompt."""
    if not found.gaps:
        return []
    rows = [_gap_row(one) for one in found.gaps]
    first = named(found.spreads[0].policy)
    heads = ["policy", "less the first", "95% interval", "in words", "prompts", "mean", "the first"]
    caption = f"Each policy less the first ({first}), on the prompts that both answered"
    return [Table(caption, heads, rows, prose=frozenset({0, 3}))]


def _gap_row(one: PolicyGap) -> list[str]:
    mean = estimate(one.difference, DIFFERENCES)
    return [
        named(one.policy),
        signed(mean.mean if mean else None),
        signed_between(mean),
        _apart(mean),
        f"{one.difference.count:,}",
        number(one.mean),
        number(one.first),
    ]


def _apart(mean: Estimate | None) -> str:
    if mean is None or mean.low is None or mean.high is None:
        return "no interval: too few prompts, or all alike"
    if mean.low <= 0 <= mean.high:
        return "the interval holds 0: may be chance"
    side = "higher" if mean.mean > 0 else "lower"
    return f"{side} by more than chance explains" if mean.enough else f"seems {side}; few prompts"


def _policy_row(one: Spread, mean: Estimate | None) -> list[str]:
    half = NONE if one.lower is None else f"{number(one.lower)} to {number(one.upper)}"
    scored = one.sums.count
    return [
        named(one.policy),
        f"{one.samples:,}",
        number(mean.mean if mean else None),
        between(mean),
        half,
        share(one.zeros, scored),
        f"{one.failed:,}",
        f"{one.missing:,}",
    ]


def _best_told(estimates: list[tuple[Spread, Estimate | None]]) -> str:
    known = [(mean.mean, named(one.policy)) for one, mean in estimates if mean is not None]
    best, worst = max(known), min(known)
    return (
        f"{count_of(len(known), 'policy').replace('policys', 'policies')}. The highest mean is "
        f"{number(best[0])} ({best[1]}), the lowest {number(worst[0])} ({worst[1]})."
    )
