"""Single completions that are kept, and rows in TRL's columns."""

from __future__ import annotations

from statistics import fmean, pstdev
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlaif.records.row_rules import RowsMade, SelectRules, UnpairedRules
from rlaif.records.sample import Sample
from rlaif.training.card import Graded, Making, Origin, card_text
from rlaif.training.chat_rows import Shape, completion_column, messages_column, shape_of
from rlaif.training.groups import Candidate, known_score, usable, without_score
from rlaif.training.reward_rows import ORDER, Side, preference_row
from rlaif.training.select import best_of
from rlaif.training.tally import Spread, Tally
from rlaif.training.unpaired import labelled

SCORES = st.sampled_from([None, 0.0, 0.3, 0.3 + 1e-12, 0.5, 0.7 - 1e-12, 0.7, 1.0])
GROUPS = st.lists(st.tuples(SCORES, st.integers(0, 3)), max_size=9).map(
    lambda found: [
        Candidate(f"s{number}", score, 5, text) for number, (score, text) in enumerate(found)
    ]
)


@settings(max_examples=40)
@given(
    GROUPS,
    st.builds(
        SelectRules,
        threshold=st.sampled_from([0.0, 0.3, 0.7]),
        top_k=st.integers(1, 4),
        dedupe=st.booleans(),
    ),
)
def test_a_selection_is_of_the_best_and_every_other_sample_is_counted(
    group: list[Candidate], rules: SelectRules
) -> None:
    found, unscored = usable(group)
    kept, dropped = best_of(found, rules)
    assert len(kept) + dropped.total() + unscored.total() == len(group)
    assert len(kept) <= rules.top_k
    assert all(known_score(one) >= rules.threshold - 1e-9 for one in kept)
    assert not rules.dedupe or len({one.text for one in kept}) == len(kept)
    if kept and not rules.dedupe:
        left = [known_score(one) for one in found if one not in kept]
        assert max(left, default=0.0) <= known_score(kept[-1])


@settings(max_examples=40)
@given(GROUPS)
def test_good_bad_and_what_lies_between_are_all_samples_with_a_score(
    group: list[Candidate],
) -> None:
    found, unscored = usable(group)
    kept, dropped = labelled(found, UnpairedRules())
    assert len(kept) + dropped.total() + unscored.total() == len(group)
    for one, good in kept:
        score = known_score(one)
        assert score >= 0.7 - 1e-9 if good else score <= 0.3 + 1e-9


def test_the_first_of_equal_texts_stands_for_them_all() -> None:
    texts = [Candidate(name, score, 5, 1) for name, score in (("a", 0.9), ("b", 0.9), ("c", 0.8))]
    kept, dropped = best_of(usable(texts)[0], SelectRules(top_k=3, dedupe=True))
    assert [one.sample_id for one in kept] == ["a"]
    assert dropped == {"same_text": 2}


def test_a_sample_without_a_score_says_why_and_is_not_worth_0() -> None:
    failed = Candidate("a", None, 5, 1, status="failed")
    assert without_score(failed) == "failed"
    assert without_score(Candidate("b", None, 5, 1, status=None)) == "not_graded"
    assert without_score(Candidate("c", None, 5, 1)) == "nothing_applies"
    with pytest.raises(ValueError, match="a has no score"):
        known_score(failed)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("file:///home/me/secret/model", "`model`"),
        ("FILE:/home/me/model", "`model`"),
        ("../../me/secret/model", "`model`"),
        ("./checkpoints/3", "`3`"),
        ("~/mine/model as it was", "`model as it was`"),
        ("Qwen/Qwen3-8B", "`Qwen/Qwen3-8B`"),
        ("s3://bucket/model", "`s3://bucket/model`"),
    ],
)
def test_a_card_names_a_model_and_no_folder_of_this_machine(name: str, told: str) -> None:
    origin = Origin("run", "u", None, Graded("j", "1.0.0", "h", served=name))
    making = Making("Rows", (), {}, (), "rows", "2026-01-01", "1")
    assert f"| {told} |" in card_text(origin, making, RowsMade(0, 0), Tally())


# The columns


def sample(name: str = "s", **more: Any) -> Sample:
    return Sample(sample_id=name, **{"prompt": "Who?", "completion": "You.", **more})


CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}]
CALL = {
    "role": "assistant",
    "tool_calls": [{"function": {"name": "find", "arguments": {"name": "Ada"}}}],
    "reasoning_content": "I look it up.",
}


def test_texts_stay_texts() -> None:
    row = preference_row(
        Side(sample("a", policy="p"), "a", 0.9),
        Side(sample("b", completion="Me."), "b", 0.4),
        0.5,
        "g",
        Shape(chat=False),
        "dpo",
    )
    assert row == {
        "prompt": "Who?",
        "chosen": "You.",
        "rejected": "Me.",
        "margin": 0.5,
        "score_chosen": 0.9,
        "score_rejected": 0.4,
        "sample_id_chosen": "a",
        "sample_id_rejected": "b",
        "policy_chosen": "p",
        "policy_rejected": None,
        "on_policy": None,
        "group": "g",
    }
    assert set(ORDER["reward"]) == set(ORDER["dpo"]) == set(row)


def test_where_one_sample_is_a_chat_all_are() -> None:
    shape = shape_of(sample(), sample(prompt=CHAT))
    assert shape == Shape(chat=True)
    assert completion_column(sample(), shape) == [{"role": "assistant", "content": "You."}]
    assert messages_column(sample(prompt=CHAT), shape) == [
        *CHAT,
        {"role": "assistant", "content": "You."},
    ]


def test_calls_and_reasoning_are_told_in_the_form_that_chat_templates_read() -> None:
    called = sample(completion=[CALL])
    shape = shape_of(called)
    assert shape == Shape(chat=True, tools=True, reasoning=True)
    function = {"name": "find", "arguments": '{"name":"Ada"}'}
    assert completion_column(called, shape) == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"type": "function", "function": function}],
            "reasoning_content": "I look it up.",
        }
    ]
    said = {"role": "assistant", "content": "You."}
    without = {**said, "tool_calls": None, "reasoning_content": None}
    assert completion_column(sample(), shape) == [without]


# What is counted


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=1))
def test_a_spread_has_the_mean_and_the_deviation_of_its_numbers(numbers: list[float]) -> None:
    spread = Spread()
    for number in numbers:
        spread.add(number)
    assert spread.mean == pytest.approx(fmean(numbers))
    assert spread.deviation == pytest.approx(pstdev(numbers), abs=1e-9)
    assert (spread.low, spread.high) == (min(numbers), max(numbers))


def test_how_often_the_chosen_one_is_longer_is_a_share_of_the_pairs() -> None:
    assert Tally().chosen_longer is None
    tally = Tally()
    for chosen, rejected in ((5, 4), (4, 4), (9, 1), (1, 2)):
        tally.pair(chosen, rejected, 0.5, None)
    assert (tally.chosen_longer, tally.as_long) == (0.5, 1)
