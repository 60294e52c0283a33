"""What a job would ask, without asking it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlaif.checks.run import needs_sandbox
from rlaif.grading.combine import unmet_gates
from rlaif.grading.holistic import in_one
from rlaif.grading.plan import Plan, Work, plan
from rlaif.prompting.prompt import Prompter
from rlaif.records.criterion import Checked, Judged
from rlaif.reporting.text import count_of
from rlaif.runs.backends import backend_of
from rlaif.runs.judge import prompter_of
from rlaif.runs.order import Order
from rlaif.runs.samples_in import fitting_rows
from rlaif.storage.samples import only_samples


@dataclass(slots=True)
class Estimate:
    """Counts of one dry run."""

    samples: int = 0
    prescreened: int = 0
    gated: int = 0
    """Samples that an unmet check gate settles before the judge."""
    checks: int = 0
    code: int = 0
    """Checks that run code, which a dry run does not."""
    questions: int = 0
    tokens: int = 0
    tokens_alone: int = 0
    """If every question were a prompt of its own."""

    def text(self) -> str:
        """For a person."""
        lines = [
            f"{count_of(self.samples, 'sample')}; {self.prescreened:,} prescreened and scored 0",
            f"{count_of(self.checks, 'check')} by programs; "
            f"{count_of(self.gated, 'sample')} settled by their gates",
            *code_line(self.code),
            f"{count_of(self.questions, 'question')} to the judge, at most: "
            "its own gates may settle more",
        ]
        if self.tokens:
            lines.append(
                f"{self.tokens:,} prompt tokens, sharing each sample's text among its questions "
                f"({self.tokens_alone:,} without)"
            )
        return "\n".join([*lines, "Nothing was asked and nothing was written."])


def code_line(checks: int) -> list[str]:
    """How many checks would run code; nothing where none would."""
    if not checks:
        return []
    told = "in the sandbox, at most: they are not run here, and their gates may settle more"
    return [f"{count_of(checks, 'check')} {told}"]


def estimate(order: Order) -> Estimate:
    """Plan every sample as grading would, run its cheap checks, and count the rest.

    A new run is assumed: what an existing one has answered is not taken off.
    Raises: FileProblems for samples at fault; InputError for a check that can be forged.
    """
    seats = order.judge.seats if order.judge else ()
    prompters = [prompter_of(seat, backend_of(seat), order.rubric) for seat in seats]
    counted = Estimate()
    for sample in only_samples(fitting_rows(order)):
        made = plan(Work(sample), order.rubric)
        if seats and seats[0].own.verdict == "holistic":
            made = in_one(made, prompters[0].overall)
        _count(counted, made, prompters)
    return counted


def _count(counted: Estimate, made: Plan, prompters: Sequence[Prompter]) -> None:
    counted.samples += 1
    opened = list(made.open())
    if not opened:
        counted.prescreened += bool(made.prescreened)
        return
    for criterion in opened:
        if isinstance(criterion, Checked) and needs_sandbox(criterion.check):
            counted.code += 1
        elif isinstance(criterion, Checked):
            made.check(criterion)
            counted.checks += 1
    needless = unmet_gates(made.items, made.given)
    judged = [c for c in opened if isinstance(c, Judged) and c.id not in needless]
    counted.gated += bool(needless) and not judged
    counted.questions += len(judged) * max(len(prompters), 1)
    for prompter in prompters if judged else ():
        prefix = len(prompter.prefix(made.subject).ids)
        questions = [len(prompter.question(c).ids) for c in judged]
        counted.tokens += prefix + sum(questions)
        counted.tokens_alone += prefix * len(questions) + sum(questions)
