"""PPI++: the mean of what people would say, from many judged samples and a few labelled ones.

    estimate = mean of Y - w * (mean of F among the labelled - mean of F among the others)

Y is what people said, F what the judge said, and w the weight that makes the variance least. The
labels measure what the judge gets wrong, the many others make the rest precise.
Source: Angelopoulos, Duchi, Zrnic 2023, arXiv:2311.01453, example 1 and section 6. Theirs are
independent rows; here errors are summed over clusters first, also where a cluster has labelled
samples and others.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import numpy as np

from rlaif.agreement.estimates_clusters import influence, numbered, quantile, variance_of_mean
from rlaif.agreement.estimates_share import wilson

_CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
_NO_SPREAD = 1e-9
_EACH = 0.5
"""Half a label in each corner, of people's and the judge's yes and no: without them the variance
would be nothing where few labels happen to agree. As in Agresti and Min 2005 for paired shares."""


@dataclass(frozen=True, slots=True)
class Ppi:
    """The estimate, its interval and what it would take to make that narrower."""

    value: float
    low: float
    high: float
    error: float
    """The standard error."""
    free: float
    """Degrees of freedom of the interval."""
    tuning: float
    """The weight of the judge, in [0, 1]."""
    labels: int
    samples: int
    """Labelled and others."""
    a_label: float
    """The variance that one label has to share out: variance = a_label / labels + rest."""
    rest: float
    """The part of the variance that more labels of these samples do not change."""
    level: float

    def labels_for(self, half_width: float) -> int | None:
        """How many labels in all an interval of that half-width takes; None if too many.

        The samples stay the same, so that each more that is labelled is one fewer among the others.
        Then the variance is (1 - r2) v / labels + r2 v / samples, with r2 the squared correlation
        of people and judge: the second part stays, however many are labelled.
        """
        goal = (half_width / quantile(self.level, self.free)) ** 2 - self.rest
        if goal <= 0:
            return None
        needed = ceil(self.a_label / goal - 1e-9)
        return needed if needed <= self.samples else None

    @property
    def halving(self) -> int | None:
        """How many more labels would halve the interval; None where more labels cannot."""
        needed = self.labels_for(self.error * quantile(self.level, self.free) / 2)
        return None if needed is None else max(0, needed - self.labels)


def ppi(
    judged: Any,
    judged_clusters: Any,
    labelled_judge: Any,
    labelled_human: Any,
    labelled_clusters: Any,
    *,
    level: float = 0.95,
    tuning: float | None = None,
) -> Ppi:
    """The estimate from columns of floats in [0, 1].

    Args: `judged`, of the samples without a label; `tuning`, a weight of the judge to use instead
    of the best one: 0 gives the mean of the labels, 1 plain PPI.
    """
    unlabelled, labelled = len(judged), len(labelled_human)
    if not unlabelled:  # the mean of the labels is the whole answer
        judged, judged_clusters, tuning = labelled_judge, labelled_clusters, 0.0
    count, (others, ours) = numbered(judged_clusters, labelled_clusters)
    people = influence(labelled_human, ours, count)
    judge = influence(judged, others, count) - influence(labelled_judge, ours, count)
    tuned = tuning is None
    tuning = _tuned(people, judge) if tuning is None else tuning
    value = _mean(labelled_human) + tuning * (_mean(judged) - _mean(labelled_judge))
    plain = float(np.sum((people + tuning * judge) ** 2))
    prompts = len(np.unique(ours))
    free = prompts - 1
    if tuned and tuning:  # the weight was chosen to make this small
        plain, free = plain * free / max(free - 1, 1), free - 1
    left = labelled_human - tuning * labelled_judge
    error = sqrt(plain + _corners(left, tuning, sqrt(labelled / prompts)))
    if error < _NO_SPREAD:  # every prompt has the same mean, by chance or design: it counts once
        error = sqrt(_spread(value, prompts) / prompts)
    low, high = _interval(value, error, quantile(level, free), prompts)
    samples = labelled + unlabelled
    rest = _rest(judged, judged_clusters, labelled_judge, labelled_human, labelled_clusters)
    rest = min(rest, error**2) if unlabelled else error**2
    a_label = labelled * (error**2 - rest)
    return Ppi(value, low, high, error, free, tuning, labelled, samples, a_label, rest, level)


def _mean(values: Any) -> float:
    return float(np.mean(values))


def _tuned(people: Any, judge: Any) -> float:
    """The weight in [0, 1] that makes the sum of (people + weight * judge) ** 2 least."""
    squares = float(np.sum(judge**2))
    if not 0 < squares < float("inf"):
        return 0.0
    return float(np.clip(-np.sum(people * judge) / squares, 0.0, 1.0))


def _corners(left: Any, tuning: float, times: float) -> float:
    """What the variance of the mean of `left` gains by _EACH * `times` labels in each corner.

    `times` is the square root of the labels a prompt: labels of one prompt are worth less than so
    many, so that the few in the corners must weigh more.
    """
    corners = np.array([y - tuning * f for y, f in _CORNERS])
    n, weight = len(left), _EACH * times
    whole = n + weight * len(corners)
    mean = (left.sum() + weight * corners.sum()) / whole
    squares = np.sum((left - mean) ** 2) + weight * np.sum((corners - mean) ** 2)
    gain = squares / whole**2 - np.sum((left - left.mean()) ** 2) / n**2
    return max(0.0, times * float(gain))


def _interval(value: float, error: float, reach: float, prompts: int) -> tuple[float, float]:
    """Wilson's interval of a share with the standard error `error`, in [0, 1].

    It is that of as many independent answers as would have this error. Near 0 and 1, where the
    error itself is badly known, it holds 95% more often than value +- reach * error does.
    """
    inside = min(max(value, 0.0), 1.0)
    return wilson(inside, _spread(value, prompts) / error**2, reach)


def _spread(value: float, prompts: int) -> float:
    """The variance of one answer; at least where one of all prompts and two more is otherwise."""
    inside, least = min(max(value, 0.0), 1.0), 1 / (prompts + 2)
    return max(inside * (1 - inside), least * (1 - least))


def _rest(
    judged: Any, judged_clusters: Any, labelled_judge: Any, labelled_human: Any, clusters: Any
) -> float:
    """The variance of the part of the judge's mean over all samples that people go with."""
    spread = float(np.var(labelled_judge))
    if spread == 0:
        return 0.0
    slope = float(np.cov(labelled_human, labelled_judge, bias=True)[0, 1]) / spread
    values = np.concatenate([judged, labelled_judge])
    return slope**2 * variance_of_mean(values, np.concatenate([judged_clusters, clusters]))
