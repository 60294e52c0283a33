"""Figures over rounds or steps, as specifications of Vega-Lite: lines with their intervals."""

from __future__ import annotations

from typing import Any

import altair as alt

from rlaif.reporting.report.altair_charts import chart, styled
from rlaif.reporting.report.blocks import Plot

_LINES = ("var(--first)", "var(--second)", "var(--third)")
_DASHES = ([1, 0], [7, 3], [2, 2])
_SHAPES = ("circle", "diamond", "square")
_MOST_TICKS = 12
_MOST_MARKS = 40
"""Points of a line, up to which each has a mark."""


def rounds_chart(plot: Plot) -> dict[str, Any]:
    """The specification of one plot of a loop's page."""
    return styled(_rounds(plot)) if plot.kind == "rounds" else chart(plot)


def _rounds(plot: Plot) -> Any:
    """Rows {at, value, kind, told} and perhaps {low, high}: a line a kind."""
    kinds = list(plot.kinds)
    ends = [row.get(name, row["value"]) for row in plot.rows for name in ("low", "high")]
    low, high = min([*ends, 0.0]), max([*ends, 1.0] if max(ends) <= 1 else ends)
    base = alt.Chart(alt.InlineData(values=list(plot.rows)), height=240).encode(
        x=alt.X("at:Q", title=plot.x, axis=_whole(plot)),
        stroke=_of(alt.Stroke, kinds, list(_LINES)),
    )
    y = alt.Y("value:Q", title=plot.y, scale=alt.Scale(domain=[low, high], nice=True))
    lines = base.mark_line(strokeWidth=2.5, clip=True).encode(
        y=y, strokeDash=_of(alt.StrokeDash, kinds, [*map(list, _DASHES)])
    )
    if len(plot.rows) > _MOST_MARKS * len(kinds):
        return lines
    marks = base.mark_point(size=70, strokeWidth=2, opacity=1, fill="var(--card)").encode(
        y=y,
        shape=_of(alt.Shape, kinds, list(_SHAPES)),
        tooltip=alt.Tooltip("told:N", title=" "),
    )
    if not any("low" in row for row in plot.rows):
        return lines + marks
    rules = base.mark_rule(strokeWidth=2, opacity=0.5).encode(y=alt.Y("low:Q"), y2="high:Q")
    return rules.transform_filter("isValid(datum.low)") + lines + marks


def _whole(plot: Plot) -> Any:
    """Ticks at whole numbers alone."""
    places = sorted({row["at"] for row in plot.rows})
    if len(places) > _MOST_TICKS:
        return alt.Axis(tickMinStep=1, format="d", grid=False)
    return alt.Axis(values=places, format="d", grid=False)


def _of(channel: Any, kinds: list[str], range_: list[Any]) -> Any:
    scale = alt.Scale(domain=kinds, range=range_[: len(kinds)])
    return channel("kind:N", scale=scale, legend=None)
