"""Plots as specifications of Vega-Lite, by altair; and what draws them, by vl-convert.

Colours are the page's own variables, so that a figure follows the page into the dark and onto paper
without being drawn again. Kinds of marks differ by pattern and by shape besides their colour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import altair as alt
import orjson
import vl_convert

from rlaif.reporting.report.blocks import Plot
from rlaif.reporting.report.words import middle_cut

_FILLS = ("var(--first)", "url(#hatch)", "url(#dots)")
_STROKES = ("var(--card)", "var(--second)", "var(--third)")
_LINES = ("var(--first)", "var(--second)")
_SHAPES = ("circle", "diamond")
_CIRCLE: dict[str, Any] = {"shape": "circle", "filled": True, "fill": "var(--first)", "opacity": 1}
_HEIGHT = 220
_ROW = 28
_LABELS = "max(140, 0.34 * containerSize()[0])"
"""The room for the name of a row: a third of the figure; more of it on a phone."""
_LABEL_SIGNS = (40, 22)
"""Signs of such a name that are shown, on a screen and on a phone."""
_SHARES: dict[str, Any] = {"values": [0, 0.25, 0.5, 0.75, 1], "format": ".2~f"}
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def chart(plot: Plot) -> dict[str, Any]:
    """The specification of one plot, as wide as the element that holds it."""
    return styled(_KINDS[plot.kind](plot))


def styled(drawn: Any) -> dict[str, Any]:
    """The specification of a chart of altair's, in the page's own colours and type."""
    made = drawn.properties(
        width="container", autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    )
    axis = {
        **dict.fromkeys(("labelColor", "titleColor"), "var(--quiet)"),
        "titleFontWeight": "normal",
        "domainColor": "var(--strong-line)",
        "tickColor": "var(--strong-line)",
        "gridColor": "var(--line)",
        **dict.fromkeys(("labelFontSize", "titleFontSize"), 12),
    }
    made = made.configure(font=_FONT, background="transparent").configure_view(stroke=None)
    specification: dict[str, Any] = made.configure_axis(**axis).to_dict()
    return specification


def library() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script, from the files that vl-convert brings."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    bundle: Any = vl_convert.javascript_bundle  # its stub forgets that a snippet may be left out
    script: str = bundle(vl_version=version)
    return script


def _data(rows: Sequence[Any]) -> Any:
    """The rows, each with the `key` of its row of the plot: names may be cut to one text."""
    return alt.InlineData(values=[{"key": place, **row} for place, row in enumerate(rows)])


def _by_kind(plot: Plot) -> dict[str, Any]:
    """Fill and outline by kind."""
    kinds = list(plot.kinds) or ["mass"]
    fill = alt.Scale(domain=kinds, range=list(_FILLS[: len(kinds)]))
    stroke = alt.Scale(domain=kinds, range=list(_STROKES[: len(kinds)]))
    return {
        "fill": alt.Fill("kind:N", scale=fill, legend=None),
        "stroke": alt.Stroke("kind:N", scale=stroke, legend=None),
    }


def _stacked(plot: Plot) -> list[dict[str, Any]]:
    """The rows, each with where its bar begins and ends: kinds stand on each other."""
    tops: dict[float, int] = {}
    turns = {kind: turn for turn, kind in enumerate(plot.kinds)}
    rows = []
    for row in sorted(plot.rows, key=lambda one: turns.get(str(one["kind"]), 0)):
        low = tops.get(row["from"], 0)
        tops[row["from"]] = low + row["count"]
        rows.append({**row, "low": low, "high": tops[row["from"]]})
    return rows


def _bins(plot: Plot) -> Any:
    """Counts over ranges, stacked by kind."""
    signed = any(row["from"] < 0 for row in plot.rows)
    ticks = {**_SHARES, "values": [-1, -0.5, 0, 0.5, 1]} if signed else _SHARES
    rows = _stacked(plot)
    most = max((row["high"] for row in rows), default=1)
    x = alt.X(
        "from:Q",
        title=plot.x,
        scale=alt.Scale(domain=[-1 if signed else 0, 1]),
        axis=alt.Axis(grid=False, **ticks),
    )
    counts = alt.Axis(tickCount=4, tickMinStep=1, format="~s")
    return (
        alt.Chart(_data(rows), height=_HEIGHT)
        .mark_rect(strokeWidth=1)
        .encode(
            x=x,
            x2="to:Q",
            y=alt.Y("low:Q", title=plot.y, axis=counts, scale=_room(most)),
            y2="high:Q",
            tooltip=[
                alt.Tooltip("range:N", title=plot.x),
                alt.Tooltip("count:Q", title=plot.y, format=","),
            ],
            **_by_kind(plot),
        )
    )


def _room(most: float) -> Any:
    """From 0 to a round number above the highest bar."""
    return alt.Scale(domain=[0, most * 1.08], nice=4)


def _tall(plot: Plot) -> int:
    return _ROW * len({row.get("key", place) for place, row in enumerate(plot.rows)})


def _y(rows: Sequence[Any]) -> Any:
    names = {row.get("key", place): str(row["name"]) for place, row in enumerate(rows)}
    wide, narrow = (
        orjson.dumps([middle_cut(name, most) for name in names.values()]).decode()
        for most in _LABEL_SIGNS
    )
    return alt.Y(
        "key:N",
        sort=list(names),
        scale=alt.Scale(domain=list(names)),
        title=None,
        axis=alt.Axis(
            ticks=False,
            domain=False,
            labelColor="var(--ink)",
            labelPadding=6,
            labelExpr=f"(containerSize()[0] > 600 ? {wide} : {narrow})[datum.value]",
            labelLimit=alt.ExprRef(_LABELS),
        ),
    )


def _intervals(plot: Plot) -> Any:
    """A mean with its interval and its quarters, a row each."""
    base = alt.Chart(_data(plot.rows), height=_tall(plot)).encode(
        y=_y(plot.rows), tooltip=alt.Tooltip("told:N", title=" ")
    )
    scale = alt.Scale(domain=[0, 1])
    thin = base.mark_rule(stroke="var(--strong-line)", strokeWidth=1.5).encode(
        x=alt.X("lower:Q", title=plot.x, scale=scale, axis=alt.Axis(**_SHARES)), x2="upper:Q"
    )
    thick = base.mark_rule(
        stroke="var(--first)", strokeWidth=5, strokeCap="round", opacity=0.55
    ).encode(x="low:Q", x2="high:Q")
    dot = base.mark_point(**_CIRCLE, strokeWidth=1, size=70, stroke="var(--card)").encode(
        x="mean:Q"
    )
    return thin + thick + dot


def _bars(plot: Plot) -> Any:
    """One number a row, written at the end of its bar."""
    most = max([float(row["value"]) for row in plot.rows])
    shares = (
        most <= 1 and not all(float(row["value"]).is_integer() for row in plot.rows)
    ) or plot.x == "mean value"
    scale = alt.Scale(domain=[0, 1.08] if shares else [0, most * 1.12], nice=False)
    axis = alt.Axis(**_SHARES) if shares else alt.Axis(tickCount=4, tickMinStep=1, format="~s")
    base = alt.Chart(_data(plot.rows), height=_tall(plot)).encode(
        y=_y(plot.rows), x=alt.X("value:Q", title=plot.x, scale=scale, axis=axis)
    )
    bars = base.mark_bar(strokeWidth=1, height={"band": 0.68}).encode(
        tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("label:N", title=plot.x)],
        **_by_kind(plot),
    )
    text = base.mark_text(align="left", dx=5, fill="var(--ink)", fontSize=12).encode(text="label:N")
    return bars + text


def _bubbles(plot: Plot) -> Any:
    """Counts as the sizes of circles, and the mean as a line."""
    cells = [row for row in plot.rows if "score" in row]
    means = [row for row in plot.rows if "mean" in row]
    low, high = min(row["middle"] for row in means), max(row["middle"] for row in means)
    x = alt.X(
        "middle:Q",
        title=plot.x,
        scale=alt.Scale(type="log", domain=[low / 1.3, high * 1.3], nice=False),
        axis=alt.Axis(format="~s", tickCount=5, grid=False),
    )
    y = alt.Y("score:Q", title=plot.y, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(**_SHARES))
    circles = (
        alt.Chart(_data(cells), height=_HEIGHT + 40)
        .mark_point(**_CIRCLE, strokeWidth=1, stroke="var(--first)", fillOpacity=0.35)
        .encode(
            x=x,
            y=y,
            size=alt.Size("count:Q", scale=alt.Scale(range=[8, 420]), legend=None),
            tooltip=alt.Tooltip("told:N", title=" "),
        )
    )
    line = (
        alt.Chart(_data(means))
        .mark_line(stroke="var(--second)", strokeWidth=2.5, strokeDash=[6, 3], point=False)
        .encode(x=x, y=alt.Y("mean:Q", title=plot.y))
    )
    return circles + line


def _two_runs(plot: Plot) -> Any:
    """Two marks a row, joined by a line."""
    kinds = list(plot.kinds)
    base = alt.Chart(_data(plot.rows), height=_tall(plot)).encode(
        y=_y(plot.rows),
        x=alt.X("value:Q", title=plot.x, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(**_SHARES)),
    )
    line = base.mark_line(stroke="var(--strong-line)", strokeWidth=2).encode(detail="key:N")
    marks = base.mark_point(size=90, strokeWidth=2, opacity=1).encode(
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=list(_SHAPES)), legend=None),
        stroke=alt.Stroke("kind:N", scale=alt.Scale(domain=kinds, range=list(_LINES)), legend=None),
        fill=alt.Fill(
            "kind:N",
            scale=alt.Scale(domain=kinds, range=["var(--first)", "var(--card)"]),
            legend=None,
        ),
        tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("label:N", title=plot.x)],
    )
    return line + marks


_KINDS: dict[str, Callable[[Plot], Any]] = {
    "bins": _bins,
    "intervals": _intervals,
    "bars": _bars,
    "bubbles": _bubbles,
    "two_runs": _two_runs,
}
