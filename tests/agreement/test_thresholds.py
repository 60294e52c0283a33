"""The threshold by cost."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")

from hypothesis import given  # noqa: E402 - after what may be absent
from hypothesis import strategies as st  # noqa: E402 - after what may be absent

from rlaif.agreement.thresholds import cheapest  # noqa: E402 - after what may be absent
from rlaif.records.calibration import Costs  # noqa: E402 - after what may be absent

SHARE = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
ROWS = st.lists(st.tuples(SHARE, st.integers(0, 1)), min_size=1, max_size=12)
COST = st.floats(0.1, 20)


def cost(rows: list[tuple[float, int]], at: float, costs: Costs) -> float:
    wrong = [
        costs.false_yes if share >= at else costs.false_no
        for share, human in rows
        if (share >= at) != bool(human)
    ]
    return sum(wrong) / len(rows)


@given(ROWS, COST, COST)
def test_no_other_threshold_costs_less(
    rows: list[tuple[float, int]], false_yes: float, false_no: float
) -> None:
    costs = Costs(false_yes=false_yes, false_no=false_no)
    share, human = (np.array(column) for column in zip(*rows, strict=True))
    at, least = cheapest(share, human, costs)
    assert 0 < at <= 1
    tried = [*(one for one, _ in rows if one > 0), 1.0, 5e-324]
    tried += [float(np.nextafter(one, 2)) for one, _ in rows if one < 1]
    brute = min(cost(rows, one, costs) for one in tried)
    assert cost(rows, at, costs) == pytest.approx(brute)
    assert least == pytest.approx(brute)


def test_of_equal_ones_it_is_the_one_that_a_calibrated_judge_wants() -> None:
    share, human = np.array([0.1, 0.9]), np.array([0, 1])
    assert cheapest(share, human, Costs())[0] == 0.5
    assert cheapest(share, human, Costs(false_yes=4))[0] == 0.8
    assert cheapest(share, human, Costs(false_no=19))[0] == 0.5


def test_it_says_what_a_label_costs() -> None:
    share, human = np.array([0.2, 0.4, 0.6, 0.8]), np.array([1, 0, 0, 1])
    at, least = cheapest(share, human, Costs(false_yes=10))
    assert at == pytest.approx(0.7)
    assert least == 0.25
