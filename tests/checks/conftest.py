from collections.abc import Callable

import pytest

from rlaif.checks.run import run_check
from rlaif.records.checks import CHECKS
from rlaif.records.outcome import Verdict
from rlaif.records.subject import Subject, Turn

Ask = Callable[..., tuple[bool, str]]


def subject_of(final: str, reference: str | None = None, finish: str | None = None) -> Subject:
    turn = Turn("assistant", final)
    return Subject((Turn("user", "?"),), (turn,), final, final, reference, finish)


@pytest.fixture
def subject() -> Callable[..., Subject]:
    return subject_of


@pytest.fixture
def ask() -> Ask:
    """Runs a check that reaches a verdict; gives whether it was met, and what it says."""

    def run(
        name: str,
        final: str,
        reference: str | None = None,
        finish: str | None = None,
        **parameters: object,
    ) -> tuple[bool, str]:
        check = CHECKS[name].model_validate({"check": name, **parameters})
        outcome = run_check(check, subject_of(final, reference, finish))
        assert isinstance(outcome, Verdict), outcome
        assert outcome.label_mass is None
        assert outcome.distribution in ((0.0, 1.0), (1.0, 0.0))
        (case,) = outcome.cases
        assert case.passed == (outcome.distribution[1] == 1.0)
        assert len(case.message) < 400
        return case.passed, case.message

    return run
