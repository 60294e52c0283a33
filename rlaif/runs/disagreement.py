"""How far the ballots of a run's verdicts lie apart, as its grades go by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rlaif.grading.disagreement import variances
from rlaif.records.grade import Grade
from rlaif.records.outcome import Skipped, Verdict
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.runs.explain import graded_items
from rlaif.runs.kept import kept_rubric
from rlaif.storage.run_folder import RunFolder
from rlaif.storage.sample_table import read_kept


def with_variances(
    run: RunFolder, grades: Iterable[Grade]
) -> Iterator[tuple[Grade, Mapping[str, float]]]:
    """Each grade with the variance of its verdicts by criterion, where they have ballots.

    Args: `grades` in the order of the run's samples. The rubric and the samples are read only from
    the first grade on that has ballots. Raises: RunError where they cannot be read.
    """
    rubric: Rubric | None = None
    samples: Iterator[Sample] | None = None
    for grade in grades:
        if not _has_ballots(grade):
            yield grade, {}
            continue
        rubric = rubric or kept_rubric(run)
        samples = samples or (sample for _, _, sample in read_kept(run.files()[0]))
        sample = next(sample for sample in samples if sample.sample_id == grade.sample_id)
        given = {answered.criterion: answered for answered in grade.outcomes}
        yield grade, variances(graded_items(rubric, sample, given), grade)


def _has_ballots(grade: Grade) -> bool:
    outcomes = (answered.outcome for answered in grade.outcomes)
    verdicts = (one.verdict if isinstance(one, Skipped) else one for one in outcomes)
    return any(isinstance(verdict, Verdict) and verdict.ballots for verdict in verdicts)
