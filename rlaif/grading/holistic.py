"""One overall question in place of the judged criteria, where a judge gives one overall score."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rlaif.grading.plan import Plan
from rlaif.records.criterion import Item, Judged, Section, leaves
from rlaif.records.number_range import Range
from rlaif.records.outcome import Skipped

Listed = Sequence[tuple[Judged, float]]
"""Criteria with their weights."""
OVERALL = "overall"
"""The id of the one question."""
_RANGE = Range.model_validate({"worst": 1, "best": 10, "steps": 10})


def in_one(made: Plan, written: Callable[[Listed], str]) -> Plan:
    """The plan with one overall question, as `written`, for all open judged criteria but gates.

    Its weight is the sum of their positive weights, its answers the numbers from 1 to 10. Checks
    and gates stay where they are; what does not apply is not listed, and a section that is left
    empty goes. Implicit aggregation, as in arXiv:2507.17746.
    """
    judged = [(c, c.weight) for c in made.open() if isinstance(c, Judged) and not c.gate]
    if not judged:
        return made
    earned = sum(weight for _, weight in judged if weight > 0)
    name = _free({criterion.id for criterion in leaves(made.items)})
    overall = Judged(id=name, ask=written(judged), weight=earned or 1.0, range=_RANGE)
    replaced = {criterion.id for criterion, _ in judged}
    skipped = {name for name, one in made.given.items() if isinstance(one.outcome, Skipped)}
    items = (*_without(made.items, replaced | skipped), overall)
    given = {name: one for name, one in made.given.items() if name not in skipped}
    return replace(made, items=items, given=given, criteria=tuple(leaves(items)))


def _free(taken: set[str]) -> str:
    """`overall`, or a name like it that no criterion has."""
    name = OVERALL
    while name in taken:
        name += "-"
    return name


def _without(items: Sequence[Item], replaced: set[str]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Section):
            if kept := tuple(_without(item.criteria, replaced)):
                yield item.model_copy(update={"criteria": kept})
        elif item.id not in replaced:
            yield item
