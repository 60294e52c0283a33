"""Maps fitted on labels: the packages' own numbers, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
pytest.importorskip("scipy")

from sklearn.calibration import _SigmoidCalibration  # noqa: E402 - after what may be absent
from sklearn.isotonic import IsotonicRegression  # noqa: E402 - after what may be absent
from sklearn.metrics import brier_score_loss, cohen_kappa_score, log_loss  # noqa: E402 - as above

from rlaif.agreement.calibration import calibrate_criterion  # noqa: E402 - as above
from rlaif.agreement.calibration_fits import CannotFit, fitted, logits, mapped  # noqa: E402 - as above
from rlaif.agreement.calibration_measure import Numbers, column, figures  # noqa: E402 - as above
from rlaif.agreement.measures import measure  # noqa: E402 - as above
from rlaif.records.agreement import Figure  # noqa: E402 - as above
from rlaif.records.calibrated import (  # noqa: E402 - as above
    Calibrated,
    CalibrationOrder,
    Change,
    Labelled,
)
from rlaif.records.calibration import Costs, Method, logit, sigmoid  # noqa: E402 - as above
from rlaif.reporting.calibration import calibrated_lines, calibrated_rows  # noqa: E402 - as above
from tests.agreement.ratings import rated  # noqa: E402 - as above

ANSWERS = ("no", "yes")
QUICK = CalibrationOrder(draws=100)


def labels(count: int, seed: int = 1, slope: float = 0.4, shift: float = -0.8) -> tuple:  # type: ignore[type-arg]  # of arrays
    """What a judge states that is too sure and too kind, and what people say."""
    draw = np.random.default_rng(seed)
    share = draw.uniform(0.01, 0.99, count)
    truth = 1 / (1 + np.exp(-(slope * logits(share) + shift)))
    human = (draw.uniform(size=count) < truth).astype(int)
    return np.column_stack([1 - share, share]), human


def rows(count: int, **how: float) -> list[Labelled]:
    shares, human = labels(count, **how)  # type: ignore[arg-type]  # a seed is whole
    both = enumerate(zip(shares.tolist(), human.tolist(), strict=True))
    return [Labelled(n // 2, n // 2 % 2 == 0, said, tuple(stated)) for n, (stated, said) in both]


def of(given: list[Labelled], order: CalibrationOrder = QUICK) -> Calibrated:
    return calibrate_criterion("c", given, ANSWERS, order)


def test_platts_sigmoid_is_that_of_scikit_learn() -> None:
    shares, human = labels(300)
    theirs = _SigmoidCalibration().fit(logits(shares[:, 1]), human)
    ours = fitted("platt", shares, human)
    wanted = theirs.predict(logits(shares[:, 1]))
    assert mapped(ours, shares)[:, 1] == pytest.approx(wanted, abs=2e-4)


def test_isotonic_regression_is_that_of_scikit_learn() -> None:
    shares, human = labels(300)
    edge = 1 / 302
    theirs = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
    theirs.fit(shares[:, 1], human)
    at = np.linspace(0, 1, 101)
    ours = mapped(fitted("isotonic", shares, human), np.column_stack([1 - at, at]))
    assert ours[:, 1] == pytest.approx(theirs.predict(at), abs=1e-5)


def test_no_other_temperature_has_less_log_loss() -> None:
    shares, human = labels(300, shift=0.0)
    found = fitted("temperature", shares, human)

    def loss(hot: float) -> float:
        read = mapped(found.model_copy(update={"temperature": hot}), shares)
        return float(log_loss(human, read))

    hot = found.temperature or 0
    assert loss(hot) <= min(loss(hot * 0.98), loss(hot * 1.02), loss(1))
    assert 1.5 < hot < 4


def test_a_temperature_is_fitted_to_any_number_of_answers() -> None:
    draw = np.random.default_rng(2)
    true = draw.dirichlet([1, 1, 1], 400)
    human = np.array([draw.choice(3, p=row) for row in true])
    sure = true**3 / (true**3).sum(axis=1, keepdims=True)
    assert fitted("temperature", sure, human).temperature == pytest.approx(3, rel=0.25)


def test_the_logit_of_a_column_is_that_of_each() -> None:
    at = [0.0, 1e-9, 0.2, 0.5, 1.0]
    assert logits(np.array(at)) == pytest.approx([logit(one) for one in at])
    assert [sigmoid(logit(one)) for one in at[2:4]] == pytest.approx(at[2:4])


def test_the_figures_are_those_of_scikit_learn() -> None:
    shares, human = labels(200)
    found = figures(column(shares, human, 0.5, None), human, 2, False)
    said = (shares[:, 1] >= 0.5).astype(int)
    assert found["brier"] == pytest.approx(brier_score_loss(human, shares[:, 1]))
    assert found["log_loss"] == pytest.approx(log_loss(human, shares))
    assert found["accuracy"] == pytest.approx((said == human).mean())
    assert found["kappa"] == pytest.approx(cohen_kappa_score(human, said))


def told(yes: Any, human: Any) -> Numbers:
    shares = np.column_stack([1 - yes, yes])
    return figures(column(shares, human, 0.5, None), human, 2, False)


@pytest.mark.parametrize("human", [[0] * 50 + [1] * 50, [0, 1] * 50])
def test_the_order_of_the_labels_makes_no_calibration_error(human: list[int]) -> None:
    assert told(np.full(100, 0.5), np.array(human))["ece"] == pytest.approx(0)


@pytest.mark.parametrize("kinds", [2, 3])
def test_agree_and_calibrate_give_the_same_figures_under_the_same_names(kinds: int) -> None:
    draw = np.random.default_rng(5)
    shares = draw.dirichlet([1] * kinds, 120).round(2)
    shares[:, -1] = 1 - shares[:, :-1].sum(axis=1)
    human, names = draw.integers(0, kinds, 120), ("no", "yes") if kinds == 2 else ("a", "b", "c")
    judge = (shares[:, 1] >= 0.5).astype(int) if kinds == 2 else shares.argmax(axis=1)
    agreed = measure(rated(human.tolist(), judge.tolist(), names, shares=shares), resamples=100)
    found = figures(column(shares, human, 0.5, None), human, kinds, False)
    for name in ("brier", "ece", "accuracy", "kappa"):
        theirs = agreed.figures.get(name)
        assert theirs is not None, agreed.figures.keys()
        assert found[name] == pytest.approx(theirs.value), name


@pytest.mark.parametrize("method", [None, "temperature", "platt", "isotonic"])
def test_a_judge_that_is_too_sure_is_read_better_on_labels_kept_aside(
    method: Method | None,
) -> None:
    found = of(rows(1200), CalibrationOrder(method=method, draws=100))
    assert found.map is not None
    assert found.map.method == (method or "platt")
    kept = found.map.held_out
    assert kept is not None
    assert (found.fitted_on, kept.labels, kept.prompts) == (600, 600, 300)
    for name in ("brier", "log_loss", "ece"):
        assert getattr(kept.after, name) < getattr(kept.before, name)
        assert found.figures[name].after.value == pytest.approx(getattr(kept.after, name), abs=1e-6)
    moved = found.figures["log_loss"].difference
    assert moved.high is not None
    assert moved.high < 0


def test_a_judge_that_means_what_it_says_is_left_alone() -> None:
    found = of(rows(600, slope=1.0, shift=0.0))
    assert found.map is None
    assert found.why.startswith("nothing does better")
    assert set(found.tried) == {"none", "temperature", "platt", "isotonic"}


def test_what_is_kept_aside_moves_no_map() -> None:
    given = rows(400)
    other = [row if row.fits else row._replace(human=1 - row.human) for row in given]
    order = CalibrationOrder(costs=Costs(false_yes=3), draws=100)
    one, two = of(given, order).map, of(other, order).map
    assert one is not None
    assert two is not None
    parameters = {"method", "slope", "intercept", "temperature", "points", "yes_from"}
    assert one.model_dump(include=parameters) == two.model_dump(include=parameters)
    assert one.held_out != two.held_out


def test_a_threshold_by_cost_makes_the_answers_cheaper() -> None:
    found = of(rows(1000), CalibrationOrder(costs=Costs(false_yes=5), draws=100))
    assert found.map is not None
    assert found.map.yes_from is not None
    assert found.map.yes_from > 0.5
    cost = found.figures["cost"]
    assert (cost.after.value or 0) < (cost.before.value or 0)


def test_a_judge_that_rises_where_people_say_no_is_refused() -> None:
    shares, human = labels(200, slope=-1.0, shift=0.0)
    for method in ("platt", "isotonic"):
        with pytest.raises(CannotFit, match="does not rise"):
            fitted(method, shares, human)
    told = of(rows(400, slope=-1.0, shift=0.0), CalibrationOrder(method="platt", draws=100))
    assert (told.map, told.why) == (
        None,
        "its probability of yes does not rise where people say yes",
    )


@pytest.mark.parametrize("method", [None, "none", "temperature"])
def test_a_judge_that_is_backwards_gets_no_map_by_any_method(method: Method | None) -> None:
    order = CalibrationOrder(method=method, costs=Costs(false_yes=2), draws=100)
    found = of(rows(400, slope=-1.0, shift=0.0), order)
    assert (found.map, found.why) == (
        None,
        "its probability of yes does not rise where people say yes",
    )


def test_a_temperature_that_has_no_best_is_refused() -> None:
    sure = np.array([[0.1, 0.1, 0.8], [0.8, 0.1, 0.1], [0.1, 0.8, 0.1]] * 10)
    with pytest.raises(CannotFit, match="do not rise for the answers"):
        fitted("temperature", sure, (sure.argmax(axis=1) + 1) % 3)
    with pytest.raises(CannotFit, match="no temperature is cold enough"):
        fitted("temperature", sure, sure.argmax(axis=1))
    backwards = [
        Labelled(n // 2, n // 2 % 2 == 0, (n + 1) % 3, tuple(np.roll([0.8, 0.1, 0.1], n % 3)))
        for n in range(240)
    ]
    found = calibrate_criterion("c", backwards, "abc", QUICK)
    assert found.map is None
    assert found.tried.keys() == {"none"}


def test_a_map_that_is_worse_on_what_was_kept_aside_says_so_and_is_not_chosen_by_it() -> None:
    given = rows(800)
    turned = [row if row.fits else row._replace(human=int(row.shares[1] > 0.5)) for row in given]
    found, good = of(turned), of(given)
    assert found.map is not None
    assert found.worse == ("brier", "log_loss")
    assert good.worse == ()
    said = [line.text for line in calibrated_lines([found])]
    assert "worse on what was kept aside: Brier score, log loss" in said
    assert not any("kept aside: " in line.text for line in calibrated_lines([good]))
    assert calibrated_rows([found])[0]["worse"] == ("brier", "log_loss")
    slightly = Change(Figure(0.5), Figure(0.51), Figure(0.01, -0.02, 0.03))
    by_chance = replace(found, figures={"log_loss": slightly})
    assert any(
        "log loss (perhaps by chance)" in line.text for line in calibrated_lines([by_chance])
    )


def test_where_no_threshold_is_as_cheap_as_no_always_that_is_said() -> None:
    yes = [1.0, 1.0, 0.2, 0.2, 0.3, 0.3] * 40
    human = [1, 0, 0, 0, 0, 0] * 40
    given = [Labelled(n // 6, n // 6 % 2 == 0, said, (1 - share, share))
             for n, (share, said) in enumerate(zip(yes, human, strict=True))]  # fmt: skip
    dear = CalibrationOrder(method="none", costs=Costs(false_yes=9), draws=100)
    found = of(given, dear)
    assert found.note.startswith("to answer no always costs less than any threshold: 0.167 a")
    assert any("no always" in line.text for line in calibrated_lines([found]))
    assert of(rows(400), CalibrationOrder(costs=Costs(false_yes=2), draws=100)).note == ""


def test_too_few_labels_are_named() -> None:
    few = of(rows(40, shift=-9.0))
    assert few.map is None
    assert few.why == "0 labels 'yes' to fit on, and 10 are wanted"
    assert "kept aside" in of([row._replace(fits=True) for row in rows(100)]).why
    alone = of([row._replace(prompt=int(row.fits)) for row in rows(200)])
    assert alone.why == "labels of fewer than two prompts to fit on"
    three = calibrate_criterion("c", [Labelled(0, True, 0, (1.0, 0, 0))], "abc", QUICK)
    assert three.why == "1 labels of 1 answers to fit on, and 20 of two answers or more are wanted"


def test_labels_that_a_judge_tells_apart_do_not_make_it_certain() -> None:
    share = np.concatenate([np.linspace(0.1, 0.4, 30), np.linspace(0.6, 0.9, 30)])
    human = np.repeat([0, 1], 30)
    for method in ("platt", "isotonic"):
        read = mapped(fitted(method, np.column_stack([1 - share, share]), human),
                      np.array([[0.1, 0.9], [0.9, 0.1]]))  # fmt: skip
        assert 0.9 < read[0, 1] < 1
        assert 0 < read[1, 1] < 0.1
