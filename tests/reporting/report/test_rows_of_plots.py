"""Rows of plots, whatever they are called."""

import pytest

from rlaif.reporting.report.blocks import Plot


def test_rows_of_one_name_stay_two_rows() -> None:
    charts = pytest.importorskip("rlaif.reporting.report.altair_charts", exc_type=ImportError)
    row = {"name": "like", "mean": 0.5, "low": 0.4, "high": 0.6, "lower": 0, "upper": 1, "told": ""}
    made = charts.chart(Plot("intervals", [row, dict(row)], "score"))
    y = made["layer"][0]["encoding"]["y"]
    assert (y["field"], y["scale"]["domain"]) == ("key", [0, 1])
