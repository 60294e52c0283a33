"""Labels beside verdicts, a row for each person's answer; one list of rows a criterion."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rlaif.agreement.rated import MISSING
from rlaif.grading.calibrating import Calibrating
from rlaif.grading.completion import prepare
from rlaif.grading.verdict import answered, answered_value, place_of_label, verdict_of_label
from rlaif.records.criterion import Criterion, Judged
from rlaif.records.grade import Answered
from rlaif.records.outcome import Skipped, Verdict
from rlaif.records.rubric import Rubric
from rlaif.storage.labelled_samples import LabelledSample
from rlaif.storage.labels import SampleLabels

NOTHING = math.nan


class Human(NamedTuple):
    """A person's answer as it is compared."""

    place: int
    """Among the criterion's answers; their number for "does not apply"."""
    value: float
    """In [0, 1]; NaN for "does not apply"."""


class Said(NamedTuple):
    """What the judge said, as it is compared."""

    place: int
    value: float
    shares: tuple[float, ...]
    """Over the answers and "does not apply"; empty where there is no verdict."""
    label_mass: float


SILENT = Said(MISSING, NOTHING, (), NOTHING)


class RatedRow(NamedTuple):
    """One person's answer about one sample, and the judge's."""

    cluster: int
    sample: int
    question: str
    """The criterion: of a sample's own ones, several may be counted together."""
    annotator: str
    settled: bool
    human: Human
    judge: Said
    length: int
    drawn: bool = False
    """The sample was drawn at random, as a label of it says."""
    orders: tuple[int, int] = (MISSING, MISSING)
    """Of a pair: the judge's answer with a shown first, and with b shown first."""


@dataclass(slots=True)
class Rows:
    """The rows of one criterion, or of the own criteria of samples that take the same answers."""

    name: str
    answers: tuple[str, ...]
    worth: tuple[float, ...]
    ordinal: bool
    rows: list[RatedRow] = field(default_factory=list)


def human_answer(criterion: Criterion, row: SampleLabels) -> Human:
    """What a person said to a criterion that the row answers."""
    given: Answered
    if criterion.id in row.answers:
        label = row.answers[criterion.id]
        if label is None:
            return Human(len(criterion.answers), NOTHING)
        given = answered(criterion, verdict_of_label(criterion, label))
        place = _place(criterion, label)
        return Human(place, NOTHING if given.value is None else given.value)
    value = row.values[criterion.id]
    if value is None:
        return Human(len(criterion.answers), NOTHING)
    given = answered_value(criterion, value)
    return Human(criterion.answers.index(given.answer or ""), value)


def _place(criterion: Criterion, label: str) -> int:
    if isinstance(criterion, Judged):
        return place_of_label(criterion, label)
    return criterion.answers.index(label)


def judge_answer(
    criterion: Criterion, given: Answered | None, maps: Calibrating | None = None
) -> Said:
    """What the judge said; nothing where it failed, or was not asked.

    Args: `maps`, by which a calibrated judge's probabilities are read.
    """
    if given is None:
        return SILENT
    outcome = given.outcome
    na = isinstance(outcome, Skipped) and outcome.reason == "na"
    verdict = outcome.verdict if isinstance(outcome, Skipped) and na else outcome
    if na and not isinstance(verdict, Verdict):
        return Said(len(criterion.answers), NOTHING, (), NOTHING)
    if not isinstance(verdict, Verdict):
        return SILENT
    mass = NOTHING if verdict.label_mass is None else verdict.label_mass
    shares = _shares(criterion, verdict, maps)
    if na:
        return Said(len(criterion.answers), NOTHING, shares, mass)
    if given.answer is None or given.value is None:
        return SILENT
    return Said(criterion.answers.index(given.answer), given.value, shares, mass)


def _shares(criterion: Criterion, verdict: Verdict, maps: Calibrating | None) -> tuple[float, ...]:
    """The distribution as it is read, with "does not apply" at its end, whether asked for or not.

    A map reads what is left where the question applies, as `grading.verdict.answered` has it.
    """
    count = len(criterion.answers)
    shares, na = verdict.distribution[:count], sum(verdict.distribution[count:])
    read = maps.map_of(criterion) if maps and isinstance(criterion, Judged) else None
    if read is not None and na < 1:
        shares = tuple(p * (1 - na) for p in read.of(tuple(p / (1 - na) for p in shares)))
    return (*shares, na)


def rated_rows(
    rubric: Rubric,
    labelled: LabelledSample,
    labels: Sequence[SampleLabels],
    criteria: Mapping[str, Criterion],
    maps: Calibrating | None = None,
) -> Iterator[tuple[Criterion, RatedRow]]:
    """A row for each answer of each person about one sample."""
    graded = {one.criterion: one for one in labelled.grade.outcomes} if labelled.grade else {}
    said = {name: judge_answer(one, graded.get(name), maps) for name, one in criteria.items()}
    length = len(prepare(labelled.sample, rubric.reasoning).said)
    drawn = any(row.drawn for row in labels)
    for row in labels:
        for name in row.criteria:
            criterion = criteria[name]
            human = human_answer(criterion, row)
            at = (labelled.cluster, labelled.ordinal, name, row.annotator, row.settled)
            yield criterion, RatedRow(*at, human, said[name], length, drawn)
