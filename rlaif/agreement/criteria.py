"""What a run says of its criteria without anybody's labels: figures, and advice in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rlaif.agreement.criteria_advice import Asked, Pair, advice, pair_of
from rlaif.records.agreement import CriterionFacts
from rlaif.records.figures import ItemFigures, OutcomeCount, Twins

SURE = 0.65
"""A verdict whose answer has a lower probability is an unsure one."""


class Item(Protocol):
    """What the two-parameter model says of one criterion."""

    @property
    def slope(self) -> float:
        """How sharply it tells samples apart."""

    @property
    def difficulty(self) -> float:
        """How good a sample is that meets it as often as not."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in a run, by criterion."""

    outcomes: Sequence[OutcomeCount]
    items: Mapping[str, ItemFigures]
    twins: Sequence[Twins]
    doubts: Mapping[str, float]
    """Share of verdicts below SURE."""
    model: Mapping[str, Item]
    prompts: float
    """Prompts a sample, at most 1: how many independent ones there are of each."""
    tokens: float | None
    """Tokens that a question to the judge costs on average, where the run knows."""


def facts(asked: Sequence[Asked], counted: Counted) -> list[CriterionFacts]:
    """The facts and the advice of each criterion of `asked`, in that order."""
    outcomes: dict[str, list[OutcomeCount]] = {one.name: [] for one in asked}
    for one in counted.outcomes:
        if one.criterion in outcomes:
            outcomes[one.criterion].append(one)
    pairs = _pairs(counted.twins)
    judged = {a.name: _times(outcomes[a.name], "verdict") for a in asked if not a.by_check}
    whole = 0 if any(one.own for one in asked) else sum(judged.values())
    return [
        _facts(
            one,
            outcomes[one.name],
            pairs.get(one.name, ()),
            counted,
            judged.get(one.name, 0) / whole if whole and not one.by_check else None,
        )
        for one in asked
    ]


def _facts(
    asked: Asked,
    outcomes: Sequence[OutcomeCount],
    pairs: Sequence[Pair],
    counted: Counted,
    questions: float | None,
) -> CriterionFacts:
    answered = _times(outcomes, "verdict")
    total = sum(one.total or 0.0 for one in outcomes if one.kind == "verdict")
    item, model = counted.items.get(asked.name), counted.model.get(asked.name)
    found = CriterionFacts(
        criterion=asked.name,
        answered=answered,
        failed=_times(outcomes, "failure"),
        skipped=_times(outcomes, "skipped"),
        prevalence=total / answered if answered else None,
        discrimination=item.rest if item else None,
        slope=model.slope if model else None,
        difficulty=model.difficulty if model else None,
        ambiguity=None if asked.by_check else counted.doubts.get(asked.name),
        tokens=None if asked.by_check else counted.tokens,
        redundant=tuple((one.other, one.alike) for one in pairs if one.redundant),
        advice=(),
        questions=questions,
    )
    return _advised(found, asked, outcomes, pairs, (item.count if item else 0) * counted.prompts)


def _advised(
    found: CriterionFacts,
    asked: Asked,
    outcomes: Sequence[OutcomeCount],
    pairs: Sequence[Pair],
    prompts: float,
) -> CriterionFacts:
    return replace(found, advice=tuple(advice(found, asked, outcomes, pairs, prompts)))


def _times(outcomes: Iterable[OutcomeCount], kind: str) -> int:
    return sum(one.count for one in outcomes if one.kind == kind)


def _pairs(twins: Sequence[Twins]) -> dict[str, list[Pair]]:
    """Pairs worth a word, by each of both criteria; the one that comes later is `second`."""
    found: dict[str, list[Pair]] = {}
    for one in twins:
        for name, other, second in ((one.first, one.second, False), (one.second, one.first, True)):
            if pair := pair_of(one, other, second):
                found.setdefault(name, []).append(pair)
    return found
