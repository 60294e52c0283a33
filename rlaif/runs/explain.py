"""The arithmetic of one score of a run, by the same steps that scored it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rlaif.errors import RunError
from rlaif.grading.combine import score_of, work_out
from rlaif.grading.disagreement import variances
from rlaif.grading.holistic import in_one
from rlaif.grading.plan import Work, plan
from rlaif.records.calibration import CalibrationMap
from rlaif.records.criterion import Item, Judged, leaves
from rlaif.records.grade import Answered, Grade, Score
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.records.working import Working
from rlaif.reporting.arithmetic import arithmetic_view
from rlaif.reporting.sheet import Sheet
from rlaif.runs.kept import kept_rubric
from rlaif.runs.kept_maps import kept_maps
from rlaif.storage.run_folder import open_run


@dataclass(frozen=True, slots=True)
class Explained:
    """One sample's effective grade with all its steps."""

    rubric: Rubric
    grade: Grade
    working: Working | None
    """None where the prescreen has decided: there is no arithmetic."""
    remarks: tuple[str, ...]
    variances: Mapping[str, float] = field(default_factory=dict)
    """How far the ballots lie apart, by criterion, where a verdict was made of several."""
    maps: Mapping[str, CalibrationMap] = field(default_factory=dict)
    """What reads the judge's probabilities, by criterion, where it is calibrated."""


def explain(folder: Path, sample_id: str) -> Explained:
    """The effective grade of one sample of a run, worked out again from what it holds.

    Raises: RunError for a folder that is no run, an id that it does not have (with the nearest
    ones), a sample without a grade.
    """
    run = open_run(folder)
    sample, grade = run.graded_sample(sample_id)
    if grade is None:
        raise RunError(f"{folder}: the sample '{sample_id}' is not graded yet")
    rubric = kept_rubric(run)
    if grade.reason.startswith("prescreen:"):
        return Explained(rubric, grade, None, _remarks(grade, None))
    given = {outcome.criterion: outcome for outcome in grade.outcomes}
    items = graded_items(rubric, sample, given)
    working = work_out(items, given)
    remarks = _remarks(grade, score_of(working))
    reads = kept_maps(run, rubric)
    found = ((c.id, reads.map_of(c)) for c in leaves(items) if reads and isinstance(c, Judged))
    maps = {name: one for name, one in found if one is not None}
    return Explained(rubric, grade, working, remarks, variances(items, grade), maps)


def explained_view(found: Explained) -> Sheet:
    """The lines of it, for people."""
    given = (found.rubric, found.grade, found.working, found.remarks)
    return arithmetic_view(*given, found.variances, found.maps)


def graded_items(rubric: Rubric, sample: Sample, given: Mapping[str, Answered]) -> tuple[Item, ...]:
    """What was graded: of a judge that gives one overall score, its one question."""
    items = (*rubric.items, *sample.criteria)
    if given.keys() <= {criterion.id for criterion in leaves(items)}:
        return items
    made = plan(Work(sample), rubric, screen=False)
    return in_one(made, lambda _: "All of them, as one overall question.").items


def _remarks(grade: Grade, found: Score | None) -> tuple[str, ...]:
    remarks = []
    if grade.reasoning_characters:
        count = f"{grade.reasoning_characters:,}"
        remarks.append(f"the policy's reasoning ({count} characters) was taken out before grading")
    if grade.truncated:
        remarks.append("the completion was cut by its length limit")
    held = Score(grade.score, grade.raw_score, grade.status, grade.reason, grade.sections)
    if found is not None and found != held:
        remarks.append(
            f"these steps end in {_told(found)}, and the run holds {_told(held)}: another version "
            "of rlaif graded it, or the rubric that it keeps was edited"
        )
    return tuple(remarks)


def _told(score: Score) -> str:
    reason = f" ({score.reason})" if score.reason else ""
    return ("none" if score.score is None else f"{score.score:.6g}") + reason
