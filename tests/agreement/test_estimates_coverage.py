"""The benchmark of coverage, with a few simulations of a few worlds."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def coverage(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield import_module("agreement_coverage")
    for name in ("agreement_coverage", "agreement_worlds"):
        sys.modules.pop(name, None)


@pytest.mark.slow
@pytest.mark.parametrize(("each", "whole", "graded"), [(1, False, False), (5, True, False)])
def test_intervals_hold_the_truth_about_as_often_as_they_say(
    coverage: Any, each: int, whole: bool, graded: bool
) -> None:
    icc = 0.2 if each > 1 else 0.0
    world = coverage.World(150, 0.3, 0.9, 0.85, each, icc, whole, graded)
    found = coverage.simulate(world, 200, 7, bootstrap=False)
    assert set(found) == {"ppi", "rogan_gladen", "labelled", "judged"}
    for name, tally in found.items():
        assert tally.told == 200, name
        assert 0.90 <= tally.coverage <= 0.995, (name, tally.coverage)
    assert found["ppi"].width < found["labelled"].width


@pytest.mark.slow
def test_refusals_are_counted_apart(coverage: Any) -> None:
    found = coverage.simulate(coverage.World(100, 0.4, 0.5, 0.5), 50, 1, bootstrap=False)
    assert found["ppi"].refused > 40
    assert found["labelled"].refused == 0
