"""The figures of a dry run, out of plans whose questions were counted and not asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from rlaif.checks.run import needs_sandbox
from rlaif.grading.plan import Plan
from rlaif.grading.seat import Asker
from rlaif.records.backends import ScriptedJudge
from rlaif.records.criterion import Checked, Criterion, Judged
from rlaif.records.outcome import Failure, Skipped
from rlaif.records.panel import CascadeJudge
from rlaif.reporting.estimated import Estimate
from rlaif.runs.estimate_counting import UNASKED, Counting
from rlaif.storage.manifest import added

_NOT_SEEN = (
    "the judge's model was not looked at: what the cache, or the run under this judge, may know "
    "is not taken off; --calibrate looks at it"
)
_NO_WINDOW = (
    "how long a prompt the judge takes is not known before it is started: completions that are too "
    "long for it are counted as asked"
)
_THOUGHTS = "what the judge thinks is counted as a question of its own, and read again after it"


def count_plan(found: Estimate, made: Plan, asker: Asker) -> bool:
    """Add one sample; whether anything is asked about it."""
    if made.prescreened:
        found.prescreened += 1
        return False
    asked = [criterion for criterion in made.criteria if _open(made, criterion)]
    judged = [criterion for criterion in asked if isinstance(criterion, Judged)]
    code = [criterion for criterion in asked if isinstance(criterion, Checked)]
    found.code += len(code)
    found.checks += sum(1 for criterion in made.criteria if _ran(made, criterion))
    found.asked_of += bool(judged)
    found.gated += not judged and any(
        isinstance(c, Judged) and made.given[c.id].outcome == Skipped("gate") for c in made.criteria
    )
    found.failing.update(_failing(made))
    if judged:
        found.bounds.update(_bounds(judged, code, asker))
    return bool(judged)


def _open(made: Plan, criterion: Criterion) -> bool:
    """Whether an answer is lacking that a real job would have."""
    outcome = made.given[criterion.id].outcome
    return isinstance(outcome, Failure) and UNASKED in outcome.message


def _failing(made: Plan) -> Iterator[str]:
    """The stages of questions that cannot be asked."""
    for criterion in made.criteria:
        outcome = made.given[criterion.id].outcome
        if isinstance(criterion, Judged) and isinstance(outcome, Failure):
            yield from () if UNASKED in outcome.message else (outcome.stage,)


def _ran(made: Plan, criterion: Criterion) -> bool:
    """Whether a check was run for it just now."""
    if not isinstance(criterion, Checked) or needs_sandbox(criterion.check):
        return False
    answered = made.given[criterion.id]
    return not isinstance(answered.outcome, Skipped) and answered.key not in made.work.prior


def _bounds(judged: list[Judged], code: list[Checked], asker: Asker) -> Iterator[str]:
    """Why less may be asked about a sample than was counted."""
    if 0 < sum(1 for c in judged if c.gate is not False) < len(judged):
        yield "gates"
    if any(c.gate is not False for c in code):
        yield "code"
    if any((seat.spec.most_votes or 0) > seat.spec.votes for seat in asker.seats):
        yield "votes"
    if isinstance(asker.rule, CascadeJudge):
        yield "cascade"


def counted_in(found: Estimate, asker: Asker) -> None:
    """Add what the judge's backends have counted."""
    for seat in asker.seats:
        tally = cast(Counting, seat.backend).tally  # made so by the dry run
        found.questions += tally.questions
        found.again += tally.again
        found.tokens += tally.tokens
        found.shared += tally.shared
        found.written += tally.written
        found.about = found.about or tally.about
        if tally.thoughts:
            found.notes.append(_THOUGHTS)
        if seat.spec.price is not None:
            least, most = tally.cost(seat.spec.price)
            currency = seat.spec.price.currency
            found.cost_least = added(found.cost_least, {currency: least})
            found.cost_most = added(found.cost_most, {currency: most})


def notes_on(asker: Asker, served: str) -> Iterator[str]:
    """What a person has to know of figures for which the judge was not started.

    Args: `served`, what its model is; empty where nobody knows.
    """
    if not served:
        yield _NOT_SEEN
    models = [seat for seat in asker.seats if not isinstance(seat.spec, ScriptedJudge)]
    if any(seat.max_length is None for seat in models):
        yield _NO_WINDOW
