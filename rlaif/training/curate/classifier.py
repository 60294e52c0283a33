"""The classifier: logistic regression on what is seen of a text, with a calibrated probability.

With its neighbours the only code that needs scikit-learn; loaded by name, through `rlaif.lazy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from rlaif.errors import InputError
from rlaif.records.curate import (
    FEWEST,
    FEWEST_OF_A_KIND,
    GOOD_FROM,
    HELD_OUT,
    CurateRules,
    Example,
    Learning,
)
from rlaif.records.identity import digest
from rlaif.training.curate.features import Embed, Embedded, Features, Hashed
from rlaif.training.curate.held_out import held_out_figures
from rlaif.training.curate.nearness import groups_of

STRENGTHS = (0.1, 1.0, 10.0)
"""Inverse regularisations that are tried on the training folds."""

FOLDS = 5
_STEPS = 10_000


class Classifier:
    """What was learned, ready for other texts."""

    def __init__(self, features: Features, fitted: _Fitted, learning: Learning) -> None:
        """Take what `learn` has made."""
        self._features, self._fitted = features, fitted
        self.learning = learning

    def probabilities(self, texts: Sequence[str]) -> list[float]:
        """Of each text, how probable it is that the judge calls it good, in [0, 1]."""
        return [float(one) for one in self._fitted.probabilities(self._features.of(texts))]


def learn(
    examples: Sequence[Example], rules: CurateRules, embed: Embed | None = None
) -> Classifier:
    """Learn from one part of the examples, and measure on the other one.

    Groups of texts that are nearly the same lie on one side. Regularisation, calibration and
    threshold are chosen on predictions for training folds that were left out.
    Args: `embed`, what makes hidden states of texts; hashed features where there is none.
    Raises: InputError where there are too few grades, or too few of one kind, on either side.
    """
    groups = groups_of([one.text for one in examples])
    held = _held_out(examples, groups, rules.seed)
    scores = np.array([one.score for one in examples])
    _enough(int((~held).sum()), int(held.sum()))
    good_from = _good_from(scores[~held], rules)
    for side, at in (("learned from", ~held), ("held out", held)):
        _both_kinds(scores[at] >= good_from, side, good_from, rules)
    features: Features = Hashed() if embed is None else Embedded(embed)
    near = np.array(groups)
    fitted = _fit(
        features.fitted(_texts(examples, ~held)),
        (scores[~held] >= good_from).astype(int),
        near[~held],
        rules,
    )
    figures = held_out_figures(
        scores[held],
        fitted.probabilities(features.of(_texts(examples, held))),
        near[held],
        good_from,
        fitted.threshold,
        rules.seed,
    )
    learning = Learning(
        train=int((~held).sum()),
        held_out=int(held.sum()),
        near=sum(group != place for place, group in enumerate(groups)),
        good_from=good_from,
        threshold=fitted.threshold,
        strength=fitted.strength,
        figures=figures,
    )
    return Classifier(features, fitted, learning)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The regression, its calibration, and from which probability on a text is kept."""

    model: Any
    slope: float
    shift: float
    strength: float
    threshold: float

    def probabilities(self, rows: Any) -> Any:
        return _logistic(self.slope * self.model.decision_function(rows) + self.shift)


def _fit(rows: Any, good: Any, groups: Any, rules: CurateRules) -> _Fitted:
    folds = _folds(rows, good, groups, rules.seed)
    tried = []
    for strength in STRENGTHS:
        left_out = cross_val_predict(
            _regression(strength), rows, good, cv=folds, method="decision_function"
        )
        slope, shift = _calibrated(left_out, good)
        told = _logistic(slope * left_out + shift)
        tried.append((float(log_loss(good, told, labels=[0, 1])), strength, slope, shift, told))
    _, strength, slope, shift, told = min(tried, key=lambda one: one[:2])
    final = _regression(strength).fit(rows, good)
    return _Fitted(final, slope, shift, strength, _threshold(told, good, rules))


