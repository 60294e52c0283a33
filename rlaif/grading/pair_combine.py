"""The arithmetic of a preference: two orders to one answer, answers by weights to one margin.

    margin = sum(|w| * margin of the part) / sum(|w|), over what is in the fraction

A margin lies in [-1, 1] and is positive where a is the better one. Every step turns its sign, and
nothing else, where the two completions change places. Order of decision, at every level of the
tree: a gate check that only one side passes decides, one that neither passes is a tie, even beside
failures; else a failure gives none; else the weighted mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from rlaif.grading.verdict import answered, gate_met
from rlaif.records.criterion import Checked, Criterion, Item, Judged, Section, leaves
from rlaif.records.outcome import Failure, Outcome, Skipped, Verdict
from rlaif.records.pair import SIDES, Answer, Side
from rlaif.records.preference import Compared, Preferred

CLEAR = 0.01
"""A value (0.5 + margin / 2) that lies no further than this from 0.5 is a tie."""

Rule = Literal["both", "mean"]
_Seen = tuple[float, ...]
"""Probabilities that b is better, neither, a is better, and perhaps that neither applies."""
_LOST: dict[Side, float] = {"a": -1.0, "b": 1.0}
_OTHER: dict[Answer, Answer] = {"a": "b", "b": "a", "tie": "tie"}


def judged(criterion: Judged, outcomes: tuple[Outcome, Outcome], rule: Rule) -> Compared:
    """Two orders as one preference; a fault prefers the side that shows less of it.

    Args: `outcomes` with a shown first, and with b shown first; `rule`: `both` orders must name the
    same side, or the `mean` probability decides.
    """
    one, other = outcomes
    if not isinstance(one, Verdict) or not isinstance(other, Verdict):
        return Compared(criterion.id, outcomes)
    seen = one.distribution, _turned(other.distribution)
    mean = tuple((p + q) / 2 for p, q in zip(*seen, strict=True))
    named = [_named(each) for each in seen]
    answer = _named(mean)
    if rule == "both":
        answer = named[0] if named[0] == named[1] else "tie"
    if answer is None:
        return Compared(criterion.id, (Skipped("na", one), Skipped("na", other)))
    applies = mean[0] + mean[2] + mean[1]  # in this order, which swapping a and b leaves alone
    margin = (mean[2] - mean[0]) / (applies or 1.0)
    if rule == "both" and answer == "tie":
        margin = 0.0
    if criterion.weight < 0:
        answer, margin = _OTHER[answer], -margin
    flipped = set(named) == {"a", "b"}
    return Compared(criterion.id, outcomes, answer=answer, margin=_bounded(margin), flipped=flipped)


def in_each_order(
    criterion: Judged, outcomes: tuple[Outcome, Outcome]
) -> tuple[Answer | None, Answer | None]:
    """What the judge prefers with a shown first, and with b shown first; None where nothing.

    Args: as `judged`.
    """
    one, other = outcomes
    seen = (
        one.distribution if isinstance(one, Verdict) else None,
        _turned(other.distribution) if isinstance(other, Verdict) else None,
    )
    a_first, b_first = (_preferred(each, criterion.weight) for each in seen)
    return a_first, b_first


def _preferred(seen: _Seen | None, weight: float) -> Answer | None:
    side = None if seen is None else _named(seen)
    return _OTHER[side] if side is not None and weight < 0 else side


def checked(criterion: Checked, outcomes: tuple[Outcome, Outcome]) -> Compared:
    """Prefer the side on which the check has more value; of a fault, less.

    Args: `outcomes` on a, and on b.
    """
    values = [answered(criterion, outcome).value for outcome in outcomes]
    if values[0] is None or values[1] is None:
        return Compared(criterion.id, outcomes)
    margin = _bounded(values[0] - values[1] if criterion.weight > 0 else values[1] - values[0])
    return Compared(criterion.id, outcomes, answer=side_of(margin, 0.0), margin=margin)


def side_of(margin: float, clear: float = 2 * CLEAR) -> Answer:
    """Whom a margin prefers, where it is more than `clear`."""
    if abs(margin) <= clear:
        return "tie"
    return "a" if margin > 0 else "b"


def prefer(items: Sequence[Item], given: Mapping[str, Compared]) -> Preferred:
    """How far a is preferred to b by a whole tree.

    Raises: KeyError when a criterion is missing, because a failed call is not a tie.
    """
    sections: list[tuple[str, float | None]] = []
    level = _level(items, given, sections)
    told = tuple(sections)
    if level.gate:
        return Preferred(level.margin, "ok", f"gate:{level.gate}", told)
    if level.failed:
        return Preferred(None, "failed", "failed:" + ",".join(level.failed), told)
    return Preferred(level.margin, "ok", "" if level.margin is not None else _NOTHING, told)


_NOTHING = "nothing_applies"


def needless(items: Sequence[Item], given: Mapping[str, Compared]) -> set[str]:
    """Ids of the criteria that gates, among those already answered, have made needless."""
    if _decided(items, given):
        return {criterion.id for criterion in leaves(items)}
    found: set[str] = set()
    for item in items:
        if isinstance(item, Section):
            found |= needless(item.criteria, given)
    return found


@dataclass(slots=True)
class _Level:
    """What is known of the items of one level."""

    margin: float | None = None
    gate: str = ""
    """The gate that decided."""
    failed: list[str] = field(default_factory=list)


def _level(
    items: Sequence[Item],
    given: Mapping[str, Compared],
    sections: list[tuple[str, float | None]],
) -> _Level:
    level = _Level()
    total = weights = 0.0
    for item in items:
        if isinstance(item, Section):
            margin = _section(item, given, sections, level.failed)
        else:
            margin = given[item.id].margin
            level.failed += [item.id] if given[item.id].failure else []
        if margin is not None:
            total += abs(item.weight) * margin
            weights += abs(item.weight)
    if decided := _decided(items, given):
        level.gate, level.margin = decided
    elif weights and not level.failed:
        level.margin = _bounded(total / weights)
    return level


def _section(
    section: Section,
    given: Mapping[str, Compared],
    sections: list[tuple[str, float | None]],
    failed: list[str],
) -> float | None:
    """The margin of a section; its place in `sections` is before those of its own sections."""
    place = len(sections)
    sections.append((section.section, None))
    inner = _level(section.criteria, given, sections)
    if not inner.gate:
        failed += inner.failed
    sections[place] = (section.section, inner.margin)
    return inner.margin


def _decided(items: Sequence[Item], given: Mapping[str, Compared]) -> tuple[str, float] | None:
    """The gate that decides a level, and the margin; None where no gate does, or not yet."""
    first, lost, unknown = "", set[Side](), set[Side]()
    for gate in _gates(items):
        if gate.id not in given:
            unknown |= set(SIDES)
            continue
        for side, outcome in zip(SIDES, given[gate.id].outcomes, strict=True):
            if isinstance(outcome, Failure):
                unknown.add(side)
            elif gate_met(gate, answered(gate, outcome)) is False:
                first = first or gate.id
                lost.add(side)
    if not lost or (len(lost) == 1 and unknown - lost):
        return None
    return first, sum(_LOST[side] for side in lost)


def _gates(items: Sequence[Item]) -> Iterator[Criterion]:
    """The gates that one side alone can be held against: those of checks."""
    for item in items:
        if isinstance(item, Checked) and item.gate is not False:
            yield item


def _turned(distribution: _Seen) -> _Seen:
    """What was said with b shown first, as it is seen from a."""
    second, tie, first, *na = distribution
    return (first, tie, second, *na)


def _named(seen: _Seen) -> Answer | None:
    """The side that is more probable than anything else; None for "applies to neither"."""
    b, tie, a, *na = seen
    if na and na[0] > max(a, b, tie):
        return None
    if a > max(b, tie):
        return "a"
    return "b" if b > max(a, tie) else "tie"


def _bounded(margin: float) -> float:
    """Within [-1, 1] whatever rounding did, and never minus zero."""
    return min(max(margin, -1.0), 1.0) + 0.0


def keyed(compared: Compared, keys: tuple[str, str]) -> Compared:
    """The same with the keys under which its verdicts are found again."""
    return replace(compared, keys=keys)
