"""How often each answer is given, and how often the judge gives it where people do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from rlaif.agreement.compared import Compared, scale, yes_or_no
from rlaif.agreement.estimates_share import share
from rlaif.agreement.intervals import mean
from rlaif.agreement.rated import Rated
from rlaif.records.agreement import Figure

_NOT_ALIKE = "the criteria are not answered alike"
_NOT_ON_SCALE = "nobody gave an answer that has a worth"
_SIDES = "human", "judge"


def by_answer(found: Compared, resamples: int, seed: int) -> dict[str, Figure]:
    """human_prevalence and judge_prevalence; of yes/no sensitivity and specificity, too.

    A prevalence is the share of yes; of other answers, what they are worth on average.
    """
    if not found.categories:
        return {f"{side}_prevalence": Figure(None, why=_NOT_ALIKE) for side in _SIDES}
    if not yes_or_no(found.categories):
        return {f"{side}_prevalence": _worth(found, side, resamples, seed) for side in _SIDES}
    return {**dict(_recalls(found)), **{f"{side}_prevalence": _yes(found, side) for side in _SIDES}}


def _recalls(found: Compared) -> Iterator[tuple[str, Figure]]:
    """How often the judge says yes where people do, and no where they do."""
    human, judge, cluster = (found.all(name) for name in ("human", "judge", "cluster"))
    for name, place in (("sensitivity", 1), ("specificity", 0)):
        said = human == place
        if said.any():
            yield name, share((judge[said] == place).astype(float), cluster[said])
        else:
            yield name, Figure(None, why=f"people never say '{found.categories[place]}'")


def _yes(found: Compared, side: str) -> Figure:
    said = found.all(side)
    applies = said < scale(found.several[0])
    if not applies.any():
        return Figure(None, why=_NOT_ON_SCALE)
    return share((said[applies] == 1).astype(float), found.all("cluster")[applies])


def _worth(found: Compared, side: str, resamples: int, seed: int) -> Figure:
    values = np.concatenate([_worths(one, getattr(one, side)) for one in found.several])
    applies = np.isfinite(values)
    if not applies.any():
        return Figure(None, why=_NOT_ON_SCALE)
    cluster = found.all("cluster")[applies]
    return mean(values[applies], cluster, resamples, seed)


def _worths(rated: Rated, said: Any) -> Any:
    """(n,) what each answer is worth; NaN for "does not apply"."""
    worth = np.full(len(rated.categories), np.nan)
    worth[: scale(rated)] = rated.worth[: scale(rated)]
    return worth[said]
