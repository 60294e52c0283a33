"""A probe: people's yes and no read from a judge's hidden states, by logistic regression.

As Alain and Bengio 2016. It says whether the model knows more than the probability that it states;
no grade is made by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rlaif.agreement.calibration_fits import mapped
from rlaif.agreement.calibration_measure import changes, column
from rlaif.records.calibrated import Calibrated, CalibrationOrder, Labelled, Probed

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Of the regression, scikit-learn's C: less is a stronger pull towards 0."""
_FOLDS = 5


def probe_criterion(rows: Sequence[Labelled], read: Calibrated, order: CalibrationOrder) -> Probed:
    """The probe of one yes/no criterion, measured on the part that is kept aside.

    Args: `rows` with their states; `read`, what became of the criterion's calibration: the probe
    is compared with the judge as it is read by that.
    """
    if not read.held_out or (read.map is None and "wanted" in read.why):
        return Probed(read.criterion, why=read.why)
    fit = [row for row in rows if row.fits]
    held = [row for row in rows if not row.fits]
    human = np.array([row.human for row in fit])
    groups = np.array([row.prompt for row in fit])
    strength, model = _fitted(_states(fit), human, groups, order.seed)
    told = model.predict_proba(_states(held))
    stated = np.array([row.shares for row in held], float)
    before = mapped(read.map, stated) if read.map else stated
    yes_from = read.map.yes_from if read.map and read.map.yes_from else 0.5
    said = np.array([row.human for row in held])
    figures = changes(
        column(before, said, yes_from, None), column(told, said, 0.5, None), said,
        np.array([row.prompt for row in held]), 2, False, seed=order.seed, draws=order.draws,
    )  # fmt: skip
    return Probed(read.criterion, len(fit), len(held), strength, figures)


def _states(rows: Sequence[Labelled]) -> Any:
    return np.stack([np.asarray(row.state, np.float64) for row in rows])


def _fitted(states: Any, human: Any, groups: Any, seed: int) -> tuple[float, Any]:
    """The strength of least log loss across folds of whole prompts, and the regression with it."""
    folds = GroupKFold(min(_FOLDS, len(np.unique(groups))), shuffle=True, random_state=seed)
    splits = [
        (seen, left)
        for seen, left in folds.split(states, human, groups)
        if len(np.unique(human[seen])) == 2 and len(np.unique(human[left])) == 2
    ]
    best, least = STRENGTHS[0], np.inf
    for strength in STRENGTHS if splits else ():
        model = _regression(strength)
        loss = -cross_val_score(model, states, human, cv=splits, scoring="neg_log_loss").mean()
        if loss < least:
            best, least = strength, loss
    return best, _regression(best).fit(states, human)


def _regression(strength: float) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000))
