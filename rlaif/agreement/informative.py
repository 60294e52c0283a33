"""Which samples are labelled first: those that a label tells most about, and some by chance.

Pure: what is known of each sample in, an order out. While both last, every fifth place is taken by
a sample that was drawn at random from the whole run, in the order of the draw. Those alone say
without bias how often the judge is right; the others are chosen because it may be wrong.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RANDOM_EVERY = 5
"""Of so many places one is taken at random, while both last."""
_SAME_PROMPT = 0.6
"""What another completion of a prompt that stands before is worth of itself."""
_FEW = 10
"""Labels below which a criterion counts as hardly known."""
_RARE, _FAILED = 0.5, 0.3

DRAWN = "drawn at random"
NOTHING = "nothing in particular"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of one sample before anybody labels it."""

    number: int
    """The caller's own."""
    prompt: str
    """Alike for completions of one prompt."""
    unsure: float = 0.0
    """Of its closest verdict: 1 - (the probability of the answer - that of the next), in [0, 1]."""
    unsure_of: str = ""
    """The criterion of that verdict, and what it says, in words."""
    split: float = 0.0
    """Of a jury: the largest share of members against the majority, in [0, 0.5]."""
    split_on: str = ""
    failed: tuple[str, ...] = ()
    """Criteria without a verdict through a fault of ours."""
    criteria: tuple[str, ...] = ()
    """Those that a person is asked."""
    drawn: int | None = None
    """Its place in the draw from the whole run; None where it was not drawn."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One place of the queue."""

    number: int
    why: str


def in_order(candidates: Sequence[Candidate], labels: Mapping[str, int]) -> list[Placed]:
    """The queue: every candidate once.

    Args: `labels`, how many each criterion has so far. Equal ones come in the order given.
    """
    chosen = _most_informative([c for c in candidates if c.drawn is None], labels)
    by_chance = sorted((c for c in candidates if c.drawn is not None), key=lambda c: c.drawn or 0)
    drawn = [Placed(c.number, DRAWN) for c in by_chance]
    order: list[Placed] = []
    chosen.reverse()
    drawn.reverse()
    while chosen or drawn:
        turn = len(order) % RANDOM_EVERY == RANDOM_EVERY - 1
        order.append(drawn.pop() if drawn and (turn or not chosen) else chosen.pop())
    return order


def worth(one: Candidate, labels: Mapping[str, int]) -> tuple[float, str]:
    """How much a label of the sample tells, and why, in words; 0 or more."""
    rarest = min(one.criteria, key=lambda name: labels.get(name, 0), default="")
    rare = _RARE / (1 + labels.get(rarest, 0)) if rarest else 0.0
    reasons = [
        (one.unsure, f"the judge is unsure of {one.unsure_of}"),
        (2 * one.split, f"the jury is split on {one.split_on}"),
        (_FAILED * bool(one.failed), f"no verdict on {', '.join(one.failed)}"),
    ]
    most, why = max(reasons, key=lambda reason: reason[0])
    if _hardly_known(rarest, labels) and rare >= most:
        why = f"few labels so far of {rarest}"
    elif most < _FAILED:
        why = NOTHING
    return most + rare, why


def _hardly_known(name: str, labels: Mapping[str, int]) -> bool:
    """Whether a criterion has few labels, and others have more."""
    mine = labels.get(name, 0)
    return bool(name) and mine < _FEW and any(2 * mine + 1 < n for n in labels.values())


def _most_informative(candidates: Sequence[Candidate], labels: Mapping[str, int]) -> list[Placed]:
    """From the most worth down; what shares its prompt with one before is worth less.

    A worth only ever falls, so that the top of the heap is looked at again when it comes up.
    """
    worths = [worth(one, labels) for one in candidates]
    heap = [(-value, place, 0) for place, (value, _) in enumerate(worths)]
    heapq.heapify(heap)
    seen: Counter[str] = Counter()
    order = []
    while heap:
        _, place, knew = heapq.heappop(heap)
        one = candidates[place]
        before = seen[one.prompt]
        if knew != before:
            value = worths[place][0] * _SAME_PROMPT**before
            heapq.heappush(heap, (-value, place, before))
            continue
        seen[one.prompt] += 1
        order.append(Placed(one.number, worths[place][1]))
    return order
