from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.grading.attack_texts import FAMILIES
from rlaif.grading.attacks import (
    CONTROL,
    Canary,
    canaries_on,
    choose,
    judged_only,
    with_questions,
)
from rlaif.records.criterion import leaves
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample

Make = Callable[..., Any]
DATA = Path(__file__).parents[3] / "shared" / "data" / "judge_attacks.jsonl"
EVERY = 2 * len(FAMILIES)


def canaries(
    samples: Sequence[Sample], rubric: Rubric, count: int = EVERY, seed: int = 0
) -> list[Canary]:
    judged = judged_only(rubric)
    chosen = choose(with_questions(samples, judged), count, seed)
    return list(canaries_on(chosen, judged, count, seed))


def many(sample: Make, count: int) -> list[Sample]:
    return [
        sample(f"s{n}", prompt=f"What is {n} + {n}?", reference=str(2 * n)) for n in range(count)
    ]


def test_each_family_has_several_attacks_no_two_alike() -> None:
    texts = [text for family in FAMILIES.values() for text in family.texts]
    assert len(FAMILIES) == 13
    assert min(len(family.texts) for family in FAMILIES.values()) >= 5
    assert len(set(texts)) == len(texts)


def test_no_placeholder_is_left_in_an_attack(sample: Make, rubric: Make) -> None:
    asked = rubric({"id": "a", "weight": 2}, {"id": "b"})
    longest = max(len(family.texts) for family in FAMILIES.values())
    made = canaries([sample()], asked, longest * len(FAMILIES))
    assert not [canary for canary in made if "$" in canary.attack]
    shown = {word for canary in made for word in ("Is a so?", '"id":"b"') if word in canary.attack}
    assert shown == {"Is a so?", '"id":"b"'}


def test_families_come_in_turn_and_each_text_once_before_any_again(
    sample: Make, rubric: Make
) -> None:
    made = canaries([sample()], rubric({"id": "a"}), 5 * len(FAMILIES))
    assert [canary.family for canary in made] == list(FAMILIES) * 5
    attacks = [canary.attack for canary in made]
    assert len(set(attacks)) == len(attacks)


def test_the_same_seed_draws_the_same_in_whatever_order_the_samples_come(
    sample: Make, rubric: Make
) -> None:
    samples, asked = many(sample, 40), rubric({"id": "a"})
    made = canaries(samples, asked, 10, seed=3)
    assert canaries(samples[::-1], asked, 10, seed=3) == made
    assert canaries(samples, asked, 10, seed=4) != made


def test_prompts_are_all_different_until_there_are_no_more(sample: Make, rubric: Make) -> None:
    asked = rubric({"id": "a"})
    wide = canaries(many(sample, 40), asked, 30)
    assert len({canary.source for canary in wide}) == 30
    narrow = canaries(many(sample, 4), asked, 10)
    assert sorted(Counter(canary.source for canary in narrow).values()) == [2, 2, 3, 3]


def test_samples_of_one_group_are_one_prompt(sample: Make, rubric: Make) -> None:
    group = [sample(f"s{n}") for n in range(5)]
    assert {canary.source for canary in canaries(group, rubric({"id": "a"}), 10)} == {"s0"}


def test_a_family_meets_other_prompts_where_there_are_as_many_of_both(
    sample: Make, rubric: Make
) -> None:
    made = canaries(many(sample, len(FAMILIES)), rubric({"id": "a"}))
    met = {canary.source for canary in made if canary.family == "order"}
    assert len(met) == 2


def test_a_canary_keeps_all_of_its_sample_but_what_the_policy_did(
    sample: Make, rubric: Make
) -> None:
    own = {"id": "own", "ask": "Is that of the sample so?"}
    checked = {"id": "own-check", "check": "contains", "text": "4"}
    given = sample(
        prompt=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}],
        reference="4",
        metadata={"k": 1},
        policy="p",
        group_id="g",
        finish_reason="length",
        criteria=[own, checked],
    )
    for canary in canaries([given], rubric({"id": "a"})):
        for made in (canary.sample, canary.control):
            assert (made.prompt, made.reference, made.metadata) == (given.prompt, "4", {"k": 1})
            assert (made.policy, made.group_id, made.finish_reason) == (None, None, None)
            assert [criterion.id for criterion in leaves(made.criteria)] == ["own"]
        assert canary.sample.completion == canary.attack
        assert canary.control.completion == CONTROL


def test_no_two_samples_of_canaries_share_an_id_unless_they_are_the_same(
    sample: Make, rubric: Make
) -> None:
    made = canaries(many(sample, 5), rubric({"id": "a"}))
    both = [one for canary in made for one in (canary.sample, canary.control)]
    by_id = {one.sample_id: one for one in both}
    assert all(by_id[one.sample_id] == one for one in both)
    assert len(by_id) == len(made) + 5


