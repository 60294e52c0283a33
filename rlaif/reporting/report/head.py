"""The head of a report: what was graded, by what, at what cost, and the figures to see first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rlaif.reporting.report.blocks import Tile
from rlaif.reporting.report.criterion_words import Stated
from rlaif.reporting.report.gathered import Against, Gathered, Run
from rlaif.reporting.report.inference import DIFFERENCES, estimate
from rlaif.reporting.report.words import (
    NONE,
    between,
    moment,
    named,
    number,
    share,
    signed,
    signed_between,
)
from rlaif.reporting.text import count_of

_SPENT = {
    "asked": ("question asked of the judge", "questions asked of the judge"),
    "computed": ("prompt token computed", "prompt tokens computed"),
    "cached": ("prompt token not computed again", "prompt tokens not computed again"),
    "written": ("token written by the judge", "tokens written by the judge"),
    "recalled": (
        "verdict taken from the cache of earlier runs",
        "verdicts taken from the cache of earlier runs",
    ),
    "changed": (
        "cached verdict that came out otherwise when asked again",
        "cached verdicts that came out otherwise when asked again",
    ),
}
_DECIDED = 0.1
"""The share of scores that a gate or the prescreen made, from which on the rest has a mean."""


def lead(found: Gathered) -> str:
    """The first sentence of the page."""
    spread = found.spread
    graded = spread.samples - spread.missing
    samples = count_of(spread.samples, "sample")
    return (
        f"{samples if not spread.missing else f'{graded:,} of {samples}'} graded by the rubric "
        f"{named(found.run.rubric_name)} and the judge {named(found.run.judge_name)}."
    )


def facts(found: Gathered, criteria: Mapping[str, Stated]) -> list[tuple[str, str]]:
    """What was graded, by what, and what it cost."""
    run = found.run
    return [
        ("Rubric", named(run.rubric_name)),
        ("Judge", named(run.judge_name) + (f", model {named(run.model)}" if run.model else "")),
        ("Samples", f"{found.spread.samples:,}, from {named(run.source)}"),
        ("Begun", moment(run.created)),
        ("Run", named(run.path)),
        ("Cost", "; ".join(_spent(run)) or _unspent(found, criteria)),
        ("Made by", f"{named(run.command, NONE)} on {named(run.host, NONE)}"),
        ("Versions", ", ".join(f"{k} {named(v)}" for k, v in run.versions.items())),
    ]


def _spent(run: Run) -> Iterator[str]:
    for currency, cost in run.cost.items():
        yield f"{cost:,.2f} {named(currency)}"
    for key, words in _SPENT.items():
        if count := run.spent.get(key):
            yield f"{count:,} {words[count > 1]}"


def _unspent(found: Gathered, criteria: Mapping[str, Stated]) -> str:
    """Of a run that counted no question: verdicts of a judge came from files then, if there are."""
    verdicts = sum(
        one.count
        for one in found.outcomes
        if one.kind == "verdict"
        and not (one.criterion in criteria and criteria[one.criterion].by_check)
    )
    if not verdicts or not criteria:
        return "this run counted no question to a model"
    return (
        f"{count_of(verdicts, 'verdict')} of the judge came into the run without a question from "
        f"it, "
        "as by files of a batch: what they cost is on the bill of whoever answered"
    )


def warnings(found: Gathered, criteria: Mapping[str, Stated]) -> list[str]:
    """What a reader must know before the figures."""
    spread, told = found.spread, []
    if spread.missing:
        told.append(
            f"This run is not finished: {spread.missing:,} of "
            f"{count_of(spread.samples, 'sample')} {'is' if spread.missing == 1 else 'are'} not "
            f"graded. "
            "All figures are of the rest."
        )
    if spread.failed:
        told.append(
            f"{count_of(spread.failed, 'sample')} failed and "
            f"{'has' if spread.failed == 1 else 'have'} no score "
            f"({share(spread.failed, spread.samples)}). If what fails differs "
            "from the rest, the mean is off."
        )
    if 0 < spread.sums.clusters < 10:
        told.append("There are fewer than 10 prompts: take every figure as an impression.")
    if not criteria:
        told.append(
            "The rubric's own criteria are not known here, so weights and gates are not shown."
        )
    return [*told, *found.run.notes]


def tiles(found: Gathered) -> list[Tile]:
    """The figures to see at a glance; of two runs, what lies between them first."""
    spread = found.spread
    mean = estimate(spread.sums)
    span = f"95% interval {between(mean)}" if mean and mean.low is not None else ""
    shown = [
        *(_against(found.against) if found.against else ()),
        Tile("Mean score", number(mean.mean if mean else None), span),
        *_by_criteria(found),
        Tile("Scored", f"{spread.sums.count:,}", f"of {count_of(spread.samples, 'sample')}"),
        Tile("Score 0", share(spread.zeros, spread.sums.count), f"{spread.zeros:,} of the scored"),
        Tile("Failed", f"{spread.failed:,}", "no score, never a zero"),
    ]
    if spread.missing:
        shown.append(Tile("Not graded yet", f"{spread.missing:,}"))
    if found.groups:
        groups, level = sum(g.groups for g in found.groups), sum(g.level for g in found.groups)
        shown.append(
            Tile("Groups without a difference", share(level, groups), f"{level:,} of {groups:,}")
        )
    return shown


def _against(against: Against) -> Iterator[Tile]:
    paired = against.paired
    mean = estimate(paired.difference, DIFFERENCES)
    if mean is None:
        return
    span = "no interval" if mean.low is None else f"95% interval {signed_between(mean)}"
    told = f"{span}, on {count_of(paired.scored, 'sample')} of both"
    yield Tile("This run less the other", signed(mean.mean), told)
    here, there = (
        share(paired.passed_both + alone, paired.scored)
        for alone in (paired.passed_here, paired.passed_there)
    )
    yield Tile(f"Pass at {against.threshold:g}", here, f"of the same samples; {there} in the other")


def _by_criteria(found: Gathered) -> Iterator[Tile]:
    """The mean of what neither a gate nor the prescreen decided, where these decided much."""
    count = found.spread.sums.count
    scored = sum(one.count for one in found.score_bins if one.kind == "scored")
    if 0 < scored < (1 - _DECIDED) * count:
        mean = number(found.spread.sums.total / scored)
        told = f"{scored:,} of {count:,}; the rest is 0 by a gate or the prescreen"
        yield Tile("Mean of those scored by criteria", mean, told)
