"""What an expert changed in a completion, piece by piece. The work is bounded for any two texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rlaif.web.review.texts import Shown, shown

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
MOST_PARTS = 8_000
"""Words or lines that are compared, once what both texts begin and end with is set aside."""
MOST_EDITS = 400
"""Parts that go or come. The work grows with the parts times the edits."""

Run = tuple[int, int, int, int]
"""Parts `a` to `b` of the old text are gone, and `c` to `d` of the new one have come."""


@dataclass(frozen=True, slots=True)
class Change:
    """A run of the text: `same`, `gone`, or `come`."""

    kind: str
    text: Shown


def changes(before: str, after: str) -> list[Change]:
    """From `before` to `after`: word by word; where that is too much, line by line; or whole."""
    for parting in (_WORDS, _LINES):
        old, new = parting.findall(before), parting.findall(after)
        runs = _runs(old, new)
        if runs is not None:
            return list(_told(old, new, runs))
    return list(_told([before], [after], [(0, 1, 0, 1)]))


def _told(old: Sequence[str], new: Sequence[str], runs: Sequence[Run]) -> Iterator[Change]:
    """The runs in order, with what is the same between them."""
    last = 0
    for a, b, c, d in [*runs, (len(old), len(old), len(new), len(new))]:
        parts = (("same", old[last:a]), ("gone", old[a:b]), ("come", new[c:d]))
        for kind, said in parts:
            if text := "".join(said):
                yield Change(kind, shown(text))
        last = b


def _runs(old: Sequence[str], new: Sequence[str]) -> list[Run] | None:
    """What goes and comes; None where it is too much to be found."""
    first, last = _shared(old, new)
    numbers: dict[str, int] = {}
    a = [numbers.setdefault(part, len(numbers)) for part in old[first : len(old) - last]]
    b = [numbers.setdefault(part, len(numbers)) for part in new[first : len(new) - last]]
    if max(len(a), len(b)) > MOST_PARTS:
        return None
    steps = _steps(a, b)
    if steps is None:
        return None
    runs: list[Run] = []
    for x, y, is_new in steps:
        x, y = x + first, y + first
        a1, b1, c1, d1 = runs[-1] if runs else (-1, -1, -1, -1)
        if (b1, d1) != (x, y):  # something is the same between the two
            a1, b1, c1, d1 = x, x, y, y
        else:
            runs.pop()
        runs.append((a1, b1, c1, d1 + 1) if is_new else (a1, b1 + 1, c1, d1))
    return runs


def _shared(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many parts both begin with, and how many both end with."""
    most = min(len(old), len(new))
    first = next((n for n in range(most) if old[n] != new[n]), most)
    most -= first
    last = next((n for n in range(most) if old[-1 - n] != new[-1 - n]), most)
    return first, last


def _steps(old: Sequence[int], new: Sequence[int]) -> list[tuple[int, int, bool]] | None:
    """The fewest steps from `old` to `new`, by Myers' greedy search; None beyond MOST_EDITS.

    Each is a place in both, and whether a part comes there (else one goes).
    """
    reached = {1: 0}
    trail: list[dict[int, int]] = []
    for edits in range(MOST_EDITS + 1):
        trail.append(reached.copy())
        for k in range(-edits, edits + 1, 2):
            x = reached[k + 1] if _comes(reached, k, edits) else reached[k - 1] + 1
            while x < len(old) and x - k < len(new) and old[x] == new[x - k]:
                x += 1
            reached[k] = x
            if x >= len(old) and x - k >= len(new):
                return _walked_back(trail, k)
    return None


def _comes(reached: dict[int, int], k: int, edits: int) -> bool:
    """Whether diagonal `k` is reached farthest by a part that comes."""
    return k == -edits or (k != edits and reached[k - 1] < reached[k + 1])


def _walked_back(trail: list[dict[int, int]], k: int) -> list[tuple[int, int, bool]]:
    steps = []
    for edits in range(len(trail) - 1, 0, -1):
        comes = _comes(trail[edits], k, edits)
        k = k + 1 if comes else k - 1
        x = trail[edits][k]
        steps.append((x, x - k, comes))
    return steps[::-1]
