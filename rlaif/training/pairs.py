"""Pairs of completions of one prompt: which is chosen, which is rejected, and why there is none.

The margin of a pair is the score of the chosen one less that of the rejected one, so that it is
above 0: completions whose scores differ by no more than rounding are tied, and never a pair. Nor
are two completions of equal text. What the rules forbid besides (`min_margin`, `length_matched`,
`same_policy`) is looked at before a strategy chooses, so that it chooses among what is allowed:

- `best_worst`: the pair with the widest margin; with `max_per_prompt` also the widest of the
  completions that are left, and so on: best and worst, second best and second worst.
- `mean_minus_2sd`: chosen is the best that the rules allow over any other; rejected is, of those,
  the one whose score lies nearest to m - 2 s, m the mean and s the standard deviation (of the group
  itself, divided by n) of all scores of the prompt. Of few completions that is mostly the worst.
  Source: arXiv:2502.16825, which found it better than the worst as completions grow in number.
- `margin`: every pair, or the widest `max_per_prompt`.
- `per_criterion_gap`: the pair with the largest difference in value on any one criterion that both
  have a verdict on; which of the two is chosen is still the score's to say. Of all pairs of a run
  the top share is kept. Source: arXiv:2507.18624.

What is equal goes by the margin, then by the ids.
"""

from __future__ import annotations

import heapq
import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean, pstdev

from rlaif.records.row_rules import PairRules, Reason, Strategy
from rlaif.training.groups import SAME, Candidate, known_score

LOOKED_AT = 100_000
"""Pairs of one prompt, from the widest down; what 447 completions have. Those beyond are not made,
so that a prompt with thousands of completions costs no hours."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One pair."""

    chosen: Candidate
    rejected: Candidate
    gap: float
    """What ranks it among all pairs of a run: the largest gap on one criterion where the strategy
    goes by that, else the margin."""

    @property
    def margin(self) -> float:
        """How far the scores lie apart, above 0."""
        return known_score(self.chosen) - known_score(self.rejected)

    @property
    def on_policy(self) -> bool | None:
        """Whether one policy wrote both; None where one of them is not known."""
        return one_policy(self.chosen.policy, self.rejected.policy)


def one_policy(one: str | None, other: str | None) -> bool | None:
    """Whether two policies are the same; None where one of them is not known."""
    return None if one is None or other is None else one == other


def pairs_of(
    best_first: Sequence[Candidate], rules: PairRules
) -> tuple[list[Chosen], Reason | None]:
    """The pairs of one prompt, and, where there are none, why the widest one is no row.

    Args: those with a score, in the order of `usable`.
    """
    if len(best_first) < 2:
        return [], "alone"
    pairs = _STRATEGIES[rules.strategy](best_first, rules)
    return pairs, None if pairs else _why_none(best_first, rules)


def _why_none(best_first: Sequence[Candidate], rules: PairRules) -> Reason:
    widest = next(_widest_first(best_first), None)
    return (widest and _forbidden(*widest, rules)) or "tie"


def _forbidden(one: Candidate, other: Candidate, rules: PairRules) -> Reason | None:
    """Why `one` over `other` is no row; None where it may be."""
    margin = known_score(one) - known_score(other)
    if margin <= SAME:
        return "tie"
    return forbidden_pair(one, other, margin, rules)


def forbidden_pair(
    one: Candidate, other: Candidate, margin: float, rules: PairRules
) -> Reason | None:
    """Why two completions that are no tie are no row; None where they may be one."""
    if one.text == other.text:
        return "same_text"
    if margin < rules.min_margin - SAME:
        return "below_min_margin"
    if rules.length_matched is not None:
        short, long = sorted((one.length, other.length))
        if long > short * rules.length_matched:
            return "lengths"
    if rules.same_policy and not one_policy(one.policy, other.policy):
        return "other_policy"
    return None


def _widest_first(best_first: Sequence[Candidate]) -> Iterator[tuple[Candidate, Candidate]]:
    """All pairs that are no tie, the widest first; equal ones by the ids.

    Both lists fall: the scores of `highs` sink, those of `lows` rise. So the widest pair that was
    not given yet is at the top of a heap with one pair for each of `highs` that was begun.
    """
    highs = best_first
    lows = sorted(best_first, key=lambda one: (known_score(one), one.sample_id))
    heap: list[tuple[float, int, int]] = []

    def push(i: int, j: int) -> None:
        if i < len(highs) and j < len(lows):
            margin = known_score(highs[i]) - known_score(lows[j])
            if margin > SAME:
                heapq.heappush(heap, (-margin, i, j))

    push(0, 0)
    while heap:
        _, i, j = heapq.heappop(heap)
        push(i, j + 1)
        if j == 0:
            push(i + 1, 0)
        yield highs[i], lows[j]


