"""The figures of a training over its steps, as one page of HTML that stands alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_HERE = Path(__file__).parent
_STYLE = _HERE / "report" / "page.css"
_MOST_POINTS = 500
"""Of one line; more are made fewer by means of neighbours."""

Draw = Callable[[Sequence[Mapping[str, Any]], str], str]
"""Points and the title of their axis to SVG."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the page: points over steps, and what they are."""

    name: str
    title: str
    told: str
    points: tuple[Mapping[str, Any], ...]

    @property
    def ends(self) -> list[tuple[str, str, str]]:
        """Name, first and last value of each line, for the table below the figure."""
        lines: dict[str, list[float]] = {}
        for point in self.points:
            lines.setdefault(point.get("name", self.title), []).append(point["value"])
        return [(name, f"{own[0]:.4g}", f"{own[-1]:.4g}") for name, own in lines.items()]


_PLAIN = {
    "loss": ("Loss", "What the trainer makes smaller."),
    "reward": (
        "Reward",
        "Mean of a step's completions; the band is one deviation each way.",
    ),
    "score": ("Score", "Mean score before any shaping."),
    "margin": ("Margin", "By how much the chosen completion is above the rejected one."),
    "accuracy": ("Accuracy", "Share that the model gets right."),
    "kl": ("KL", "How far the policy went from the model that it began as."),
    "mean_length": ("Length", "Mean length of a completion in tokens."),
    "clipped_ratio": ("Cut off", "Share of completions that the length limit cut."),
    "equal_groups": ("Equal groups", "Share of completions whose group was all alike."),
    "failed_rate": ("Failed", "Share of completions that could not be graded: no reward."),
}
"""Figures that are drawn as one line, in the order of the page: title, and what it shows."""
_GROUPS = {
    "criteria": ("Criteria", "Mean value of each criterion, from 0 to 1."),
    "dimensions": ("Dimensions", "Mean reward of each dimension, from 0 to 1."),
}
"""Figures of several lines, each drawn by itself."""


def figures_of(lines: Iterable[Mapping[str, Any]]) -> list[Figure]:
    """What there is to draw in the lines of a metrics file."""
    plain: dict[str, list[dict[str, Any]]] = {name: [] for name in _PLAIN}
    grouped: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in _GROUPS}
    for line in lines:
        for name, points in plain.items():
            if (value := line.get(name)) is not None:
                points.append({"step": line["step"], "value": value, **_band(line, name, value)})
        for name, of_group in grouped.items():
            for inner, value in line.get(name, {}).items():
                if value is not None:
                    point = {"step": line["step"], "value": value, "name": inner}
                    of_group.setdefault(inner, []).append(point)
    return list(_made(plain, grouped))


def page(title: str, facts: Mapping[str, str], figures: Sequence[Figure], draw: Draw) -> str:
    """The page as HTML. Args: `facts` of the training by name; `draw` makes a figure's SVG."""
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn = [(one, Markup(draw(one.points, one.title))) for one in figures]  # noqa: S704 - Vega escapes its texts
    style = Markup(_STYLE.read_text(encoding="utf-8"))  # noqa: S704 - a file of ours
    template = environment.get_template("training_page.html.jinja2")
    return template.render(title=title, facts=facts, figures=drawn, style=style)


def _band(line: Mapping[str, Any], name: str, value: float) -> dict[str, float]:
    spread = line.get("reward_std")
    if name != "reward" or spread is None:
        return {}
    return {"low": value - spread, "high": value + spread}


def _made(
    plain: Mapping[str, list[dict[str, Any]]],
    grouped: Mapping[str, Mapping[str, list[dict[str, Any]]]],
) -> Iterator[Figure]:
    for name, points in plain.items():
        if points:
            yield Figure(name, *_PLAIN[name], tuple(_fewer(points)))
        if name == "score":  # criteria stand below what they make
            for group, lines in grouped.items():
                every = tuple(one for points in lines.values() for one in _fewer(points))
                if every:
                    yield Figure(group, *_GROUPS[group], every)


def _fewer(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The points, or the means of neighbours where there are too many."""
    size = -(-len(points) // _MOST_POINTS)
    if size <= 1:
        return points
    parts = [points[at : at + size] for at in range(0, len(points), size)]
    return [
        {key: _mean([one[key] for one in part if key in one]) for key in part[-1]} for part in parts
    ]


def _mean(values: list[Any]) -> Any:
    return values[-1] if isinstance(values[-1], str) else sum(values) / len(values)
