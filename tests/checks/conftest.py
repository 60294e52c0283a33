from collections.abc import Callable, Iterator

import pytest

from rlaif.checks.hidden import ANSWERED
from rlaif.checks.run import run_check, run_code_check
from rlaif.ports import Sandbox
from rlaif.records.checks import CHECKS, Check
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.subject import Subject, Turn

Ask = Callable[..., tuple[bool, str]]


def subject_of(final: str, reference: str | None = None, finish: str | None = None) -> Subject:
    turn = Turn("assistant", final)
    return Subject((Turn("user", "?"),), (turn,), final, final, reference, finish)


def check_of(name: str, **parameters: object) -> Check:
    return CHECKS[name].model_validate({"check": name, **parameters})


async def graded(
    sandbox: Sandbox, name: str, final: str = "def solve(): ...", **parameters: object
) -> Verdict:
    """Runs a check that needs the sandbox, and reaches a verdict."""
    outcome = await run_code_check(check_of(name, **parameters), subject_of(final), sandbox)
    assert isinstance(outcome, Verdict), outcome
    assert sum(outcome.distribution) == pytest.approx(1)
    assert outcome.label_mass is None
    return outcome


async def failed(
    sandbox: Sandbox, name: str, final: str = "def solve(): ...", **parameters: object
) -> str:
    """Runs a check that needs the sandbox, and fails through a fault of ours."""
    outcome = await run_code_check(check_of(name, **parameters), subject_of(final), sandbox)
    assert isinstance(outcome, Failure), outcome
    assert outcome.stage == "sandbox"
    return outcome.message


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    ANSWERED.forget()
    yield
    ANSWERED.forget()


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
        outcome = run_check(check_of(name, **parameters), subject_of(final, reference, finish))
        assert isinstance(outcome, Verdict), outcome
        assert outcome.label_mass is None
        assert outcome.distribution in ((0.0, 1.0), (1.0, 0.0))
        (case,) = outcome.cases
        assert case.passed == (outcome.distribution[1] == 1.0)
        assert len(case.message) < 400
        return case.passed, case.message

    return run
