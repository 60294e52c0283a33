import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rlaif.checks.run import run_check
from rlaif.records.checks import FinalNumber
from rlaif.records.outcome import Failure
from rlaif.records.subject import Subject

Ask = Callable[..., tuple[bool, str]]
SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "gsm8k_samples.jsonl"


def test_the_message_says_both_numbers(ask: Ask) -> None:
    assert ask("final_number", "A: 26", "A: 18") == (False, "last number 26, reference 18")
    assert ask("final_number", "none", "A: 18") == (False, "no number, reference 18")


def test_equals_stands_in_for_the_reference(ask: Ask) -> None:
    assert ask("final_number", "so 0.1", equals=0.1) == (True, "last number 0.1, wanted 0.1")
    assert not ask("final_number", "so 0.1", "0.1", equals=0.2)[0]


def test_the_tolerance_is_absolute_and_exact(ask: Ask) -> None:
    assert ask("final_number", "0.33", "1/3", tolerance=0.01)[0]
    assert not ask("final_number", "0.33", "1/3")[0]
    assert ask("final_number", "0.3", "0.2", tolerance=0.1)[0]
    assert not ask("final_number", "0.30001", "0.2", tolerance=0.1)[0]


@pytest.mark.parametrize("reference", [None, "", "none", "1/0", "1e99999"])
def test_a_reference_without_a_number_is_a_failure_of_ours(
    subject: Callable[..., Subject], reference: str | None
) -> None:
    outcome = run_check(FinalNumber(check="final_number"), subject("18", reference))
    assert isinstance(outcome, Failure)
    assert outcome.stage == "missing_reference"


def test_a_number_too_large_to_compare_is_a_no(ask: Ask) -> None:
    met, why = ask("final_number", "1e999999999", "18")
    assert not met
    assert "too large to compare" in why


@pytest.mark.data
@pytest.mark.skipif(not SAMPLES.exists(), reason="the public data sets are not here")
def test_it_agrees_with_the_truth_of_gsm8k() -> None:
    rows = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
    wrong = []
    for row in rows:
        text = row["completion"]
        outcome = run_check(
            FinalNumber(check="final_number"), Subject((), (), text, text, row["reference"])
        )
        assert not isinstance(outcome, Failure)
        if (outcome.distribution[1] == 1.0) != row["metadata"]["is_correct"]:
            wrong.append(row["sample_id"])
    assert len(rows) == 1000
    assert wrong == []
