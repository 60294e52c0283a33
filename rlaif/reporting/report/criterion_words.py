"""A criterion in the words of a report: what is asked, what it is worth, what it decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rlaif.records.criterion import Checked, Criterion, Item, Section
from rlaif.reporting.text import count_of


@dataclass(frozen=True, slots=True)
class Stated:
    """One criterion of the rubric, in words."""

    name: str
    asks: str
    worth: str
    """Weight, polarity and gate."""
    fault: bool
    gate: bool
    by_check: bool
    share: float
    """Of the points of the whole rubric, through its sections; negative for a fault."""
    metric: str
    """What its value means."""


def stated(items: Sequence[Item], whole: float = 1.0, within: str = "") -> Iterator[Stated]:
    """The criteria of a rubric in its order.

    The share of an item is its weight over the sum of the positive weights beside it (of all, where
    there are faults alone), times the share of its section.
    """
    positive = sum(item.weight for item in items if item.weight > 0)
    total = positive or sum(abs(item.weight) for item in items)
    for item in items:
        part = whole * item.weight / total
        if isinstance(item, Section):
            yield from stated(item.criteria, part, item.section)
        else:
            yield Stated(
                item.id,
                _asks(item),
                "; ".join(_worth(item, part, within)),
                item.weight < 0,
                item.gate is not False,
                isinstance(item, Checked),
                part,
                _metric(item),
            )


def _asks(item: Criterion) -> str:
    if not isinstance(item, Checked):
        return item.ask
    written = item.check.as_written()
    given = ", ".join(f"{key}: {value}" for key, value in written.items() if key != "check")
    text = f"check {getattr(item.check, 'check', '')}: {given}".removesuffix(": ")
    return text if len(text) <= 300 else text[:299] + "…"


def _worth(item: Criterion, part: float, within: str) -> Iterator[str]:
    points = count_of(1, "point") if abs(item.weight) == 1 else f"{abs(item.weight):g} points"
    if item.weight < 0:
        yield f"a fault: loses {points} when met"
    else:
        yield f"earns {points} when met" if item.yes_or_no else f"earns up to {points}"
    if within:
        yield f"in section {within}"
    yield f"{abs(part):.0%} of the whole"
    if item.gate is not False:
        yield _gate(item, within)
    if item.when:
        yield "asked of some samples only"


def _gate(item: Criterion, within: str) -> str:
    zero = f"section {within} is 0" if within else "the score is 0"
    if item.weight < 0:
        return f"a gate: when met, {zero}"
    if item.gate is True:
        return f"a gate: when unmet, {zero}"
    least = " or ".join(item.gate) if isinstance(item.gate, tuple) else str(item.gate)
    return f"a gate: without {least} or better, {zero}"


def _metric(item: Criterion) -> str:
    if isinstance(item, Checked):
        return "share of samples that pass"
    return "mean probability of yes" if item.yes_or_no else "mean value from 0 (worst) to 1 (best)"
