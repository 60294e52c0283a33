"""A probe of hidden states, measured on labels kept aside."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
pytest.importorskip("scipy")

from rlaif.agreement.calibration import calibrate_criterion  # noqa: E402 - after what may be absent
from rlaif.agreement.probe import STRENGTHS, probe_criterion  # noqa: E402 - as above
from rlaif.records.calibrated import CalibrationOrder, Labelled, Probed  # noqa: E402 - as above

QUICK = CalibrationOrder(draws=100)


def probed(knows: float, count: int = 200) -> Probed:
    """A judge that states nothing, whose model holds the answer in one place, so strongly."""
    draw = np.random.default_rng(4)
    rows = []
    for n in range(count):
        human = int(draw.integers(0, 2))
        state = draw.normal(size=8)
        state[3] += knows * (2 * human - 1)
        share = float(draw.uniform(0.4, 0.6))
        rows.append(Labelled(n, n % 2 == 0, human, (1 - share, share), state))
    read = calibrate_criterion("c", rows, ("no", "yes"), QUICK)
    return probe_criterion(rows, read, QUICK)


def test_what_the_model_holds_and_does_not_say_is_found() -> None:
    found = probed(2.0)
    assert (found.fitted_on, found.held_out) == (100, 100)
    assert found.strength in STRENGTHS
    assert (found.figures["accuracy"].after.value or 0) > 0.9
    loss = found.figures["log_loss"].difference
    assert loss.high is not None
    assert loss.high < 0


def test_what_it_does_not_hold_is_not() -> None:
    found = probed(0.0)
    assert found.strength in STRENGTHS[:3]
    assert (found.figures["accuracy"].difference.low or 0) <= 0


def test_too_few_labels_are_no_probe() -> None:
    found = probed(2.0, 12)
    assert found.figures == {}
    assert "wanted" in found.why
