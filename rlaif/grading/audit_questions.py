"""The same question in other words, or with its answers in another order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rlaif.grading.verdict import answered
from rlaif.records.criterion import Judged
from rlaif.records.grade import Answered
from rlaif.records.outcome import Outcome, Skipped, Verdict
from rlaif.records.scales import Choice


@dataclass(frozen=True, slots=True)
class Reading:
    """How the judge's answer to a changed question is read as one to the true question."""

    criterion: Judged
    """The true one."""
    order: tuple[int, ...] = ()
    """Where each of its answers stands in the changed one; empty where they stand alike."""

    def of(self, outcome: Outcome) -> Answered:
        """The outcome as an answer to the true question."""
        if isinstance(outcome, Skipped) and outcome.verdict is not None:
            outcome = outcome.verdict
        if isinstance(outcome, Verdict) and self.order:
            given = outcome.distribution
            na = given[len(self.order) :]
            outcome = Verdict(tuple(given[i] for i in self.order) + na, outcome.label_mass)
        return answered(self.criterion, outcome)


def earned(criterion: Judged, given: Answered) -> float | None:
    """What an answer earns its completion, in [0, 1]; a fault that is met earns 0."""
    if given.value is None:
        return None
    return given.value if criterion.weight > 0 else 1 - given.value


def in_order(criterion: Judged, *, turned: bool) -> tuple[Judged, Reading]:
    """The question with its answers as lettered choices, in their order or in the opposite one.

    A scale is not shown as one here: "from worst to best" would be untrue when it is turned.
    """
    named = criterion.choices or criterion.levels
    told = [(a.name, a.description) for a in named] if named else _plain(criterion)
    worth = criterion.worth if criterion.weight > 0 else tuple(1 - w for w in criterion.worth)
    choices = [
        Choice(name=name, description=description, points=points)
        for (name, description), points in zip(told, worth, strict=True)
    ]
    order = tuple(range(len(choices)))
    if turned:
        choices, order = choices[::-1], order[::-1]
    changed = {"levels": None, "range": None, "gate": False, "choices": tuple(choices)}
    weight = abs(criterion.weight)
    asked = criterion.model_copy(update={**changed, "weight": weight})
    return asked, Reading(criterion, order)


def _plain(criterion: Judged) -> list[tuple[str, str]]:
    unit = f" {criterion.range.unit}".rstrip() if criterion.range is not None else ""
    return [(f"{name}{unit}", "") for name in criterion.answers]


def in_other_words(criterion: Judged, language: str) -> Iterator[tuple[str, Judged]]:
    """The question as others may write it, each with the name of the change.

    What adds words does so in English, and only to an English rubric.
    """
    ask = criterion.ask
    if language.lower().partition("-")[0] == "en":
        yield "with an opening", _asking(criterion, f"Look at the completion and say: {ask}")
        if criterion.yes_or_no:
            yield "is it true", _asking(criterion, _true(ask))
        if (other := _renamed(ask)) != ask:
            yield "other noun", _asking(criterion, other)
    else:
        yield "in quotation marks", _asking(criterion, f'"{ask}"')
    if criterion.guidance:
        first = f"{criterion.guidance}\n\n{ask}"
        yield "guidance first", _asking(criterion, first).model_copy(update={"guidance": ""})


def _renamed(ask: str) -> str:
    """The question with another noun for the completion; itself where it has none."""
    if (other := re.sub(r"\b(reply|response)\b", "completion", ask)) != ask:
        return other
    return re.sub(r"\bcompletion\b", "response", ask)


def _true(ask: str) -> str:
    if ask.rstrip().endswith("?"):
        return f'Is it true that "yes" is the right answer to this question: {ask}'
    return f"Is it true of the completion: {ask}"


def _asking(criterion: Judged, ask: str) -> Judged:
    return criterion.model_copy(update={"ask": ask})
