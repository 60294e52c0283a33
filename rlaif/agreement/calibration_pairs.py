"""Preferences calibrated: a slope and a dead band fitted on one part, measured on the other.

Nothing of the part that is kept aside is seen before the map stands. The band is sought by the
accuracy over a, b and tie; the slope by the likelihood of what people preferred, ties left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.model_selection import GroupKFold

from rlaif.agreement.calibration_fits import CannotFit
from rlaif.agreement.calibration_measure import standard_error
from rlaif.agreement.calibration_pairs_measure import Losses, losses, moved
from rlaif.records.calibrated import CalibratedPairs, CalibrationOrder, LabelledPair
from rlaif.records.pair_calibration import MOST, PairHeldOut, PairMap, PairMeasured

PLACES = {"b": -1, "tie": 0, "a": 1}
"""Answers as the signs of margins."""
AS_IS, MEAN, SLOPE = "as it is", "mean", "slope"
"""The ways of reading: the judge's own; the mean of both orders with a band; and with a slope."""
_FOLDS = 5
_STEEPEST = 100.0
_FLATTEST = 1e-3
_DIGITS = 6
_NO_GAIN = "nothing does better than what the judge states, by cross-validation"
_COIN = "it tells apart what people prefer no better than a coin, by cross-validation"
_AGAINST = "people do not rather prefer the completion that it finds better"


@dataclass(frozen=True, slots=True)
class _Part:
    """Preferences of one part as columns of n."""

    margin: Any
    own: Any
    said: Any
    """(n,) the judge's answer as it is, -1, 0 or 1."""
    human: Any
    prompts: Any

    def at(self, places: Any) -> _Part:
        """Some of them."""
        columns = (self.margin, self.own, self.said, self.human, self.prompts)
        return _Part(*(column[places] for column in columns))

    @property
    def before(self) -> Losses:
        """Of the judge as it is."""
        return losses(self.own, self.said, self.human)

    def after(self, found: PairMap) -> Losses:
        """As the map reads it."""
        margin = mapped(found, self.margin)
        return losses(margin, answers(margin, found.tie_below), self.human)


def calibrate_pairs(rows: Sequence[LabelledPair], order: CalibrationOrder) -> CalibratedPairs:
    """The map of a judge's preferences and its figures, or why they stay as they are."""
    fit = _part([row for row in rows if row.fits])
    held = _part([row for row in rows if not row.fits])
    sizes = len(fit.human), len(held.human), len(np.unique(held.prompts))
    if why := _too_few(fit, held, order.least):
        return CalibratedPairs(*sizes, why=why)
    tried: dict[str, Mapping[str, float]] = {}
    try:
        found = fitted(_chosen(fit, order, tried), fit, order.least)
    except CannotFit as refused:
        return CalibratedPairs(*sizes, why=str(refused), tried=tried)
    before, after = held.before, held.after(found)
    kept = PairHeldOut(
        labels=sizes[1],
        prompts=sizes[2],
        before=PairMeasured.model_validate(before.means(_DIGITS)),
        after=PairMeasured.model_validate(after.means(_DIGITS)),
    )
    found = found.model_copy(update={"labels": sizes[0], "held_out": kept})
    changes = moved(before, after, held.prompts, order.draws, order.seed)
    return CalibratedPairs(*sizes, map=found, tried=tried, figures=changes)


def fitted(way: str, fit: Any, least: int) -> PairMap:
    """The map of one way. Raises: CannotFit."""
    slope = slope_of(fit.margin, fit.human) if way == SLOPE else 1.0
    bare = PairMap(slope=slope, tie_below=0)
    band = band_of(mapped(bare, fit.margin), fit.human, least)
    return bare.model_copy(update={"tie_below": band})


def mapped(found: PairMap, margin: Any) -> Any:
    """(n,) margins as they are read, by the very function that comparing reads with."""
    return np.array([found.of(one) for one in margin.tolist()], float)


def answers(margin: Any, tie_below: float) -> Any:
    """(n,) -1, 0 or 1."""
    return np.where(np.abs(margin) <= tie_below, 0, np.sign(margin)).astype(int)


def slope_of(margin: Any, human: Any) -> float:
    """The slope of most likelihood, of what people preferred; rounded.

    By a target a little below 1, as Platt's: preferences that the judge tells without one mistake
    do not make it certain. Args: `human`, (n,) -1, 0 or 1. Raises: CannotFit.
    """
    chosen = human != 0
    stated = np.clip(margin[chosen], -MOST, MOST) * human[chosen]
    logits = 2 * np.arctanh(stated)
    count = len(logits)
    target = (count + 1) / (count + 2)

    def loss(slope: float) -> float:
        right = np.logaddexp(0, -slope * logits)
        wrong = np.logaddexp(0, slope * logits)
        return float(np.mean(target * right + (1 - target) * wrong))

    found = minimize_scalar(
        loss, bounds=(0, _STEEPEST), method="bounded", options={"xatol": 1e-6, "maxiter": 500}
    )
    if found.x <= _FLATTEST:
        raise CannotFit(_AGAINST)
    return float(f"{found.x:.{_DIGITS}g}")


