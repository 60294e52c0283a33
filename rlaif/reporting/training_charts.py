"""Lines over the steps of a training, as figures of SVG, by vl-convert.

The specifications are Vega-Lite's own, so that no library is needed to write them. Colours are the
page's variables, as in the report of a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import vl_convert

Point = Mapping[str, Any]
"""`step`, `value`, and where there are any `low`, `high` and `name`."""

_WIDTH, _HEIGHT = 620, 200
_SMALL_WIDTH, _SMALL_HEIGHT, _COLUMNS = 180, 90, 3
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_QUIET, _LINE = "var(--quiet)", "var(--line)"
_AXIS = {
    **dict.fromkeys(("labelColor", "titleColor"), _QUIET),
    **dict.fromkeys(("domainColor", "tickColor"), "var(--strong-line)"),
    "gridColor": _LINE,
    "titleFontWeight": "normal",
    **dict.fromkeys(("labelFontSize", "titleFontSize"), 12),
}


def drawn(points: Sequence[Point], title: str) -> str:
    """The points as one line, with a band where they have `low` and `high`.

    Where they have names, each name is a small figure of its own, from 0 to 1.
    """
    named = any("name" in point for point in points)
    made = _small(points) if named else _large(points, title)
    specification = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": list(points)},
        "background": "transparent",
        "config": {
            "font": _FONT,
            "axis": _AXIS,
            "view": {"stroke": None},
            "header": {"labelColor": "var(--ink)", "labelFontSize": 12, "title": None},
        },
        **made,
    }
    svg: str = vl_convert.vegalite_to_svg(specification)
    return svg


def _large(points: Sequence[Point], title: str) -> dict[str, Any]:
    layers = [_line(title)]
    if any("low" in point for point in points):
        band = {
            "mark": {"type": "area", "color": "var(--first)", "opacity": 0.18},
            "encoding": {"x": _x(), "y": _y("low", title), "y2": {"field": "high"}},
        }
        layers.insert(0, band)
    return {"width": _WIDTH, "height": _HEIGHT, "layer": layers}


def _small(points: Sequence[Point]) -> dict[str, Any]:
    names = list(dict.fromkeys(point["name"] for point in points))
    line = _line("", scale={"domain": [0, 1]}, ticks=[0, 0.5, 1])
    line["encoding"]["x"] = _x(ticks=4)
    return {
        "facet": {"field": "name", "type": "nominal", "sort": names},
        "columns": _COLUMNS,
        "spec": {"width": _SMALL_WIDTH, "height": _SMALL_HEIGHT, **line},
    }


def _line(
    title: str, scale: Mapping[str, Any] | None = None, ticks: Sequence[float] = ()
) -> dict[str, Any]:
    return {
        "mark": {"type": "line", "color": "var(--first)", "strokeWidth": 2, "point": False},
        "encoding": {"x": _x(), "y": _y("value", title, scale, ticks)},
    }


def _x(ticks: int = 6) -> dict[str, Any]:
    axis = {"grid": False, "tickMinStep": 1, "tickCount": ticks, "format": "~s"}
    return {"field": "step", "type": "quantitative", "title": "step", "axis": axis}


def _y(
    field: str, title: str, scale: Mapping[str, Any] | None = None, ticks: Sequence[float] = ()
) -> dict[str, Any]:
    axis = {"values": list(ticks)} if ticks else {"tickCount": 5}
    own = scale or {"zero": False}
    shown = title or None
    return {"field": field, "type": "quantitative", "title": shown, "scale": own, "axis": axis}