def _allowed(best_first: Sequence[Candidate], rules: PairRules) -> Iterator[Chosen]:
    """The pairs that the rules allow, the widest first."""
    for one, other in islice(_widest_first(best_first), LOOKED_AT):
        reason = _forbidden(one, other, rules)
        if reason == "below_min_margin":
            return  # what comes behind it is narrower
        if reason is None:
            yield Chosen(one, other, known_score(one) - known_score(other))


def _margin(best_first: Sequence[Candidate], rules: PairRules) -> list[Chosen]:
    return list(islice(_allowed(best_first, rules), rules.most))


def _best_worst(best_first: Sequence[Candidate], rules: PairRules) -> list[Chosen]:
    found: list[Chosen] = []
    used: set[str] = set()
    most = min(rules.most or 1, len(best_first) // 2)
    for pair in _allowed(best_first, rules):
        ids = {pair.chosen.sample_id, pair.rejected.sample_id}
        if not ids & used:
            found.append(pair)
            used |= ids
        if len(found) >= most:
            break
    return found


def _mean_minus_2sd(best_first: Sequence[Candidate], rules: PairRules) -> list[Chosen]:
    scores = [known_score(one) for one in best_first]
    target = fmean(scores) - 2 * pstdev(scores)

    def nearness(one: Candidate) -> tuple[float, float, str]:
        return abs(known_score(one) - target), known_score(one), one.sample_id

    for best, below in _from_the_best(best_first, rules):
        nearest = sorted((o for o in below if _forbidden(best, o, rules) is None), key=nearness)
        if nearest:
            margins = ((one, known_score(best) - known_score(one)) for one in nearest)
            return [Chosen(best, one, margin) for one, margin in islice(margins, rules.most)]
    return []


def _from_the_best(
    best_first: Sequence[Candidate], rules: PairRules
) -> Iterator[tuple[Candidate, Sequence[Candidate]]]:
    """Each that may be chosen, from the best down, with those below it; LOOKED_AT pairs or so."""
    looked_at = 0
    for place, best in enumerate(best_first[:-1], 1):
        below = best_first[place:]
        apart = known_score(best) - known_score(below[-1])
        if looked_at >= LOOKED_AT or apart < rules.min_margin - SAME:
            return  # those that follow are no further from the worst
        yield best, below
        looked_at += len(below)


def _per_criterion_gap(best_first: Sequence[Candidate], rules: PairRules) -> list[Chosen]:
    pairs = (
        Chosen(pair.chosen, pair.rejected, largest_gap(pair.chosen, pair.rejected))
        for pair in _allowed(best_first, rules)
    )
    return heapq.nsmallest(rules.most or 1, pairs, key=lambda pair: -pair.gap)


def largest_gap(one: Candidate, other: Candidate) -> float:
    """The largest difference in value on one criterion, in [0, 1]; 0 where they share none."""
    shared = one.values.keys() & other.values.keys()
    return max((abs(one.values[name] - other.values[name]) for name in shared), default=0.0)


_STRATEGIES: dict[Strategy, Callable[[Sequence[Candidate], PairRules], list[Chosen]]] = {
    "best_worst": _best_worst,
    "mean_minus_2sd": _mean_minus_2sd,
    "margin": _margin,
    "per_criterion_gap": _per_criterion_gap,
}


class TopShare:
    """Tells, pair by pair in their order, which belong to the top share by their gap."""

    def __init__(self, gaps: array[float], share: float) -> None:
        """Take the gaps of all pairs; the share, rounded up to whole pairs, is kept.

        Of those with the very gap at which it ends, the first ones are.
        """
        ordered = sorted(gaps, reverse=True)
        most = math.ceil(share * len(ordered) - SAME)
        self._least = ordered[most - 1] if most else math.inf
        above = sum(gap > self._least for gap in ordered)
        self._at_least = most - above

    def keeps(self, gap: float) -> bool:
        """Whether the next pair, of that gap, belongs to it."""
        if gap != self._least:
            return gap > self._least
        self._at_least -= 1
        return self._at_least >= 0
