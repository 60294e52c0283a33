"""One criterion's labels beside the judge's verdicts: what every statistic starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MISSING = -1
"""In `human` or `judge`: no answer there."""
NA = "does not apply"
"""How the answer null is called among the categories; it is no place on a scale."""


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """Columns of equal length n, a row for each (sample, annotator); numpy arrays.

    A sample with several annotators has several rows, which share `sample` and the judge's columns.
    """

    criterion: str
    categories: tuple[str, ...]
    """The answers from worst to best; "does not apply" last where somebody gave it."""
    ordinal: bool
    """Whether their order means something: levels and ranges, not choices; yes/no is both."""
    worth: tuple[float, ...]
    """What each category is worth, in [0, 1]."""
    cluster: Any
    """(n,) int: the prompt, or the group that shares it. Intervals draw whole clusters."""
    sample: Any
    """(n,) int: the sample."""
    annotator: Any
    """(n,) int: who answered."""
    human: Any
    """(n,) int: the place of the person's answer among the categories."""
    judge: Any
    """(n,) int: that of the judge's; MISSING where it gave none."""
    shares: Any
    """(n, len(categories)) float: the judge's distribution; NaN where it gave none."""
    label_mass: Any
    """(n,) float: NaN where it is not known, as of a check."""
    length: Any
    """(n,) int: characters of the completion."""
    score_value: Any
    """(n,) float: the judge's value in [0, 1]; NaN where it gave none."""
    human_value: Any
    """(n,) float: the person's value in [0, 1]; NaN for "does not apply"."""
