"""A grade worked out again from its own outcomes: what in it does not follow from them."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose, isfinite

from rlaif.grading.calibrating import Calibrating
from rlaif.grading.combine import combine, unmet_gates
from rlaif.grading.holistic import in_one
from rlaif.grading.plan import Plan, Work, plan
from rlaif.grading.verdict import answered
from rlaif.records.criterion import Criterion
from rlaif.records.grade import Answered, Grade, Score
from rlaif.records.outcome import Skipped, Verdict
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample

_CLOSE = 1e-9
_SUM = 1e-6
"""Of the probabilities of a distribution, around 1."""
_PRESCREEN = "prescreen:"
_BY_THE_JUDGE = f"{_PRESCREEN}too_long"
"""The one rule that needs the judge: a completion that its window does not hold."""


def grade_faults(
    rubric: Rubric,
    sample: Sample,
    grade: Grade,
    *,
    holistic: bool,
    reads: Calibrating | None = None,
) -> Iterator[str]:
    """A clause for each thing in a grade that does not follow from rubric, sample and outcomes.

    Args: `holistic`, whether the judge puts one overall question; `reads`, its calibration. No
    judge and no check is asked: that an answer is right is not looked at, only that all the rest
    follows from the answers.
    """
    made = plan(Work(sample), rubric, reads=reads)
    if holistic:
        made = in_one(made, lambda _: "All of them, as one overall question.")
    yield from _sums(grade, made)
    given = {one.criterion: one for one in grade.outcomes}
    asked = {criterion.id for criterion in made.criteria}
    yield from _cover(grade, asked)
    if asked - given.keys():
        return
    if screened := grade.reason if grade.reason.startswith(_PRESCREEN) else "":
        yield from _screened(made, given, screened)
        sections = tuple((name, None) for name in made.sections)
        yield from _score(grade, Score(0.0, 0.0, "ok", screened, sections))
        return
    if made.prescreened:
        yield f"was not scored 0 by '{made.prescreened}', which holds of its completion"
        return
    for criterion in made.criteria:
        yield from _answer(criterion, given[criterion.id], made)
    yield from _needless(made, given)
    yield from _score(grade, combine(made.items, given))


def _sums(grade: Grade, made: Plan) -> Iterator[str]:
    """What is said of a grade as a whole."""
    if grade.reasoning_characters != made.subject.reasoning_characters:
        yield "states another length of the policy's reasoning than its completion has"
    if grade.truncated != (made.work.sample.finish_reason == "length"):
        yield "states another end of its completion than the sample does"
    if grade.status == "failed" and (grade.score, grade.raw_score) != (None, None):
        yield "has a score although its status is 'failed'"
    if grade.score is not None and not 0 <= grade.score <= 1:
        yield f"has the score {grade.score:g}, which is not in [0, 1]"


def _cover(grade: Grade, asked: set[str]) -> Iterator[str]:
    there = [one.criterion for one in grade.outcomes]
    for name in sorted(asked - set(there)):
        yield f"has no outcome of the criterion '{name}'"
    for name in sorted(set(there) - asked):
        yield f"has an outcome of '{name}', which neither the rubric nor the sample asks for"
    for name in sorted({name for name in there if there.count(name) > 1}):
        yield f"has two outcomes of the criterion '{name}'"


def _screened(made: Plan, given: dict[str, Answered], reason: str) -> Iterator[str]:
    """Faults of a grade that the prescreen has decided."""
    if reason not in (made.prescreened, _BY_THE_JUDGE):
        yield f"was scored 0 by '{reason}', which does not hold of its completion"
    for name, one in given.items():
        if one.outcome != Skipped(reason) or one.value is not None:
            yield f"has an outcome of '{name}' that the prescreen did not leave"


def _answer(criterion: Criterion, one: Answered, made: Plan) -> Iterator[str]:
    """Faults of one criterion's outcome, and of what is derived from it."""
    settled = made.given.get(criterion.id)
    outcome, name = one.outcome, f"'{criterion.id}'"
    if settled is not None and settled.outcome != outcome:
        yield f"answers {name}, which was settled before: {_named(settled)}"
        return
    if isinstance(outcome, Skipped) and outcome.reason not in ("when", "na", "gate"):
        yield f"skipped {name} for an unknown reason, '{outcome.reason}'"
        return
    if isinstance(outcome, Skipped) and outcome.reason == "when" and settled is None:
        yield f"skipped {name} by its 'when', which holds for the sample"
        return
    verdict = outcome.verdict if isinstance(outcome, Skipped) else outcome
    if not isinstance(verdict, Verdict):
        wanted = Answered(criterion.id, outcome, one.key)
    elif not _is_distribution(verdict):
        yield f"has probabilities for {name} that do not add up to 1"
        return
    else:
        try:
            wanted = answered(criterion, verdict, one.key, made.map_of(criterion))
        except (ValueError, IndexError, ZeroDivisionError):
            yield f"has a verdict for {name} that is none of its answers"
            return
    if not _same_answer(one, wanted):
        told = f"{one.answer} worth {one.value}, not {wanted.answer} worth {wanted.value}"
        yield f"states for {name} {told}"


def _named(settled: Answered) -> str:
    outcome = settled.outcome
    return outcome.reason if isinstance(outcome, Skipped) else "it failed"


def _is_distribution(verdict: Verdict) -> bool:
    shares = verdict.distribution
    return all(isfinite(p) and -_CLOSE <= p <= 1 + _SUM for p in shares) and isclose(
        sum(shares), 1, abs_tol=_SUM
    )


def _same_answer(one: Answered, other: Answered) -> bool:
    return (
        type(one.outcome) is type(other.outcome)
        and one.answer == other.answer
        and _close(one.value, other.value)
        and _close(one.probability, other.probability)
    )


def _needless(made: Plan, given: dict[str, Answered]) -> Iterator[str]:
    """Criteria that were skipped although no gate made them needless."""
    skipped = {n for n, one in given.items() if one.outcome == Skipped("gate")}
    decided = {name: one for name, one in given.items() if name not in skipped}
    for name in sorted(skipped - unmet_gates(made.items, decided)):
        yield f"skipped '{name}' by a gate, and none is unmet"


def _score(grade: Grade, wanted: Score) -> Iterator[str]:
    """Where the score does not follow from the outcomes."""
    if wanted.status == "failed" and grade.score is not None:
        yield f"has a score although something failed ({wanted.reason}): a failure is no 0"
        return
    if (grade.status, grade.reason) != (wanted.status, wanted.reason):
        told = f"'{grade.status}' ({grade.reason or 'no reason'})"
        yield f"is {told}, and its outcomes give '{wanted.status}' ({wanted.reason or 'no reason'})"
    if not _close(grade.score, wanted.score) or not _close(grade.raw_score, wanted.raw_score):
        yield f"has the score {_told(grade)}, and its outcomes give {_told(wanted)}"
    if not _same_sections(grade.sections, wanted.sections):
        yield "has other values of its sections than its outcomes give"


def _told(score: Grade | Score) -> str:
    return "none" if score.score is None else f"{score.score:.9g} (raw {score.raw_score:.9g})"


def _same_sections(
    one: tuple[tuple[str, float | None], ...], other: tuple[tuple[str, float | None], ...]
) -> bool:
    return len(one) == len(other) and all(
        a == b and _close(x, y) for (a, x), (b, y) in zip(one, other, strict=True)
    )


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, abs_tol=_CLOSE)
