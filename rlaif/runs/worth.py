"""Grades -> rewards: joins what grading found with the arithmetic of shaping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from rlaif.errors import InputError
from rlaif.grading.completion import prepare
from rlaif.grading.disagreement import variances
from rlaif.records.base import nearest
from rlaif.records.criterion import Item, Judged, Section, leaves, walk
from rlaif.records.grade import Grade
from rlaif.records.identity import canonical, digest
from rlaif.records.outcome import Failure, Skipped
from rlaif.records.reward import Reward, Rollout
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.records.shaping import Shaping
from rlaif.training.shaping import Earned, Shaped, shaped

DEADLINE = "deadline"
_NEEDLESS = ("gate", "prescreen:")
"""Skipped because the score is 0 without it: worth nothing, unlike what does not apply."""


@dataclass(frozen=True, slots=True)
class Graded:
    """A grade with the items that it was made by: the rubric's and the sample's own."""

    grade: Grade
    items: tuple[Item, ...]


def refuse_unknown_gates(shaping: Shaping, items: Sequence[Item]) -> None:
    """Raises: InputError for a gate of the reward on what the rubric does not have."""
    known = [_name(item) for item in walk(items)]
    for gate in shaping.gates:
        if gate.criterion not in known:
            raise InputError(
                f"the reward's gate is on '{gate.criterion}', which the rubric does not have\n"
                f"  hint: {nearest(gate.criterion, known)}"
            )


def as_rewards(
    rollouts: Sequence[Rollout],
    graded: Sequence[Graded | None],
    baselines: Sequence[Graded | None],
    shaping: Shaping,
    rubric: Rubric,
) -> list[Reward]:
    """The rewards of rollouts in their order.

    Args: `graded`, one a rollout, None where the deadline came first; `baselines`, the same of the
    completions to compare with, empty where none is asked for.
    Raises: ValueError for a length in tokens where the trainer does not say it.
    """
    earned = [
        _earned(one, of, baselines[place] if baselines else None, shaping, rubric)
        for place, (one, of) in enumerate(zip(rollouts, graded, strict=True))
    ]
    values = shaped(earned, shaping)
    return [_reward(of, value) for of, value in zip(graded, values, strict=True)]


def values_of(graded: Graded) -> dict[str, float | None]:
    """By id of criterion and section, in [0, 1]; None where there is no verdict."""
    values = {one.criterion: one.value for one in graded.grade.outcomes}
    return {**values, **dict(graded.grade.sections)}


def disagreement_of(graded: Graded) -> float:
    """How far the members of a jury lie apart, in [0, 0.5].

    The mean, by the size of the weights, of the standard deviation of what they would give, over
    the judged criteria that have a verdict; one that has a single verdict counts as 0.
    """
    apart = variances(graded.items, graded.grade)
    if not apart:
        return 0.0
    decided = {one.criterion for one in graded.grade.outcomes if one.value is not None}
    weights = {
        c.id: abs(c.weight)
        for c in leaves(graded.items)
        if isinstance(c, Judged) and c.id in decided | apart.keys()
    }
    return sum(w * sqrt(apart.get(name, 0.0)) for name, w in weights.items()) / sum(
        weights.values()
    )


def _earned(
    one: Rollout, graded: Graded | None, baseline: Graded | None, shaping: Shaping, rubric: Rubric
) -> Earned:
    if graded is None:
        return Earned(None, group=group_of(one))
    return Earned(
        graded.grade.score,
        group_of(one),
        _length(one, shaping, rubric),
        disagreement_of(graded) if shaping.disagreement else 0.0,
        None if baseline is None else baseline.grade.score,
        _decisive(graded) if shaping.gates else {},
    )


def group_of(one: Rollout) -> str:
    """The group that it was given, or a hash of its prompt."""
    return one.group or digest(canonical(one.sample.as_written().get("prompt", "")))


def _length(one: Rollout, shaping: Shaping, rubric: Rubric) -> float | None:
    penalty = shaping.length
    if penalty is None:
        return None
    if penalty.unit == "tokens":
        return one.tokens
    said = prepare(one.sample, rubric.reasoning).said
    return len(said.split()) if penalty.unit == "words" else len(said)


def _decisive(graded: Graded) -> dict[str, float | None]:
    """What the reward's gates look at: 0 for what was needless, None for what does not apply."""
    values = values_of(graded)
    for one in graded.grade.outcomes:
        if isinstance(one.outcome, Skipped) and one.outcome.reason.startswith(_NEEDLESS):
            values[one.criterion] = 0.0
    if graded.grade.reason.startswith(("gate:", "prescreen:")):
        values |= {name: 0.0 for name, value in graded.grade.sections if value is None}
    return values


def _reward(graded: Graded | None, value: Shaped) -> Reward:
    if graded is None:
        return Reward(None, None, DEADLINE)
    grade = graded.grade
    told = tuple(
        f"{one.criterion}: {one.outcome.stage}: {one.outcome.message}"
        for one in grade.outcomes
        if isinstance(one.outcome, Failure)
    )
    reason = value.reason or grade.reason
    return Reward(value.value, grade.score, reason, values_of(graded), told)


def baseline_sample(one: Rollout) -> Sample:
    """The rollout's prompt with the completion to compare with.

    Raises: InputError where the rollout has none.
    """
    if one.baseline is None:
        raise InputError(
            "the shaping takes off the score of a baseline completion, and this row has none\n"
            "  hint: a column 'baseline' with a completion of the same prompt"
        )
    stated = {"completion": one.baseline, "finish_reason": None}
    return one.sample.model_copy(update=stated)


def _name(item: Item) -> str:
    return item.section if isinstance(item, Section) else item.id