def band_of(margin: Any, human: Any, least: int) -> float:
    """The dead band of most accuracy over a, b and tie; of several, the narrowest.

    0 where people said tie less than `least` times: only margins of 0 are ties then.
    """
    if (human == 0).sum() < least:
        return 0.0
    size = np.abs(margin)
    order = np.argsort(size, kind="stable")
    size, right = size[order], (np.sign(margin) == human)[order]
    ties = np.concatenate([[0], np.cumsum(human[order] == 0)])
    beyond = right.sum() - np.concatenate([[0], np.cumsum(right)])
    # Inside the band are the first so many; margins that are alike are in it or out of it together.
    edges = np.concatenate([[0.0], (size[:-1] + size[1:]) / 2, [size[-1]]])
    cuts = np.concatenate([[True], size[1:] > size[:-1], [True]])
    cuts[0] = size[0] > 0
    scores = np.where(cuts, ties + beyond, -1)
    return _upwards(float(edges[int(scores.argmax())]))


def _upwards(edge: float) -> float:
    """Rounded so that what lies at the edge stays inside."""
    step = 10.0**-_DIGITS
    return float(min(round(np.ceil(edge / step) * step, _DIGITS), 1.0))


def _part(rows: Sequence[LabelledPair]) -> _Part:
    return _Part(
        np.array([row.margin for row in rows], float),
        np.array([row.own_margin for row in rows], float),
        np.array([PLACES[row.own_answer] for row in rows], int),
        np.array([PLACES[row.human] for row in rows], int),
        np.array([row.prompt for row in rows], int),
    )


def _too_few(fit: _Part, held: _Part, least: int) -> str:
    """Why nothing can be fitted or measured; empty where it can.

    As many are wanted as of yes and no together where grades are calibrated.
    """
    for part, wanted, what in ((fit, 2 * least, "to fit on"), (held, least, "kept aside")):
        count = int((part.human != 0).sum())
        if count < wanted:
            return f"{count} preferences other than ties {what}, and {wanted} are wanted"
        if len(np.unique(part.prompts)) < 2:
            return f"labels of fewer than two prompts {what}"
    return ""


def _chosen(fit: _Part, order: CalibrationOrder, tried: dict[str, Mapping[str, float]]) -> str:
    """The way that helps, across folds of whole prompts; of two, the one of less log loss.

    Raises: CannotFit where none does.
    """
    slope_of(fit.margin, fit.human)  # a judge that people contradict needs another question
    before = fit.before
    tried[AS_IS] = before.means(_DIGITS)
    helping: dict[str, float] = {}
    coins = 0
    for way in (MEAN, SLOPE):
        try:
            after = _left_out(way, fit, order)
        except CannotFit:
            continue
        tried[way] = after.means(_DIGITS)
        coin = not _tells(after, fit.prompts)
        coins += coin
        if not coin and _helps(before, after, fit.prompts):
            helping[way] = tried[way]["log_loss"]
    if not helping:
        raise CannotFit(_COIN if coins == len(tried) - 1 else _NO_GAIN)
    return min(helping, key=lambda way: helping[way])


def _left_out(way: str, fit: _Part, order: CalibrationOrder) -> Losses:
    """Each label read by a map that was fitted without its fold."""
    margin, said = np.zeros(len(fit.human)), np.zeros(len(fit.human), int)
    folds = min(_FOLDS, len(np.unique(fit.prompts)))
    splits = GroupKFold(folds, shuffle=True, random_state=order.seed)
    for seen, left in splits.split(fit.margin, fit.human, fit.prompts):
        if not (fit.human[seen] != 0).any():
            raise CannotFit("a fold has ties alone")
        # A fold is smaller: so many ties as the whole part wants are too many for it.
        found = fitted(way, fit.at(seen), order.least * len(seen) // len(fit.human))
        margin[left] = mapped(found, fit.margin[left])
        said[left] = answers(margin[left], found.tie_below)
    return losses(margin, said, fit.human)


def _tells(after: Losses, prompts: Any) -> bool:
    """Whether what it prefers is surely more often right than a coin."""
    told, of = after.preferred[after.chosen], prompts[after.chosen]
    return bool(told.mean() - 0.5 > standard_error(told, of))


def _helps(before: Losses, after: Losses, prompts: Any) -> bool:
    """Whether it surely gains in log loss or in accuracy, and surely loses nowhere."""
    kept = after.chosen
    gains = [
        ((before.log_loss - after.log_loss)[kept], prompts[kept]),
        (after.accuracy - before.accuracy, prompts),
        ((after.preferred - before.preferred)[kept], prompts[kept]),
    ]
    found = [(float(gain.mean()), standard_error(gain, of)) for gain, of in gains]
    gained = any(mean > error for mean, error in found[:2])
    return gained and not any(mean < -error for mean, error in found)
