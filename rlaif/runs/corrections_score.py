"""The score by a person's answers, by the arithmetic of grading."""

from __future__ import annotations

from rlaif.checks.run import needs_sandbox
from rlaif.grading.combine import combine
from rlaif.grading.plan import Work, plan
from rlaif.grading.verdict import verdict_of_label
from rlaif.records.correction import Correction
from rlaif.records.criterion import Checked
from rlaif.records.outcome import Skipped
from rlaif.records.rubric import Rubric
from rlaif.training.corrections.rows import sample_of


def human_score(correction: Correction, rubric: Rubric) -> float | None:
    """In [0, 1]; None where a question that applies was not answered, or a check needs the sandbox.

    A program answers its checks where the person did not.
    """
    made = plan(Work(sample_of(correction)), rubric, screen=False)
    said = {one.criterion: one.human for one in correction.criteria if one.answered}
    for criterion in made.criteria:
        if criterion.id in said:
            label = said[criterion.id]
            if label is not None and not criterion.takes(label):
                return None
            made.take(
                criterion,
                Skipped("na") if label is None else verdict_of_label(criterion, label),
            )
        elif criterion.id in made.given and isinstance(made.given[criterion.id].outcome, Skipped):
            continue
        elif isinstance(criterion, Checked) and not needs_sandbox(criterion.check):
            made.check(criterion)
        else:
            return None
    return combine(made.items, made.given).score
