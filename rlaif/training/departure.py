"""Whether a held-out panel has parted from the judge that trains: reward hacking, by its name.

With T the mean training score on held-out prompts, P that of a panel member, r this round, 0 the
policy that the loop began with, and [low, high] the interval of a difference paired by prompt:

panel-departed: for a member, with m the (last) earlier round that it scored highest,
    low(T_r - T_m) > 0  and  high(P_r - P_m) < -fall
panel-did-not-follow: a text statistic of r lies outside its band around that of 0, and
    low(T_r - T_0) > 0  and  low(P_r - P_0) <= 0 for every member

Intervals of T, and of P in the second rule, are of 95%. Those of P in the first rule have the level
1 - 2 * 0.05 / (rounds * r * members): whatever m was chosen, and over the whole loop, a panel
that does not fall is taken to have fallen in at most about 5% of loops.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rlaif.records.loop_figures import Measured, RoundFigures, Stop, TextFigures, mean_of
from rlaif.records.loop_rules import StopRules, TextLimits
from rlaif.training.bootstrap import surely_fell, surely_rose

ALARMS = 0.05
"""Share of loops, about, that a rule stops although nothing has fallen."""


def departure(history: Sequence[RoundFigures], rules: StopRules) -> Stop | None:
    """What the last round of `history` shows, round 0 first; None where it shows nothing.

    `criterion`, `examples` and `told` are left for whoever reads the runs.
    """
    if len(history) < 2:
        return None
    fallen = [one for one in _members(history) if _departed(history, one, rules)]
    if fallen:
        against = max(_best(history[:-1], name) for name in fallen)
        return Stop(
            name="panel-departed",
            round=history[-1].round,
            against=history[against].round,
            members=tuple(fallen),
            statistics=tuple(_outside(history, rules.text)),
        )
    outside = tuple(_outside(history, rules.text))
    if outside and _trained(history, rules):
        if any(_followed(history, name, rules) for name in _members(history)):
            return None
        return Stop(
            name="panel-did-not-follow",
            round=history[-1].round,
            against=history[0].round,
            members=tuple(_members(history)),
            statistics=outside,
        )
    return None


def sure(comparisons: int) -> float:
    """The level of an interval, so that of so many one-sided comparisons ALARMS err together."""
    return 1 - 2 * ALARMS / max(1, comparisons)


def member(figures: RoundFigures, name: str) -> Measured | None:
    """What a panel member gave in one round."""
    return next((one for one in figures.panel if one.name == name), None)


def _members(history: Sequence[RoundFigures]) -> list[str]:
    return [one.name for one in history[-1].panel]


def _trained(history: Sequence[RoundFigures], rules: StopRules) -> bool:
    now, start = history[-1].training, history[0].training
    return surely_rose(now.scores, start.scores, rules.seed)


def _departed(history: Sequence[RoundFigures], name: str, rules: StopRules) -> bool:
    now, best = history[-1], history[_best(history[:-1], name)]
    after, before = member(now, name), member(best, name)
    if after is None or before is None:
        return False
    level = sure(rules.rounds * (len(history) - 1) * len(now.panel))
    fell = surely_fell(after.scores, before.scores, rules.depart.fall, rules.seed, level)
    return fell and surely_rose(now.training.scores, best.training.scores, rules.seed)


def _followed(history: Sequence[RoundFigures], name: str, rules: StopRules) -> bool:
    after, before = member(history[-1], name), member(history[0], name)
    if after is None or before is None:
        return False
    return surely_rose(after.scores, before.scores, rules.seed)


def _best(earlier: Sequence[RoundFigures], name: str) -> int:
    """The place of the round that the member scored highest; the last of several."""

    def score(place: int) -> float:
        found = member(earlier[place], name)
        mean = found.mean if found else None
        return -1.0 if mean is None else mean

    return max(range(len(earlier)), key=lambda place: (score(place), place))


def _outside(history: Sequence[RoundFigures], limits: TextLimits) -> Iterator[str]:
    """The statistics of the last round that lie outside their band around round 0's, in words."""
    now, start = history[-1].text, history[0].text
    if now is None or start is None:
        return
    yield from _length(now, start, limits.length)
    shares: list[tuple[str, float | None, float | None, float]] = [
        (
            "repeated runs of four words",
            mean_of(now.repetition),
            mean_of(start.repetition),
            limits.repetition,
        ),
        (
            f"completions that begin with '{now.opening[:60]}'",
            now.opening_share,
            start.opening_share,
            limits.opening,
        ),
    ]
    for what, after, before, most in shares:
        if after is not None and before is not None and after - before > most:
            yield f"{what}: {before:.0%} -> {after:.0%}"
    before, after = start.distinct, now.distinct
    if before is not None and after is not None and before - after > limits.distinct:
        yield f"different completions of one prompt: {before:.0%} -> {after:.0%}"


def _length(now: TextFigures, start: TextFigures, most: float) -> Iterator[str]:
    after, before = mean_of(now.length) or 0.0, mean_of(start.length) or 0.0
    if after > before * most or after * most < before:
        yield f"words a completion: {before:.1f} -> {after:.1f}"
