"""What came of calibrating a judge: lines for people, and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rlaif.records.agreement import Figure
from rlaif.records.calibrated import Calibrated, Change, Probed
from rlaif.records.calibration import CalibrationMap
from rlaif.reporting.sheet import Line
from rlaif.reporting.text import count_of

_NAMES = {
    "brier": "Brier score",
    "log_loss": "log loss",
    "ece": "calibration error",
    "accuracy": "accuracy",
    "kappa": "kappa",
    "cost": "cost of a label",
}
_BETTER_HIGH = ("accuracy", "kappa", "preferred")


def calibrated_lines(criteria: Sequence[Calibrated]) -> Iterator[Line]:
    """Each criterion with its map and the figures on the labels kept aside."""
    for one in criteria:
        yield Line("")
        sizes = f"{one.fitted_on:,} fitted on, {one.held_out:,} kept aside"
        yield Line(one.criterion, sizes if one.fitted_on or one.held_out else "", style="bold")
        if one.map is None:
            yield Line(f"left as it was: {one.why}", depth=1)
        else:
            yield Line(map_told(one.map), depth=1)
        if one.worse:
            names = ", ".join(_worse(name, one.figures[name]) for name in one.worse)
            yield Line(f"worse on what was kept aside: {names}", depth=1, style="bold")
        if one.note:
            yield Line(one.note, depth=1)
        for name, change in one.figures.items():
            yield Line(_NAMES.get(name, name), change_told(name, change), depth=1)


def probed_lines(probed: Sequence[Probed]) -> Iterator[Line]:
    """Each probe beside the judge as it is read now."""
    for one in probed:
        yield Line("")
        sizes = f"{one.fitted_on:,} fitted on, {one.held_out:,} kept aside"
        told = f"{one.criterion}, by a probe of the hidden states"
        yield Line(told, sizes if one.figures else "", style="bold")
        if one.why:
            yield Line(f"none: {one.why}", depth=1)
        for name, change in one.figures.items():
            yield Line(_NAMES.get(name, name), change_told(name, change), depth=1)


def map_told(found: CalibrationMap) -> str:
    """A map in one line."""
    told = {
        "none": "probabilities as stated",
        "temperature": f"temperature {found.temperature or 1:.3g}",
        "platt": f"platt: slope {found.slope or 1:.3g}, intercept {found.intercept or 0:.3g}",
        "isotonic": f"isotonic: {count_of(len(found.points or ()), 'point')}",
    }[found.method]
    return told if found.yes_from is None else f"{told}; yes from {found.yes_from:.3g}"


def _worse(name: str, change: Change) -> str:
    sure = _sure(name, change.difference).strip()
    return _NAMES[name] if sure else f"{_NAMES[name]} (perhaps by chance)"


def change_told(name: str, change: Change) -> str:
    """A figure before and after, with the interval of the figure after."""
    if change.before.value is None or change.after.value is None:
        return f"cannot be told: {change.difference.why}"
    return f"{change.before.value:.3f} -> {_told(change.after)}{_sure(name, change.difference)}"


def _told(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _sure(name: str, difference: Figure) -> str:
    """Whether the interval of the difference leaves 0 out."""
    if difference.low is None or difference.high is None or difference.low <= 0 <= difference.high:
        return "          "
    better = (difference.low > 0) == (name in _BETTER_HIGH)
    return "    better" if better else "     worse"


def calibrated_rows(criteria: Sequence[Calibrated]) -> list[dict[str, object]]:
    """The same as JSON; the map as a judge file states it, and the names of what got worse."""
    rows = []
    for one in criteria:
        row = asdict(one)
        row["map"] = one.map.as_written() if one.map else None
        row["worse"] = one.worse
        rows.append(row)
    return rows