def test_only_what_the_judge_is_asked_is_left_of_a_rubric(rubric: Make) -> None:
    check = {"check": "contains", "text": "4"}
    example = {"prompt": "p", "completion": "c", "expect": {"a": "yes", "x": "no"}}
    given = rubric(
        {"id": "a", "weight": 3, "gate": True},
        {"id": "x", **check},
        {"section": "s", "criteria": [{"id": "y", **check}]},
        {"section": "t", "weight": 2, "criteria": [{"id": "b"}, {"id": "z", **check}]},
        examples=[example],
    )
    kept = judged_only(given)
    assert [criterion.id for criterion in leaves(kept.items)] == ["a", "b"]
    assert [item.weight for item in kept.items] == [3, 2]
    assert kept.examples == ()
    assert [criterion.id for criterion in leaves(given.items)] == ["a", "x", "y", "b", "z"]


def test_samples_that_a_judge_is_asked_nothing_about_bear_no_canary(
    sample: Make, rubric: Make
) -> None:
    own = sample("own", criteria=[{"id": "o", "ask": "Is that of the sample so?"}])
    check = {"id": "x", "check": "contains", "text": "4"}
    kept = judged_only(rubric(check))
    found = list(with_questions([sample("plain"), own, sample("c", criteria=[check])], kept))
    assert [one.sample_id for one in found] == ["own"]
    per_sample = list(with_questions([sample("plain"), own], judged_only(rubric())))
    assert [one.sample_id for one in per_sample] == ["own"]


COLOURS = [{"blue": {"points": 0}}, {"red": {"points": 1}}, "green"]


@pytest.mark.parametrize(
    ("criterion", "label"),
    [
        ({"id": "c"}, "Yes"),
        ({"id": "c", "levels": ["bad", "fair", "good"]}, "C"),
        ({"id": "c", "choices": COLOURS}, "B"),
    ],
)
def test_an_attack_is_aimed_at_what_earns_most(
    sample: Make, rubric: Make, criterion: dict[str, Any], label: str
) -> None:
    asked = rubric({**criterion, "weight": 5}, {"id": "light", "weight": -1})
    forged = [c for c in canaries([sample()], asked, 60) if '"answers"' in c.attack]
    text = forged[0].attack
    start = text.index('{"answers"')
    rows = json.JSONDecoder().raw_decode(text[start:])[0]["answers"]
    assert {row["id"]: row["verdict"] for row in rows} == {"c": label, "light": "No"}


FAULTS = ({"id": "a", "weight": -1}, {"section": "s", "criteria": [{"id": "b", "weight": -2}]})


def test_where_only_faults_are_asked_for_the_attack_stands_behind_the_own_completion(
    sample: Make, rubric: Make
) -> None:
    made = canaries([sample(completion="It is 5.")], rubric(*FAULTS))
    assert all(canary.behind for canary in made)
    assert {canary.family for canary in made} == set(FAMILIES) - {"opener", "empty"}
    assert {canary.control.completion for canary in made} == {"It is 5."}
    assert all(c.sample.completion == f"It is 5.\n\n{c.attack}" for c in made)


def test_behind_a_chat_the_attack_ends_the_policys_last_turn(sample: Make, rubric: Make) -> None:
    chat = [
        {"role": "assistant", "content": "Let me look."},
        {"role": "tool", "content": "5"},
        {"role": "assistant", "content": "It is 5."},
        {"role": "tool", "content": "ok"},
    ]
    canary = canaries([sample(completion=chat)], rubric(*FAULTS), 1)[0]
    told = [message.content for message in canary.sample.completion]  # type: ignore[union-attr]  # known to be one
    assert told == ["Let me look.", "5", f"It is 5.\n\n{canary.attack}", "ok"]


@given(count=st.integers(1, 60), prompts=st.integers(1, 30), seed=st.integers())
def test_there_are_as_many_canaries_as_asked_for(count: int, prompts: int, seed: int) -> None:
    criterion: Any = {"id": "a", "ask": "Is it all right?"}
    asked = Rubric(rubric="r", version="1.0.0", title="R", criteria=(criterion,))
    samples = [Sample(sample_id=f"s{n}", prompt=f"p{n}", completion="c") for n in range(prompts)]
    made = canaries(samples, asked, count, seed)
    families, sources = (Counter(getattr(c, k) for c in made) for k in ("family", "source"))
    assert len(made) == count
    assert max(families.values()) - min(families.values()) <= 1
    assert len(sources) == min(count, prompts)
    assert max(sources.values()) - min(sources.values()) <= 2


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not here")
def test_no_attack_of_ours_is_one_of_the_data_set() -> None:
    """So that the data set stays a test of what was not written for it."""
    rows = map(json.loads, DATA.read_text(encoding="utf-8").splitlines())
    theirs = {row["bad_response"].strip() for row in rows} - {""}
    ours = {text.strip() for family in FAMILIES.values() for text in family.texts}
    assert theirs.isdisjoint(ours)
