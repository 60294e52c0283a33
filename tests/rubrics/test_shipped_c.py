"""What python-function says of its own points, and of the mistakes that its cases are there for."""

from __future__ import annotations

from rlaif.records.code import PythonFunction
from rlaif.records.criterion import Checked, leaves
from tests.rubrics.test_shipped import scored, shipped


def test_code_that_is_wrong_scores_0_however_well_it_reads() -> None:
    assert scored("python-function", "[merged[-1][0], end]") == 0
    assert scored("python-function", "intervals.sort()") == 0
    assert scored("python-function", "start < merged") == 0


def test_an_explanation_without_code_scores_0() -> None:
    assert scored("python-function", "walk through them") == 0


def test_code_that_works_earns_two_thirds_even_where_it_is_hard_to_follow() -> None:
    assert scored("python-function", "raise ValueError\n") == 6 / 9
    assert 0 < scored("python-function", "IntervalMerger") < 6 / 9


def test_the_inputs_are_drawn_and_answered_by_the_reference() -> None:
    (works,) = (c for c in leaves(shipped("python-function").items) if isinstance(c, Checked))
    assert isinstance(works.check, PythonFunction)
    assert works.check.hidden is not None
    assert works.check.hidden.count >= 50
