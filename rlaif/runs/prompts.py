"""Exactly what a judge will see, prompt by prompt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rlaif.errors import InputError
from rlaif.grading.plan import Work, plan
from rlaif.ports import Span
from rlaif.records.criterion import Judged
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.runs.fitting import FittingRows
from rlaif.runs.judge import backend_of, prompter_of
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
    prompter = prompter_of(judge, backend_of(judge), rubric)
    for sample in only_samples(FittingRows(read_rows(samples, mapping, limit), rubric)):
        made = plan(Work(sample), rubric)
        judged = [c for c in made.open() if isinstance(c, Judged)]
        if not judged:
            continue
        try:
            prefix = prompter.prefix(made.subject)
            questions = [prompter.question(criterion) for criterion in judged]
        except ValueError as error:
            raise InputError(f"sample '{sample.sample_id}': {error}") from error
        for criterion, question in zip(judged, questions, strict=True):
            yield Shown(
                sample.sample_id,
                criterion.id,
                prompter.written(prefix, question),
                (*prefix.ids, *question.ids),
                prefix.untrusted,
                prefix.completion,
                question.labels,
            )
