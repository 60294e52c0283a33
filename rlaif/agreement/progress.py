"""Figures that stand beside somebody who labels: of few numbers, at once, without any package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from math import sqrt
from typing import TypeVar

_Answer = TypeVar("_Answer", bound=Hashable)
_Z = 1.959963984540054
"""Of a 95% interval."""
HALF_WIDTH = 0.1
"""How narrow an interval is aimed at: plus or minus this."""


def wilson(agree: float, compared: float) -> tuple[float, float] | None:
    """The 95% interval of a share, by Wilson 1927; None where nothing was compared.

    Labels count as independent: completions of one prompt are not quite, so that `rlaif agree`
    gives a somewhat wider one.
    """
    if compared <= 0:
        return None
    share, square = agree / compared, _Z * _Z
    middle = (share + square / (2 * compared)) / (1 + square / compared)
    half = _half_width(share, compared)
    return max(0.0, middle - half), min(1.0, middle + half)


def clustered_wilson(samples: Sequence[tuple[int, int]]) -> tuple[float, float] | None:
    """As `wilson`, where answers of one sample are alike more than those of two.

    Args: of each sample, how many answers agree, and how many there are.
    The answers count as so many fewer as they vary more between samples than single ones would
    (the design effect, Kish 1965): as all of them at most, at least as if those of a sample were
    one, and so where nothing can be said of it: one sample alone, or all or none agree.
    """
    agree, compared = sum(a for a, _ in samples), sum(c for _, c in samples)
    if not compared:
        return None
    share = agree / compared
    most = sum(c * c for _, c in samples) / compared
    single, effect = share * (1 - share) * compared, most
    if single and len(samples) > 1:
        between = sum((a - share * c) ** 2 for a, c in samples)
        effect = between * len(samples) / (len(samples) - 1) / single
    effect = min(max(effect, 1.0), most)
    return wilson(agree / effect, compared / effect)


def cohen_kappa(table: Mapping[tuple[_Answer, _Answer], int]) -> float | None:
    """Agreement beyond chance, (seen - by chance) / (1 - by chance), by Cohen 1960.

    Args: how often each pair of (the person's answer, the judge's) came.
    Returns None without any, and where both always give the same one answer: chance explains all.
    """
    total = sum(table.values())
    if not total:
        return None
    rows: Counter[_Answer] = Counter()
    columns: Counter[_Answer] = Counter()
    for (human, judge), count in table.items():
        rows[human] += count
        columns[judge] += count
    seen = sum(n for (human, judge), n in table.items() if human == judge) / total
    chance = sum(rows[name] * columns[name] for name in rows) / total**2
    return None if chance >= 1 else (seen - chance) / (1 - chance)


def labels_to_go(agree: int, compared: int, half_width: float = HALF_WIDTH) -> int | None:
    """How many more labels until the interval of the share is no wider than plus or minus that.

    While the share stays what it is; one of a few labels is drawn to the middle (Agresti and Coull
    1998), so that three out of three are not taken for certain. None where nothing was compared.
    """
    if compared <= 0:
        return None
    share = (agree + 2) / (compared + 4)
    wanted = compared
    while _half_width(share, wanted) > half_width:
        wanted += 1
    return wanted - compared


def _half_width(share: float, count: float) -> float:
    square = _Z * _Z
    spread = sqrt(share * (1 - share) / count + square / (4 * count * count))
    return _Z * spread / (1 + square / count)
