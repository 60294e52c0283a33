from collections.abc import Callable

import pytest

from rlaif.checks.run import run_check
from rlaif.records.checks import Choice
from rlaif.records.outcome import Failure
from rlaif.records.subject import Subject

Ask = Callable[..., tuple[bool, str]]


@pytest.mark.parametrize("reference", ["B", "(B)", "B) Paris", "b"])
def test_the_reference_may_be_a_letter_in_any_dress(ask: Ask, reference: str) -> None:
    assert ask("choice", "The answer is B.", reference) == (True, "chooses B, reference B")
    assert ask("choice", "The answer is C.", reference) == (False, "chooses C, reference B")


def test_answer_stands_in_for_the_reference(ask: Ask) -> None:
    assert ask("choice", "C", answer="(c)") == (True, "chooses C, wanted C")


def test_no_letter_is_a_no(ask: Ask) -> None:
    assert ask("choice", "Paris", "B") == (False, "chooses no single letter, reference B")


@pytest.mark.parametrize("reference", [None, "Paris"])
def test_a_reference_without_a_letter_is_a_failure_of_ours(
    subject: Callable[..., Subject], reference: str | None
) -> None:
    outcome = run_check(Choice(check="choice"), subject("B", reference))
    assert isinstance(outcome, Failure)
    assert outcome.stage == "missing_reference"
