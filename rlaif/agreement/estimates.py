"""The true share of samples that meet a criterion, from many verdicts and a few labels.

A judge's own share is biased by what it gets wrong, and more verdicts make it no better. A few
labels, drawn at random from the same samples, measure that bias. What is returned, side by side:

- the judge's own share, as one would report it without labels;
- the share among the labels alone (Wilson's interval);
- PPI++: Angelopoulos, Duchi, Zrnic 2023, arXiv:2311.01453, with its power tuning;
- Rogan and Gladen 1978, with the interval of Lang and Reiczigel 2014.

Every variance is one over whole clusters (prompts). The labels must be a random draw of the
samples: `draw_check` of estimates_draw says when they do not look like one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rlaif.agreement.estimates_clusters import columns
from rlaif.agreement.estimates_judge import chance, rogan_gladen
from rlaif.agreement.estimates_ppi import Ppi, ppi
from rlaif.agreement.estimates_share import share
from rlaif.records.agreement import Figure, PassRate

FEW_LABELS = 10
"""Below this many labels there is no corrected estimate."""

FEW_PROMPTS = 5
"""The same of the prompts that the labels are of."""

_HALF = 0.5 - 1e-9
_GRADED = "the answers are scores, not yes or no"


def pass_rate(
    criterion: str,
    judged: Any,
    judged_clusters: Any,
    labelled_judge: Any,
    labelled_human: Any,
    labelled_clusters: Any,
    *,
    judged_yes: Any | None = None,
    labelled_judge_yes: Any | None = None,
    level: float = 0.95,
) -> PassRate:
    """The true share of samples that meet a criterion.

    There is no corrected estimate, and `refused` says why, where the judge is not told apart from
    chance: where the interval of sensitivity + specificity - 1 over the labels holds 0.

    Args: `judged`, the judge on all samples without a label, yes/no (1, 0) or p(yes): PPI++ takes
    p(yes), all else counts the judge's yes: `judged_yes` and `labelled_judge_yes`, bool, where a
    calibration says from which probability on that is, else from 0.5 on;
    `labelled_judge`, the same on the labelled ones;
    `labelled_human`, 1 or 0, or between them where annotators differ: one row a sample, drawn at
    random; `..._clusters`, the prompt of each, in the same numbering or names in both.
    Raises: ValueError for values outside [0, 1] or columns of different lengths.
    """
    judged, judge, human = _columns(
        judged, judged_clusters, labelled_judge, labelled_human, labelled_clusters
    )
    yes, judge_yes = _yes(judged, judged_yes), _yes(judge, labelled_judge_yes)
    whole, clusters = np.concatenate([yes, judge_yes]), _both(judged_clusters, labelled_clusters)
    own = share(whole, clusters, level=level)
    labelled = share(human, labelled_clusters, level=level)
    refused = _refused(judge_yes, human, labelled_clusters, level)
    if refused:
        return _without(criterion, len(whole), len(human), own, labelled, refused)
    found = ppi(judged, judged_clusters, judge, human, labelled_clusters, level=level)
    corrected = rogan_gladen(yes, judged_clusters, judge_yes, human, labelled_clusters, level=level)
    return _told(criterion, own, labelled, found, corrected)


def refusing(rate: PassRate, why: str) -> PassRate:
    """The same without the corrected figures."""
    return _without(rate.criterion, rate.verdicts, rate.labels, rate.judged, rate.labelled, why)


def _without(
    criterion: str, verdicts: int, labels: int, own: Figure, labelled: Figure, why: str
) -> PassRate:
    none = Figure(None, why=why)
    return PassRate(criterion, verdicts, labels, own, labelled, none, none, None, None, why)


def _yes(values: Any, said: Any | None) -> Any:
    """1.0 where the judge says yes."""
    return np.asarray(values >= _HALF if said is None else said, float)


def mean_score(
    criterion: str,
    judged: Any,
    judged_clusters: Any,
    labelled_judge: Any,
    labelled_human: Any,
    labelled_clusters: Any,
    *,
    level: float = 0.95,
) -> PassRate:
    """The true mean of scores or values in [0, 1], such as of a policy: PPI++ alone.

    Args and Raises: as `pass_rate`. A judge whose values do not go with people's gets no weight, so
    that the estimate is then that of the labels.
    """
    judged, judge, human = _columns(
        judged, judged_clusters, labelled_judge, labelled_human, labelled_clusters
    )
    whole, clusters = np.concatenate([judged, judge]), _both(judged_clusters, labelled_clusters)
    own = share(whole, clusters, level=level)
    labelled = share(human, labelled_clusters, level=level)
    graded = Figure(None, why=_GRADED)
    if refused := _too_few(human, labelled_clusters):
        none = Figure(None, why=refused)
        return PassRate(
            criterion, len(whole), len(human), own, labelled, none, graded, None, None, refused
        )
    found = ppi(judged, judged_clusters, judge, human, labelled_clusters, level=level)
    return _told(criterion, own, labelled, found, graded)


def labels_for(
    half_width: float,
    judged: Any,
    judged_clusters: Any,
    labelled_judge: Any,
    labelled_human: Any,
    labelled_clusters: Any,
    *,
    level: float = 0.95,
) -> int | None:
    """How many labels in all PPI++ takes for an interval of that half-width; None where it cannot.

    Args: a half-width such as 0.03; the rest as `pass_rate`. Raises: ValueError.
    """
    if not half_width > 0:
        raise ValueError("a half-width must be above 0")
    judged, judge, human = _columns(
        judged, judged_clusters, labelled_judge, labelled_human, labelled_clusters
    )
    if _too_few(human, labelled_clusters):
        return None
    found = ppi(judged, judged_clusters, judge, human, labelled_clusters, level=level)
    return found.labels_for(half_width)


def _columns(judged: Any, others: Any, judge: Any, human: Any, ours: Any) -> list[Any]:
    found = columns(judged, judge, human)
    if len(found[0]) != len(others) or not len(found[1]) == len(found[2]) == len(ours):
        raise ValueError("columns of one part must have equal length")
    return found


def _both(one: Any, other: Any) -> Any:
    return np.concatenate([np.asarray(one), np.asarray(other)])


def _too_few(human: Any, clusters: Any) -> str:
    if len(human) < FEW_LABELS:
        return f"too few labels: {len(human)}, and at least {FEW_LABELS} are needed"
    prompts = len(np.unique(np.asarray(clusters)))
    if prompts < FEW_PROMPTS:
        return (
            f"the labels are of too few prompts: {prompts}, and at least {FEW_PROMPTS} are needed"
        )
    return ""


def _refused(judge: Any, human: Any, clusters: Any, level: float) -> str:
    """Why there is no corrected share; empty where there is one."""
    if few := _too_few(human, clusters):
        return few
    better = chance(judge, human, clusters, level=level)
    if better is None:
        return "people gave one answer alone: how the judge does on the other cannot be told"
    if better.low > 0:
        return ""
    if better.high < 0:
        return (
            "the judge is surely worse than chance: it says yes where people say no; more labels "
            "will not help"
        )
    return (
        "the judge is not told apart from chance: sensitivity + specificity - 1 is "
        f"{better.value:.2f} ({level:.0%} interval {better.low:.2f} to {better.high:.2f}, "
        "where 0 is a coin): a better judge or more labels are needed"
    )


def _told(criterion: str, own: Figure, labelled: Figure, found: Ppi, corrected: Figure) -> PassRate:
    return PassRate(
        criterion,
        found.samples,
        found.labels,
        own,
        labelled,
        Figure(min(1.0, max(0.0, found.value)), found.low, found.high),
        corrected,
        found.tuning,
        found.halving,
    )
