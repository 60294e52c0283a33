"""One criterion calibrated: a method chosen and fitted on one part, measured on the other.

Nothing of the part that is kept aside is seen before the map and its threshold stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold

from rlaif.agreement.calibration_fits import CannotFit, fitted, mapped, refuse_falling
from rlaif.agreement.calibration_measure import (
    changes,
    column,
    figures,
    measured,
    standard_error,
)
from rlaif.agreement.thresholds import cheapest, cost_of_no
from rlaif.records.calibrated import Calibrated, CalibrationOrder, Labelled
from rlaif.records.calibration import LEAST, METHODS, CalibrationMap, HeldOut, Method

_FOLDS = 5
_SURE = 1.0
"""Standard errors by which a method has to beat what the judge states, to be chosen unasked."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Labels of one part as columns."""

    shares: Any
    human: Any
    prompts: Any

    @property
    def kinds(self) -> int:
        """How many answers there are."""
        return int(self.shares.shape[1])


def calibrate_criterion(
    criterion: str, rows: Sequence[Labelled], answers: Sequence[str], order: CalibrationOrder
) -> Calibrated:
    """The map of one criterion and its figures, or why it stays as it was.

    Args: `rows` of both parts; `answers` from worst to best.
    """
    fit = _part([row for row in rows if row.fits], len(answers))
    held = _part([row for row in rows if not row.fits], len(answers))
    prompts = len(np.unique(held.prompts))
    sizes = len(fit.human), len(held.human), prompts
    if why := _too_few(fit, held, answers, order.least):
        return Calibrated(criterion, *sizes, why=why)
    tried: dict[str, float] = {}
    try:
        refuse_falling(fit.shares, fit.human)
        method = order.method or _chosen(fit, order, tried)
        found = fitted(method, fit.shares, fit.human)
    except CannotFit as refused:
        return Calibrated(criterion, *sizes, why=str(refused), tried=tried)
    found, note = _with_threshold(found, fit, order)
    if found.method == "none" and found.yes_from is None:
        why = "nothing does better than what the judge states, by cross-validation"
        return Calibrated(criterion, *sizes, why=why, tried=tried)
    before = column(held.shares, held.human, 0.5, order.costs)
    after = column(mapped(found, held.shares), held.human, found.yes_from or 0.5, order.costs)
    with_cost = order.costs is not None and held.kinds == 2
    told = [figures(one, held.human, held.kinds, with_cost) for one in (before, after)]
    kept = HeldOut(
        labels=sizes[1], prompts=prompts, before=measured(told[0]), after=measured(told[1])
    )
    found = found.model_copy(update={"labels": sizes[0], "held_out": kept})
    moved = changes(
        before, after, held.human, held.prompts, held.kinds, with_cost,
        seed=order.seed, draws=order.draws,
    )  # fmt: skip
    return Calibrated(criterion, *sizes, map=found, note=note, tried=tried, figures=moved)


def _part(rows: Sequence[Labelled], kinds: int) -> _Part:
    shares = np.array([row.shares for row in rows], float).reshape(len(rows), kinds)
    human = np.array([row.human for row in rows], int)
    return _Part(shares, human, np.array([row.prompt for row in rows], int))


def _too_few(fit: _Part, held: _Part, answers: Sequence[str], least: int) -> str:
    """Why nothing can be fitted or measured; empty where it can."""
    for part, wanted, what in ((fit, least, "to fit on"), (held, (least + 1) // 2, "kept aside")):
        counts = np.bincount(part.human, minlength=len(answers))
        if len(answers) == 2:
            for name, count in zip(answers, counts.tolist(), strict=True):
                if count < wanted:
                    return f"{count} labels '{name}' {what}, and {wanted} are wanted"
        elif counts.sum() < 2 * wanted or (counts > 0).sum() < 2:
            told = f"{int(counts.sum())} labels of {int((counts > 0).sum())} answers {what}"
            return f"{told}, and {2 * wanted} of two answers or more are wanted"
        if len(np.unique(part.prompts)) < 2:
            return f"labels of fewer than two prompts {what}"
    return ""


def _chosen(fit: _Part, order: CalibrationOrder, tried: dict[str, float]) -> Method:
    """The method of least log loss across folds of whole prompts, if it surely helps."""
    usable: list[Method] = [m for m in METHODS if fit.kinds == 2 or m in ("none", "temperature")]
    losses: dict[Method, Any] = {}
    for method in usable:
        try:
            losses[method] = _left_out(method, fit, order)
        except CannotFit:
            continue
        tried[method] = round(float(losses[method].mean()), 6)
    best: Method = min(losses, key=lambda method: float(losses[method].mean()))
    gain = losses["none"] - losses[best]
    return best if gain.mean() > _SURE * standard_error(gain, fit.prompts) else "none"


def _left_out(method: Method, fit: _Part, order: CalibrationOrder) -> Any:
    """(n,) the log loss of each label, by a map that was fitted without its fold."""
    folds = min(_FOLDS, len(np.unique(fit.prompts)))
    found = np.zeros(len(fit.human))
    splits = GroupKFold(folds, shuffle=True, random_state=order.seed)
    for seen, left in splits.split(fit.shares, fit.human, fit.prompts):
        if len(np.unique(fit.human[seen])) < 2:
            raise CannotFit("a fold has only one answer")
        read = mapped(fitted(method, fit.shares[seen], fit.human[seen]), fit.shares[left])
        kept = np.clip(read[np.arange(len(left)), fit.human[left]], LEAST, 1.0)
        found[left] = -np.log(kept)
    return found


def _with_threshold(
    found: CalibrationMap, fit: _Part, order: CalibrationOrder
) -> tuple[CalibrationMap, str]:
    """The map with the threshold of least cost, and what to say where no threshold is worth it."""
    if order.costs is None or fit.kinds != 2:
        return found, ""
    read = mapped(found, fit.shares)[:, 1]
    yes_from, least = cheapest(read, fit.human, order.costs)
    never, note = cost_of_no(fit.human, order.costs), ""
    if never < least * (1 - 1e-9):
        note = (
            f"to answer no always costs less than any threshold: {never:.3g} a label, not "
            f"{least:.3g}, on what it was fitted on"
        )
    return found.model_copy(update={"yes_from": yes_from, "costs": order.costs}), note
