"""A judge's hidden states on labelled samples, for a probe."""

from __future__ import annotations

from typing import Any

from rlaif.errors import InputError, JudgeUnavailable
from rlaif.grading.completion import prepare
from rlaif.lazy import ADAPTERS, load
from rlaif.ports import JudgeBackend, Prefix
from rlaif.prompting.prompt import Prompter
from rlaif.records.backends import TransformersJudge
from rlaif.records.criterion import Judged
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.runs.backends import backend_of
from rlaif.runs.judge import prompter_of


def refuse_closed(judge: Judge) -> None:
    """Raises: InputError for a judge whose hidden states cannot be had, or that reads none."""
    spec = judge.spec
    if not isinstance(spec, TransformersJudge):
        raise InputError(
            f"--probe: {judge.name} gives no hidden states\n"
            "  hint: they are had of a judge with backend: transformers"
        )
    if spec.verdict != "label_probability" or spec.thinking:
        raise InputError(
            f"--probe: {judge.name} writes before its verdict, or gives one for all criteria\n"
            "  hint: they are had of a judge with verdict: label_probability, that does not think"
        )


class Probing:
    """Asks the judge's own questions, and takes what its model holds where the answer stands."""

    def __init__(self, judge: Judge, rubric: Rubric, served: str) -> None:
        """Load the model. Args: `served`, what graded the run.

        Raises: InputError, JudgeUnavailable; MissingExtra.
        """
        refuse_closed(judge)
        backend: JudgeBackend = backend_of(judge)
        self._prompter: Prompter = prompter_of(judge, backend, rubric)
        self._states = load(ADAPTERS["hidden_states"])(judge.spec, judge.folder)
        self._rubric = rubric
        self._last: tuple[str, Prefix] | None = None
        if self._states.served != served:
            raise JudgeUnavailable(
                f"--probe: another model is loaded than the one that graded the run:\n"
                f"  then: {served}\n  now:  {self._states.served}"
            )

    def __call__(self, sample: Sample, criterion: Judged) -> Any:
        """(size,) float32; None for a prompt that the judge does not take."""
        if not criterion.yes_or_no:
            return None
        try:
            prefix = self._prefix(sample)
            ids = (*prefix.ids, *self._prompter.question(criterion).ids)
        except ValueError:
            return None
        longest = self._states.max_length
        return None if longest and len(ids) > longest else self._states(ids)

    def _prefix(self, sample: Sample) -> Prefix:
        if self._last is None or self._last[0] != sample.sample_id:
            subject = prepare(sample, self._rubric.reasoning)
            self._last = sample.sample_id, self._prompter.prefix(subject)
        return self._last[1]
