"""The page of a training: a figure for each thing that was logged, and nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from rlaif.reporting.training_page import figures_of, page

LINES: list[dict[str, Any]] = [
    {"step": 1, "loss": 2.0, "reward": 0.25, "reward_std": 0.5, "criteria": {"a": 0.0, "b": None}},
    {"step": 2, "loss": 1.0, "reward": None, "reward_std": None, "criteria": {"a": 1.0, "b": 0.5}},
]


def test_what_was_logged_is_drawn_and_what_was_not_is_left_out() -> None:
    loss, reward, criteria = figures_of(LINES)
    assert [loss.name, reward.name, criteria.name] == ["loss", "reward", "criteria"]
    assert loss.ends == [("Loss", "2", "1")]
    assert reward.points == ({"step": 1, "value": 0.25, "low": -0.25, "high": 0.75},)
    assert criteria.ends == [("a", "0", "1"), ("b", "0.5", "0.5")]


def test_many_steps_become_the_means_of_neighbours() -> None:
    (loss,) = figures_of({"step": n, "loss": float(n % 2)} for n in range(1001))
    assert len(loss.points) == 334
    assert loss.points[0] == {"step": 1, "value": pytest.approx(1 / 3)}


def test_the_page_stands_alone_and_escapes_what_it_shows() -> None:
    def draw(points: Sequence[Mapping[str, Any]], title: str) -> str:
        return f"<svg>{title} {len(points)}</svg>"

    made = page("sft of <b>", {"model": "a&b"}, figures_of(LINES), draw)
    assert "<svg>Loss 2</svg>" in made
    assert "sft of &lt;b&gt;" in made
    assert "a&amp;b" in made
    assert not re.search(r"<script|src=|https?://", made)


@pytest.mark.slow  # the library that draws takes seconds to start
def test_the_library_draws_lines_a_band_and_small_figures() -> None:
    drawn = pytest.importorskip("rlaif.reporting.training_charts").drawn
    loss, reward, criteria = figures_of([*LINES, {**LINES[0], "step": 3}])
    assert drawn(loss.points, "Loss").startswith("<svg")
    assert drawn(loss.points, "Loss").count("mark-area") == 0
    assert drawn(reward.points, "Reward").count("mark-area") == 1
    small = drawn(criteria.points, "Criteria")
    assert small.count("mark-line") == 2
    assert "var(--first)" in small
