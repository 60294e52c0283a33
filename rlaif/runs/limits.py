"""What a job may fail, and what it may cost, before it ends itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rlaif.errors import InputError, Stopped
from rlaif.grading.usage import Usage
from rlaif.records.judge import Judge
from rlaif.reporting.money import money
from rlaif.reporting.text import count_of
from rlaif.runs.watching import Step
from rlaif.storage.manifest import Spent

_GOES_ON = "what was graded is kept, and the same command goes on"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a job is to stop before its end. None: never."""

    max_failures: int | None = None
    """Grades without a score that this job may have."""
    budget: float | None = None
    """What the run may cost in all its jobs, in the currency of the judge's price."""

    def guard(self, judge: Judge | None, spent: Spent) -> Guard:
        """Who watches over them in one job. Call it before anything is asked.

        Args: the judge, None where nothing is asked of one; `spent`, what the run cost so far.
        Raises: InputError for a budget that cannot be kept; Stopped for one that is used up.
        """
        currency = _currency(judge) if self.budget is not None else ""
        guard = Guard(self, currency, spent.cost.get(currency, 0.0))
        if currency and guard.before and guard.before >= (self.budget or 0.0):
            raise guard.used_up(guard.before)
        return guard


NO_LIMITS = Limits()


class Guard:
    """Counts what fails and what is spent in one job."""

    def __init__(self, limits: Limits, currency: str = "", before: float = 0.0) -> None:
        """Keep `limits`; `before`: what earlier jobs of the run have spent in `currency`."""
        self.limits, self.currency, self.before = limits, currency, before
        self._failed = 0
        self._stages: Counter[str] = Counter()

    def check(self, step: Step, usage: Usage) -> None:
        """Count a step. Raises: Stopped where a limit is passed."""
        self._failed += step.failed
        self._stages.update(step.stages)
        most = self.limits.max_failures
        if most is not None and self._failed > most:
            raise Stopped(
                f"stopped after {count_of(self._failed, 'failed grade')} "
                f"(--max-failures {most}){_by_stage(self._stages)}\n"
                f"  hint: {_GOES_ON}; --retry-failed asks again what failed"
            )
        if self.limits.budget is not None and self.currency:
            self._check_budget(self.limits.budget, usage)

    def _check_budget(self, budget: float, usage: Usage) -> None:
        if usage.priced and not (usage.computed + usage.cached):
            raise Stopped(
                "stopped: the judge's server does not say how many tokens it used, so that "
                f"--budget {budget:g} cannot be kept\n"
                f"  hint: grade without --budget; {_GOES_ON}"
            )
        now = self.before + usage.cost.get(self.currency, 0.0)
        if now >= budget:
            raise self.used_up(now)

    def used_up(self, now: float) -> Stopped:
        """The error that says that the budget is spent."""
        earlier = (
            f", {money({self.currency: self.before})} of it in earlier jobs" if self.before else ""
        )
        return Stopped(
            f"stopped: the run has cost {money({self.currency: now})}{earlier} "
            f"(--budget {self.limits.budget:g})\n"
            f"  hint: {_GOES_ON} with a larger --budget, which counts the run as a whole"
        )


def _by_stage(stages: Mapping[str, int]) -> str:
    told = ", ".join(f"{n:,} {stage}" for stage, n in Counter(stages).most_common())
    return f": {told}" if told else ""


def _currency(judge: Judge | None) -> str:
    """The currency of the judge's price; of all its members', where it has some.

    Raises: InputError where one has no price, or another currency than the others.
    """
    if judge is None:
        return ""
    without = [seat.name for seat in judge.seats if seat.own.price is None]
    if without:
        raise InputError(
            f"--budget: there is no price in the file of the judge {', '.join(without)}\n"
            "  hint: state there what a million tokens cost: price: {input: 0.15, output: 0.6}"
        )
    currencies = sorted(set(_currencies(judge)))
    if len(currencies) > 1:
        raise InputError(
            f"--budget: the judges' prices are in {' and '.join(currencies)}\n"
            "  hint: state them all in one currency"
        )
    return currencies[0]


def _currencies(judge: Judge) -> Iterator[str]:
    for seat in judge.seats:
        if seat.own.price is not None:
            yield seat.own.price.currency
