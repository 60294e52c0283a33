"""What a pairwise job would ask, without asking it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlaif.checks.run import needs_sandbox
from rlaif.grading.pair_plan import PairPlan, PairWork, pair_plan
from rlaif.prompting.pair_prompt import PairPrompter
from rlaif.records.criterion import Checked
from rlaif.reporting.text import count_of
from rlaif.runs.backends import backend_of
from rlaif.runs.compare import PairOrder, fitting_pairs
from rlaif.runs.comparer import pair_prompter_of, refuse_written
from rlaif.runs.estimate import code_line
from rlaif.storage.problems import Problems


@dataclass(slots=True)
class PairEstimate:
    """Counts of one dry run."""

    pairs: int = 0
    prescreened: int = 0
    """Pairs that the prescreen decides."""
    checks: int = 0
    """Checks on one side of a pair."""
    code: int = 0
    """The same of checks that run code, which a dry run does not."""
    questions: int = 0
    """Each asked in both orders."""
    tokens: int = 0

    def text(self) -> str:
        """For a person."""
        lines = [
            f"{count_of(self.pairs, 'pair')}; {self.prescreened:,} decided by the prescreen",
            f"{count_of(self.checks, 'check')} by programs",
            *code_line(self.code),
            f"{count_of(self.questions, 'question')} to the judge, both orders counted",
        ]
        if self.tokens:
            lines.append(f"{self.tokens:,} prompt tokens, sharing each order's text")
        return "\n".join([*lines, "Nothing was asked and nothing was written."])


def estimate_pairs(order: PairOrder) -> PairEstimate:
    """Plan every pair as comparing would, run its cheap checks, and count the rest.

    A new run is assumed: what an existing one has answered is not taken off.
    Raises: FileProblems for pairs at fault; InputError for a check that can be forged.
    """
    prompters: list[PairPrompter] = []
    if order.judge:
        refuse_written(order.judge)
        seats = order.judge.speaking(order.rubric.language).seats
        prompters = [pair_prompter_of(seat, backend_of(seat)) for seat in seats]
    counted, problems = PairEstimate(), Problems()
    for row in fitting_pairs(order):
        problems.add(row.problems)
        if row.pair is not None:
            _count(counted, pair_plan(PairWork(row.pair), order.rubric), prompters)
    problems.refuse()
    return counted


def _count(counted: PairEstimate, made: PairPlan, prompters: Sequence[PairPrompter]) -> None:
    counted.pairs += 1
    counted.prescreened += made.screened is not None
    checks = [c for c in made.open() if isinstance(c, Checked)]
    code = sum(needs_sandbox(c.check) for c in checks)
    counted.checks += 2 * (len(checks) - code)
    counted.code += 2 * code
    made.check()
    judged = made.open_judged()
    counted.questions += 2 * len(judged) * max(len(prompters), 1)
    for prompter in prompters if judged else ():
        a, b = made.subjects
        orders = prompter.shown(a, b), prompter.shown(b, a)
        counted.tokens += sum(len(shown.prefix.ids) for shown in orders)
        counted.tokens += 2 * sum(len(prompter.pair_question(c).ids) for c in judged)
