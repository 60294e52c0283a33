"""Advice on criteria: what is said, and from which figure on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rlaif.agreement.criteria import Counted, facts
from rlaif.agreement.criteria_advice import Asked, advice, pair_of
from rlaif.records.agreement import CriterionFacts
from rlaif.records.figures import ItemFigures, OutcomeCount, Twins

ONE = Asked("one", fault=False, gate=False, by_check=False, yes_or_no=True)
SOUND = CriterionFacts("one", 1000, 0, 0, 0.6, 0.4, 1.2, -0.3, 0.1, None, (), ())
ANSWERS = (
    OutcomeCount("one", "verdict", "yes", 600, 560.0),
    OutcomeCount("one", "verdict", "no", 400, 40.0),
)


def told(asked: Asked = ONE, answers: Any = ANSWERS, pairs: Any = (), **more: Any) -> list[str]:
    return list(advice(replace(SOUND, **more), asked, answers, pairs, more.get("answered", 1000)))


def test_nothing_is_said_of_a_sound_criterion() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("fault", "correlation", "said"),
    [
        (False, -0.3, "Goes against the rest"),
        (True, 0.3, "Goes against the rest"),
        (True, -0.3, ""),
        (False, 0.02, "next to nothing to do with the rest"),
        (False, -0.03, "next to nothing to do with the rest"),
        (False, 0.15, ""),
    ],
)
def test_a_sign_is_doubted_by_the_polarity(fault: bool, correlation: float, said: str) -> None:
    found = told(replace(ONE, fault=fault), discrimination=correlation)
    assert said in "".join(found)
    assert bool(found) == bool(said)


def test_a_correlation_that_chance_explains_is_no_ground_to_doubt_a_sign() -> None:
    answers = [replace(one, count=one.count // 20) for one in ANSWERS]
    assert told(answers=answers, answered=50, discrimination=-0.2) == []


def test_few_answers_say_nothing_else() -> None:
    assert told(answered=19, discrimination=-0.9) == ["Only 19 answers: too few to say more."]


def test_one_answer_nearly_everywhere_is_told_with_its_share() -> None:
    answers = [replace(ANSWERS[0], count=990), replace(ANSWERS[1], count=10)]
    assert told(answers=answers)[0].startswith("Answered 'yes' in 99% of the samples")
    gate = told(replace(ONE, gate=True), answers=answers)
    assert gate[0].endswith("As a gate it may do its work all the same.")
    nearly = [replace(ANSWERS[0], count=9999), replace(ANSWERS[1], count=1)]
    assert "99.9%" in told(answers=nearly, answered=10_000)[0]


def test_failures_are_told_by_their_stage_from_a_twentieth_on() -> None:
    failed = OutcomeCount("one", "failure", "parse", 60, None)
    assert told(answers=[*ANSWERS, failed], failed=60) == [
        "Failed on 5.7% (mostly parse: the judge's answer could not be read)."
    ]
    assert told(answers=[*ANSWERS, replace(failed, count=20)], failed=20) == []


def test_a_criterion_that_hardly_any_sample_is_asked_is_told() -> None:
    skipped = OutcomeCount("one", "skipped", "when", 19_000, None)
    found = told(answers=[*ANSWERS, skipped], skipped=19_000)
    assert found == ["Asked of 5% of the samples only, else skipped (mostly: not asked of these)."]


def test_nothing_graded_is_told() -> None:
    assert told(answers=[], answered=0) == ["No sample has an outcome of it yet."]


def test_unsure_verdicts_are_told_from_a_quarter_on() -> None:
    assert "unsure in 25%" in told(ambiguity=0.25)[0]
    assert told(ambiguity=0.24) == []


def test_agreement_is_redundant_only_beyond_chance() -> None:
    assert pair_of(Twins("a", "b", 1000, 980, 10, 10), "b", False) is None  # chance gives as much
    pair = pair_of(Twins("a", "b", 1000, 480, 10, 10), "b", False)
    assert pair is not None
    assert pair.redundant
    assert pair.alike == pytest.approx(0.98)
    assert pair.chance == pytest.approx(0.49**2 + 0.51**2)
    assert pair.kappa == pytest.approx((0.98 - pair.chance) / (1 - pair.chance))
    assert pair_of(Twins("a", "b", 19, 10, 0, 0), "b", False) is None
    assert pair_of(Twins("a", "b", 100, 100, 0, 0), "b", False) is None


def test_two_that_are_the_reverse_of_each_other_are_told_so() -> None:
    pair = pair_of(Twins("a", "b", 1000, 10, 490, 490), "b", False)
    assert pair is not None
    assert not pair.redundant
    assert "Is met where 'b' is not, in 98%" in told(pairs=[pair])[0]


def test_a_redundant_pair_is_listed_at_both_and_told_at_the_first() -> None:
    asked = [replace(ONE, name=name) for name in "ab"]
    outcomes = [replace(one, criterion=name) for name in "ab" for one in ANSWERS]
    counted = Counted(
        outcomes=outcomes,
        items={name: ItemFigures(name, 1000, 0.6, 0.5, 0.4) for name in "ab"},
        twins=[Twins("a", "b", 1000, 590, 10, 10)],
        doubts={"a": 0.1, "b": 0.1},
        model={},
        prompts=1.0,
        tokens=120.0,
    )
    first, second = facts(asked, counted)
    assert first.redundant == (("b", 0.98),)
    assert second.redundant == (("a", 0.98),)
    assert first.advice[0].endswith("It takes 50% of the judge's questions.")
    assert second.advice == ()
    assert first.prevalence == pytest.approx(0.6)
    assert (first.tokens, first.questions) == (120.0, 0.5)
