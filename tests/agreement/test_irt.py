"""The two-parameter logistic model, against published estimates and its own likelihood."""

from __future__ import annotations

import numpy as np
import pytest

from rlaif.agreement.irt import STEEPEST, two_parameter

LSAT_6 = {
    **{"00000": 3, "00001": 6, "00010": 2, "00011": 11, "00100": 1, "00101": 1, "00110": 3},
    **{"00111": 4, "01000": 1, "01001": 8, "01011": 16, "01101": 3, "01110": 2, "01111": 15},
    **{"10000": 10, "10001": 29, "10010": 14, "10011": 81, "10100": 3, "10101": 28, "10110": 15},
    **{"10111": 80, "11000": 16, "11001": 56, "11010": 21, "11011": 173, "11100": 11},
    **{"11101": 61, "11110": 28, "11111": 298},
}
"""Section 6 of the Law School Admission Test: Bock and Lieberman, Psychometrika 35 (1970)."""


def test_the_law_school_test_gives_the_published_estimates() -> None:
    assert sum(LSAT_6.values()) == 1000
    found = two_parameter(LSAT_6)
    assert found is not None
    items = [item for item in found.items if item is not None]
    slopes = [item.slope for item in items]
    assert slopes == pytest.approx([0.8254, 0.7229, 0.8905, 0.6886, 0.6575], abs=1e-3)
    difficulties = [item.difficulty for item in items]
    published = [-3.3597, -1.3696, -0.2799, -1.8659, -3.1236]
    assert difficulties == pytest.approx(published, abs=5e-3)
    assert found.log_likelihood == pytest.approx(-2466.653, abs=5e-3)


def drawn(slopes: list[float], difficulties: list[float], samples: int) -> list[str]:
    rng = np.random.default_rng(5)
    t = rng.standard_normal((samples, 1))
    p = 1 / (1 + np.exp(-np.array(slopes) * (t - np.array(difficulties))))
    met = rng.random(p.shape) < p
    return ["".join("1" if m else "0" for m in row) for row in met]


def counted(rows: list[str]) -> dict[str, int]:
    return {row: rows.count(row) for row in dict.fromkeys(rows)}


SLOPES, DIFFICULTIES = [1.5, 0.8, 2.2, 1.0, -1.4], [-0.5, 0.3, 0.0, 1.2, 0.4]


def test_what_samples_were_drawn_from_is_found_again() -> None:
    found = two_parameter(counted(drawn(SLOPES, DIFFICULTIES, 5000)), [1, 1, 1, 1, -1])
    assert found is not None
    items = [item for item in found.items if item is not None]
    assert [item.slope for item in items] == pytest.approx(SLOPES, abs=0.25)
    assert [item.difficulty for item in items] == pytest.approx(DIFFICULTIES, abs=0.15)


def test_signs_decide_which_end_is_the_good_one() -> None:
    patterns = counted(drawn(SLOPES, DIFFICULTIES, 1000))
    one, other = two_parameter(patterns, [1] * 5), two_parameter(patterns, [-1] * 5)
    assert one is not None
    assert other is not None
    for mine, theirs in zip(one.items, other.items, strict=True):
        assert mine is not None
        assert theirs is not None
        assert mine.slope == pytest.approx(-theirs.slope, abs=1e-3)
        assert mine.difficulty == pytest.approx(-theirs.difficulty, abs=1e-2)


def test_missing_answers_are_left_out_and_not_read_as_unmet() -> None:
    rows = drawn(SLOPES, DIFFICULTIES, 4000)
    holes = [r[:1] + "-" + r[2:] if i % 2 else r for i, r in enumerate(rows)]
    found = two_parameter(counted(holes), [1, 1, 1, 1, -1])
    assert found is not None
    assert found.items[1] is not None
    assert found.items[1].difficulty == pytest.approx(0.3, abs=0.2)


def test_items_that_do_not_vary_have_no_estimate() -> None:
    found = two_parameter({f"{p}1": n for p, n in LSAT_6.items()})
    assert found is not None
    assert found.items[5] is None
    assert found.items[0] is not None
    assert found.items[0].slope == pytest.approx(0.8254, abs=1e-3)


def test_two_items_are_too_few() -> None:
    assert two_parameter({"10": 20, "01": 20, "11": 10}) is None


def test_items_that_are_copies_of_each_other_end_at_the_steepest_slope() -> None:
    rows = [r[:3] + r[2] for r in drawn(SLOPES, DIFFICULTIES, 1000)]
    found = two_parameter(counted(rows))
    assert found is not None
    assert found.items[3] is not None
    assert 4 < found.items[3].slope <= STEEPEST
