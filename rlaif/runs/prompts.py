"""Exactly what a judge will see, prompt by prompt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rlaif.errors import InputError
from rlaif.grading.holistic import in_one
from rlaif.grading.plan import Plan, Work, plan
from rlaif.ports import Span
from rlaif.prompting.form import Form
from rlaif.prompting.prompt import Prompter
from rlaif.prompting.question import Question
from rlaif.records.criterion import Judged
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.runs.backends import backend_of
from rlaif.runs.fitting import FittingRows
from rlaif.runs.judge import prompter_of
from rlaif.storage.samples import only_samples, read_rows


@dataclass(frozen=True, slots=True)
class Shown:
    """One prompt. Ids and spans are empty for a judge that takes text."""

    sample_id: str
    criterion: str
    text: str
    """What `token_ids` encode; for a judge that takes text, its messages under their roles."""
    token_ids: tuple[int, ...]
    untrusted_spans: tuple[Span, ...]
    completion_span: Span | None
    labels: tuple[str, ...]
    judge: str = ""
    """Whose prompt it is, where there are several judges."""

    def row(self) -> dict[str, object]:
        """As JSON."""
        return {
            "sample_id": self.sample_id,
            "criterion": self.criterion,
            "text": self.text,
            "token_ids": list(self.token_ids),
            "untrusted_spans": [list(span) for span in self.untrusted_spans],
            "completion_span": list(self.completion_span) if self.completion_span else None,
            "labels": list(self.labels),
            **({"judge": self.judge} if self.judge else {}),
        }


def prompts(
    rubric: Rubric,
    judge: Judge,
    samples: str,
    mapping: Mapping[str, str],
    limit: int | None = None,
) -> Iterator[Shown]:
    """The prompt of every question about every sample that is not prescreened.

    No model is loaded. Raises: FileProblems, JudgeUnavailable, MissingExtra; InputError for text
    that cannot be written as a prompt.
    """
    prompters = [(seat, prompter_of(seat, backend_of(seat), rubric)) for seat in judge.seats]
    for sample in only_samples(FittingRows(read_rows(samples, mapping, limit), rubric)):
        made = plan(Work(sample), rubric)
        for seat, prompter in prompters:
            try:
                yield from _of_seat(made, seat, prompter, judge.name if judge.members else "")
            except ValueError as error:
                raise InputError(f"sample '{sample.sample_id}': {error}") from error


def _of_seat(made: Plan, seat: Judge, prompter: Prompter, panel: str) -> Iterator[Shown]:
    """What one judge is asked about one sample. Raises: ValueError for what cannot be written."""
    if seat.own.verdict == "holistic":
        made = in_one(made, prompter.overall)
    judged = [c for c in made.open() if isinstance(c, Judged)]
    if not judged:
        return
    prefix = prompter.prefix(made.subject)
    for name, question, labels in _questions(judged, seat, prompter):
        yield Shown(
            made.work.sample.sample_id,
            name,
            prompter.written(prefix, question),
            (*prefix.ids, *question.ids),
            prefix.untrusted,
            prefix.completion,
            labels,
            seat.name if panel else "",
        )


def _questions(
    judged: Sequence[Judged], seat: Judge, prompter: Prompter
) -> Iterator[tuple[str, Question | Form, tuple[str, ...]]]:
    """Each question with the ids of its criteria and the labels that answer it."""
    spec = seat.own
    if spec.reads_labels:
        for criterion in judged:
            question = prompter.question(criterion)
            yield criterion.id, question, question.labels
        return
    listed = spec.verdict == "one_call"
    for criteria in [judged] if listed else [[criterion] for criterion in judged]:
        form = prompter.form(criteria, listed=listed, evidence=spec.evidence)
        labels = dict.fromkeys(label for entry in form.entries for label in entry.labels)
        yield ", ".join(c.id for c in criteria), form, tuple(labels)
