"""Maps of probabilities fitted on labels: temperature, Platt's sigmoid, isotonic regression.

Guo et al. 2017 for the temperature, Platt 1999 for the sigmoid and its smoothed targets, Zadrozny
and Elkan 2002 for isotonic regression.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from rlaif.records.calibration import LEAST, CalibrationMap, Method

_COLDEST, _HOTTEST = 0.05, 20.0
_AT_BOUND = 1.01
"""A temperature within this factor of its bound has none that is best."""
_FALLS = "its probability of yes does not rise where people say yes"
_DIGITS = 6
_FINE = 9


class CannotFit(Exception):
    """The labels give no such map; the message says why."""


def fitted(method: Method, shares: Any, human: Any) -> CalibrationMap:
    """The map of one method.

    Args: `shares`, (n, k) float, rows that add up to 1; `human`, (n,) int, the answers' places.
    Raises: CannotFit.
    """
    if method == "temperature":
        return _temperature(shares, human)
    if method == "platt":
        return _platt(shares[:, 1], human)
    if method == "isotonic":
        return _isotonic(shares[:, 1], human)
    return CalibrationMap(method="none")


def mapped(found: CalibrationMap, shares: Any) -> Any:
    """(n, k) float: what each row means, by the very function that grading reads with."""
    if not len(shares):
        return shares
    return np.array([found.of(tuple(row)) for row in shares.tolist()], float)


def refuse_falling(shares: Any, human: Any) -> None:
    """See that yes, of yes and no, is said more surely where people say it. Raises: CannotFit."""
    if shares.shape[1] == 2:
        _platt(shares[:, 1], human)


def logits(share: Any) -> Any:
    """As records.calibration.logit, of a whole column."""
    kept = np.clip(share, LEAST, 1 - LEAST)
    return np.log(kept) - np.log1p(-kept)


def _temperature(shares: Any, human: Any) -> CalibrationMap:
    logs = np.log(np.clip(shares, LEAST, 1.0))
    rows = np.arange(len(human))
    if (logs[rows, human] >= logs.max(axis=1)).all():
        raise CannotFit("people agree with it throughout: no temperature is cold enough")

    def loss(log_temperature: float) -> float:
        scaled = logs / np.exp(log_temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        whole = np.log(np.exp(scaled).sum(axis=1))
        return float(np.mean(whole - scaled[rows, human]))

    bounds = (float(np.log(_COLDEST)), float(np.log(_HOTTEST)))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    hot = float(np.exp(found.x))
    if hot * _AT_BOUND >= _HOTTEST:
        raise CannotFit("its probabilities do not rise for the answers that people give")
    return CalibrationMap(method="temperature", temperature=_rounded(hot))


def _platt(share: Any, human: Any) -> CalibrationMap:
    """By targets a little off 0 and 1.

    So labels that the judge tells apart without one mistake do not make it certain.
    """
    yes = int((human == 1).sum())
    no = len(human) - yes
    high, low = (yes + 1) / (yes + 2), 1 / (no + 2)
    target = np.where(human == 1, high, low)
    column = logits(share)[:, None]
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
    model.fit(
        np.vstack([column, column]),
        np.repeat([1, 0], len(human)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    slope, intercept = float(model.coef_[0, 0]), float(model.intercept_[0])
    if slope <= 1e-3:
        raise CannotFit(_FALLS)
    return CalibrationMap(method="platt", slope=_rounded(slope), intercept=_rounded(intercept))


def _isotonic(share: Any, human: Any) -> CalibrationMap:
    """Kept off 0 and 1 as by one label more of each kind, so that no log loss is infinite."""
    edge = 1 / (len(human) + 2)
    model = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
    model.fit(share, human)
    stated, means = model.X_thresholds_.tolist(), model.y_thresholds_.tolist()
    if means[-1] - means[0] <= 1e-6:
        raise CannotFit(_FALLS)
    points: list[tuple[float, float]] = []
    for one, other in zip(stated, means, strict=True):
        point = (round(min(max(one, 0.0), 1.0), _FINE), round(other, _DIGITS))
        if not points or point[0] > points[-1][0]:
            points.append(point)
    return CalibrationMap(method="isotonic", points=tuple(points))


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
