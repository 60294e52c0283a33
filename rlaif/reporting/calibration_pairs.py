"""What came of calibrating a judge's preferences: lines for people, and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rlaif.records.calibrated import CalibratedPairs
from rlaif.records.pair_calibration import PairMap
from rlaif.reporting.calibration import change_told
from rlaif.reporting.sheet import Line
from rlaif.reporting.text import count_of

_NAMES = {
    "accuracy": "accuracy (a, b, tie)",
    "preferred": "where people preferred one",
    "log_loss": "log loss of a or b",
    "brier": "Brier score of a or b",
}
_WAYS = {
    "as it is": "on the fitting part, as it is",
    "mean": "by folds of it, the mean of both orders",
    "slope": "by folds of it, with a slope",
}


@dataclass(frozen=True, slots=True)
class PairsReport:
    """A judge's preferences calibrated, or not."""

    run: str
    judge: str
    rubric: str
    out: str
    version: str
    """Of the judge file that was written; empty where none was."""
    seed: int
    share: float
    answers: int
    annotators: int
    pairs: int
    """Labelled pairs of the run."""
    unknown: int
    """Labelled pairs of other runs."""
    unread: int
    """Answers about pairs on which the judge has no say."""
    labels: str
    """Digest of the answers."""
    pairwise: str
    """How the judge's two orders are read before."""
    found: CalibratedPairs


def pairs_lines(report: PairsReport) -> Iterator[Line]:
    """The map, and the figures on the preferences kept aside."""
    people = "1 person" if report.annotators == 1 else f"{report.annotators} people"
    told = f"{count_of(report.answers, 'preference')} of {people}"
    yield Line(f"{report.judge} on {report.rubric}", told)
    yield Line(f"fitted on {report.share:.0%} of the prompts, measured on the others", depth=1)
    if report.unknown:
        yield Line(f"{count_of(report.unknown, 'labelled pair')} of other runs left out", depth=1)
    if report.unread:
        left = f"{count_of(report.unread, 'preference')} left out: no answer of the judge decided"
        yield Line(left, depth=1)
    made = report.found
    yield Line("")
    yield Line(
        "(overall)",
        f"{made.fitted_on:,} fitted on, {made.held_out:,} kept aside",
        style="bold",
    )
    if made.map is None:
        yield Line(f"left as it was: {made.why}", depth=1)
        for way, tried in made.tried.items():
            figures = ", ".join(f"{_NAMES[name]} {value:.3f}" for name, value in tried.items())
            yield Line(f"{_WAYS[way]}: {figures}", depth=2)
    else:
        yield Line(_map_told(made.map, report.pairwise), depth=1)
    for name, change in made.figures.items():
        yield Line(_NAMES[name], change_told(name, change), depth=1)


def pairs_row(report: PairsReport) -> dict[str, Any]:
    """The same as JSON; the map as a judge file states it."""
    made = report.found
    row = {**asdict(report), **asdict(made), "map": made.map.as_written() if made.map else None}
    del row["found"]
    written = {"out": report.out, "version": report.version}
    return row | {name: value if report.version else None for name, value in written.items()}


def _map_told(found: PairMap, pairwise: str) -> str:
    orders = "the mean of both orders" + (", not both alike" if pairwise == "both" else "")
    return f"{orders}; slope {found.slope:.3g}; a tie up to {found.tie_below:.3g}"
