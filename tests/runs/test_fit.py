from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rlaif.runs.fit import misfit

Make = Callable[..., Any]


def own(*names: str) -> list[dict[str, Any]]:
    return [{"id": name, "ask": "Is it its own?"} for name in names]


def test_a_sample_without_its_own_criteria_fits_a_rubric_that_has_some(
    rubric: Make, sample: Make
) -> None:
    assert misfit(sample(), rubric({"id": "a"})) is None


def test_a_samples_own_criteria_fit_beside_the_rubrics(rubric: Make, sample: Make) -> None:
    assert misfit(sample(criteria=own("b", "d")), rubric({"id": "a"})) is None
    assert misfit(sample(criteria=own("b")), rubric()) is None


def test_a_rubric_of_per_sample_criteria_needs_them(rubric: Make, sample: Make) -> None:
    fault = misfit(sample(), rubric())
    assert fault is not None
    assert "this one has none" in fault.message


@pytest.mark.parametrize("taken", ["a", "s", "inner"])
def test_an_id_of_the_rubric_is_taken_be_it_a_criterions_or_a_sections(
    rubric: Make, sample: Make, taken: str
) -> None:
    asked = rubric({"id": "a"}, {"section": "s", "criteria": [{"id": "inner"}]})
    fault = misfit(sample(criteria=own("free", taken)), asked)
    assert fault is not None
    assert f"'{taken}'" in fault.message


def test_a_samples_own_ids_are_unique_among_themselves(rubric: Make, sample: Make) -> None:
    nested = [*own("b"), {"section": "s", "criteria": own("b")}]
    fault = misfit(sample(criteria=nested), rubric({"id": "a"}))
    assert fault is not None
    assert "'b'" in fault.message
