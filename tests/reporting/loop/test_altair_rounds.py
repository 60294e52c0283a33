"""Lines over rounds, as specifications."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from rlaif.reporting.report.blocks import Plot

altair_rounds = pytest.importorskip("rlaif.reporting.loop.altair_rounds")

ROWS = [
    {"at": 0, "value": 0.2, "low": 0.1, "high": 0.3, "kind": "training", "told": "0.2"},
    {"at": 1, "value": 0.6, "low": 0.5, "high": 0.7, "kind": "training", "told": "0.6"},
    {"at": 0, "value": 0.5, "kind": "checks", "told": "0.5"},
]


def marks(specification: dict[str, Any]) -> list[str]:
    return [layer["mark"]["type"] for layer in specification["layer"]]


def test_each_series_is_a_line_with_marks_and_intervals() -> None:
    kinds = {"training": "training", "checks": "checks"}
    drawn = altair_rounds.rounds_chart(Plot("rounds", ROWS, "round", "mean score", kinds))
    assert marks(drawn) == ["rule", "line", "point"]
    assert "var(--second)" in orjson.dumps(drawn).decode()


def test_a_long_curve_is_a_line_alone() -> None:
    rows = [{"at": n, "value": 5.0 - n / 50, "kind": "loss", "told": ""} for n in range(100)]
    drawn = altair_rounds.rounds_chart(Plot("rounds", rows, "step", "", {"loss": "loss"}))
    assert drawn["mark"]["type"] == "line"
    assert drawn["encoding"]["y"]["scale"]["domain"][1] == 5.0


def test_other_kinds_are_drawn_as_in_every_report() -> None:
    rows = [{"name": "a", "value": 0.5, "label": "0.5", "kind": "mass"}]
    assert "layer" in altair_rounds.rounds_chart(Plot("bars", rows, "share"))
