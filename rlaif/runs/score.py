"""Scores from people's answers, without a judge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rlaif.errors import FileProblems, Problem
from rlaif.grading.code_run import run_code
from rlaif.grading.combine import combine
from rlaif.grading.plan import Plan, Work, plan
from rlaif.grading.verdict import answered, answered_value, verdict_of_label
from rlaif.ports import Sandbox
from rlaif.records.answers import Answers
from rlaif.records.base import nearest
from rlaif.records.criterion import Checked, Criterion, Item, leaves
from rlaif.records.grade import Answered, Score
from rlaif.records.outcome import Failure, Skipped
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.runs.fitting import FittingRows
from rlaif.runs.needs import runs_code
from rlaif.runs.sandbox import OnDemand
from rlaif.storage.answers import AnswersRow, read_answers
from rlaif.storage.samples import only_samples, read_rows

NOT_ANSWERED = "not answered"
_NO_CRITERIA = "the rubric takes its criteria from the samples: name them with --samples"


@dataclass(frozen=True, slots=True)
class Scored:
    """One person's answers about one sample, scored."""

    answers: Answers
    score: Score

    def row(self) -> dict[str, object]:
        """As JSON; the annotator where one is named, the reason where there is no score."""
        row: dict[str, object] = {
            "sample_id": self.answers.sample_id,
            "score": self.score.score,
            "raw_score": self.score.raw_score,
        }
        if self.answers.annotator is not None:
            row["annotator"] = self.answers.annotator
        if self.score.score is None:
            row["reason"] = self.score.reason
        return row


def score_answers(
    rubric: Rubric,
    source: str,
    samples: str | None = None,
    *,
    sandbox: Sandbox | None = None,
    unsafe_no_sandbox: bool = False,
    note: Callable[[str], None] | None = None,
) -> list[Scored]:
    """Score every row of `source`.

    With `samples`, checks that nobody answered are run, and criteria that a sample brings or that
    do not apply to it are known.

    Args: `sandbox`, `unsafe_no_sandbox` as of `try_examples`; `note` is told what the sandbox says
        of itself.
    Raises: FileProblems with every answer that fits no criterion, and nothing is scored;
        SandboxUnavailable.
    """
    rows = list(read_answers(source))
    known = _samples(rubric, samples, {row.answers.sample_id for row in rows}) if samples else None
    problems: list[Problem] = []
    open_rows: list[_OpenRow] = []
    for row in rows:
        sample = known.get(row.answers.sample_id) if known is not None else None
        if known is not None and sample is None:
            message = f"no sample '{row.answers.sample_id}' in {samples}"
            problems.append(Problem(row.path, row.line, 1, message))
            continue
        items = (*rubric.items, *(sample.criteria if sample else ()))
        found = list(_misfits(row, items))
        problems += found
        if not found:
            open_rows.append(_open_row(row.answers, items, rubric, sample))
    if problems:
        raise FileProblems(problems)
    if any(runs_code(list(made.open())) for _, _, made in open_rows if made):
        used = OnDemand(sandbox, unsafe=unsafe_no_sandbox)
        asyncio.run(_run_code([made for _, _, made in open_rows if made], used, note))
    return [Scored(answers, _score(answers, items, made)) for answers, items, made in open_rows]


_OpenRow = tuple[Answers, tuple[Item, ...], Plan | None]
"""Answers, the criteria that they are to, and the plan of the sample where there is one."""


def _open_row(
    answers: Answers, items: tuple[Item, ...], rubric: Rubric, sample: Sample | None
) -> _OpenRow:
    """What people answered is taken; what only a program can say is still open."""
    if sample is None:
        return answers, items, None
    made = plan(Work(sample), rubric, screen=False)
    made.given.update(_given(answers, items))
    return answers, items, made


async def _run_code(
    plans: Sequence[Plan], sandbox: OnDemand, note: Callable[[str], None] | None
) -> None:
    async with sandbox:
        await sandbox.start()
        for text in sandbox.notes:
            if note is not None:
                note(text)
        await run_code(plans, sandbox)


def _samples(rubric: Rubric, source: str, wanted: set[str]) -> dict[str, Sample]:
    rows = FittingRows(read_rows(source), rubric)
    return {s.sample_id: s for s in only_samples(rows) if s.sample_id in wanted}


def _misfits(row: AnswersRow, items: tuple[Item, ...]) -> Iterator[Problem]:
    criteria = {c.id: c for c in leaves(items)}
    for name in (*row.answers.answers, *row.answers.values):
        if name not in criteria:
            hint = nearest(name, criteria) if criteria else _NO_CRITERIA
            yield Problem(row.path, row.line, 1, f"no criterion '{name}'", hint)
    for name, label in row.answers.answers.items():
        if name in criteria and label is not None and not criteria[name].takes(label):
            message = f"'{name}' has no answer '{label}'"
            yield Problem(row.path, row.line, 1, message, criteria[name].told_answers)


def _score(answers: Answers, items: tuple[Item, ...], made: Plan | None) -> Score:
    given = dict(_given(answers, items))
    if made is not None:
        for criterion in list(made.open()):
            if isinstance(criterion, Checked):
                made.check(criterion)
        given = made.given
    absent = [c for c in leaves(items) if c.id not in given]
    for criterion in absent:
        given[criterion.id] = Answered(criterion.id, Failure("parse", NOT_ANSWERED))
    score = combine(items, given)
    if score.status == "failed" and absent:
        reason = f"{NOT_ANSWERED}: {', '.join(c.id for c in absent)}"
        if made is None and any(isinstance(c, Checked) for c in absent):
            reason += " (with --samples, checks are run)"
        return Score(None, None, "failed", reason, score.sections)
    return score


def _given(answers: Answers, items: tuple[Item, ...]) -> Iterator[tuple[str, Answered]]:
    for criterion in leaves(items):
        if criterion.id in answers.answers:
            yield criterion.id, _labelled(criterion, answers.answers)
        elif criterion.id in answers.values:
            value = answers.values[criterion.id]
            if value is None:
                yield criterion.id, Answered(criterion.id, Skipped("na"))
            else:
                yield criterion.id, answered_value(criterion, value)


def _labelled(criterion: Criterion, answers: Mapping[str, str | None]) -> Answered:
    label = answers[criterion.id]
    outcome = Skipped("na") if label is None else verdict_of_label(criterion, label)
    return answered(criterion, outcome)