def _regression(strength: float) -> Any:
    """Solved in its dual form: a pass costs what the texts hold, however many columns there are."""
    plain = {"solver": "liblinear", "dual": True, "max_iter": _STEPS, "random_state": 0}
    return LogisticRegression(C=strength, **plain)


def _folds(rows: Any, good: Any, groups: Any, seed: int) -> list[Any]:
    """The same folds for all that is tried. Raises: InputError where one lacks a kind."""
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    if len(np.unique(groups)) >= FOLDS:
        folds = list(splitter.split(rows, good, groups))
        if all(len(set(good[learned])) > 1 and len(left_out) for learned, left_out in folds):
            return folds
    raise InputError(
        "too many of the good texts, or of the others, are nearly the same\n"
        "  hint: a larger --sample, or take near duplicates out of the texts first"
    )


def _calibrated(told: Any, good: Any) -> tuple[float, float]:
    """Slope and shift of the logistic curve from what the folds told to probabilities.

    Where the folds tell nothing, or the contrary, every text gets the share of the good ones.
    Source: Platt (1999), on predictions for folds that were left out.
    """
    curve = LogisticRegression(C=1e6).fit(told.reshape(-1, 1), good)
    slope = float(curve.coef_[0, 0])
    if slope <= 0:
        share = float(good.mean())
        return 0.0, float(np.log(share / (1 - share)))
    return slope, float(curve.intercept_[0])


def _threshold(told: Any, good: Any, rules: CurateRules) -> float:
    """From which probability on a text is kept.

    With a share to keep, the quantile above which that share lies. Else where the share of the
    good ones that are kept exceeds that of the others most (Youden's J); of several, the highest.
    """
    if rules.keep_share is not None:
        return float(np.quantile(told, 1 - rules.keep_share, method="higher"))
    order = np.argsort(-told, kind="stable")
    hits, misses = np.cumsum(good[order]), np.cumsum(1 - good[order])
    apart = hits / hits[-1] - misses / misses[-1]
    last_of_ties = np.append(np.diff(told[order]) != 0, True)
    return float(told[order][np.argmax(np.where(last_of_ties, apart, -np.inf))])


def _good_from(scores: Any, rules: CurateRules) -> float:
    """The score from which on a text is good.

    With a share to keep, the least score that no more than that share reaches; where more than that
    share have the highest score, the highest score.
    """
    if rules.keep_share is None:
        return GOOD_FROM if rules.keep_above is None else rules.keep_above
    found = float(scores.max())
    for score in np.unique(scores)[::-1]:
        if (scores >= score).mean() > rules.keep_share:
            break
        found = float(score)
    return found


def _held_out(examples: Sequence[Example], groups: Sequence[int], seed: int) -> Any:
    """A flag an example: whether its group is held out, by a hash of the group's least key."""
    least: dict[int, str] = {}
    for one, group in zip(examples, groups, strict=True):
        least[group] = min(least.get(group, one.key), one.key)
    held = {
        group: int(digest("held out", str(seed), key)[:8], 16) < HELD_OUT * 2**32
        for group, key in least.items()
    }
    return np.array([held[group] for group in groups], dtype=bool)


def _enough(train: int, held: int) -> None:
    if min(train, held) < FEWEST:
        raise InputError(
            f"{train:,} graded texts to learn from and {held:,} to hold out: {FEWEST} of each are "
            "needed\n  hint: a larger --sample, or more texts; 300 grades are a start, 2,000 are "
            "better"
        )


def _both_kinds(good: Any, side: str, good_from: float, rules: CurateRules) -> None:
    count = int(good.sum())
    if min(count, len(good) - count) >= FEWEST_OF_A_KIND:
        return
    option = "--keep-above" if rules.keep_share is None else "--keep-share"
    raise InputError(
        f"of {len(good):,} texts {side}, {count:,} have a score of {good_from:g} or more: "
        f"{FEWEST_OF_A_KIND} of each kind are needed\n"
        f"  hint: another {option}, or a larger --sample"
    )


def _texts(examples: Sequence[Example], flags: Any) -> list[str]:
    return [one.text for one, flag in zip(examples, flags, strict=True) if flag]


def _logistic(numbers: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(numbers, -500, 500)))
