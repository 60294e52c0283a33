"""Scores to rewards: the arithmetic, by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rlaif.records.shaping import LengthPenalty, RewardGate, Shaping
from rlaif.training.shaping import Earned, length_penalty, ranks, shaped

scores = st.floats(0, 1)
values = st.floats(-1e6, 1e6)


def values_of(earned: list[Earned], **stated: object) -> list[float | None]:
    return [one.value for one in shaped(earned, Shaping.model_validate(stated))]


@given(st.lists(st.none() | scores))
def test_without_shaping_the_reward_is_the_score(given_scores: list[float | None]) -> None:
    assert values_of([Earned(score) for score in given_scores]) == given_scores


@given(st.lists(st.none() | scores, min_size=1), st.booleans())
def test_no_shaping_makes_a_reward_where_there_is_no_score(
    given_scores: list[float | None], ranking: bool
) -> None:
    earned = [
        Earned(score, "g", 5.0, 0.1, 0.3, {"safe": 0.0 if place % 2 else None})
        for place, score in enumerate(given_scores)
    ]
    made = values_of(
        earned,
        gates=({"criterion": "safe"},),
        disagreement=1.0,
        length={"free": 1, "full": 9},
        baseline=True,
        floor=-2,
        cap=2,
        ranking=ranking,
    )
    assert [value is None for value in made] == [score is None for score in given_scores]


def test_each_step_in_its_order() -> None:
    one = Earned(0.9, length=15, disagreement=0.2, baseline=0.25)
    stated = {"disagreement": 0.5, "length": {"free": 10, "full": 20, "most": 0.4}}
    # 0.9 - 0.5 * 0.2 - 0.4 * 0.5
    assert values_of([one], **stated) == [pytest.approx(0.6)]
    assert values_of([one], **stated, baseline=True) == [pytest.approx(0.35)]
    assert values_of([one], **stated, baseline=True, floor=0.5) == [0.5]
    assert values_of([one], **stated, baseline=True, cap=0.1) == [0.1]


def test_an_unmet_gate_decides_and_nothing_more_is_taken_off() -> None:
    one = Earned(1.0, length=99, disagreement=0.5, values={"safe": 0.4})
    stated = {
        "gates": [{"criterion": "safe", "at_least": 0.5, "otherwise": -1}],
        "disagreement": 1,
        "length": {"free": 1, "full": 2},
    }
    made = shaped([one], Shaping.model_validate(stated))
    assert (made[0].value, made[0].reason) == (-1, "reward_gate:safe")


def test_a_gate_is_met_at_its_value_and_where_it_does_not_apply() -> None:
    gate = {"gates": [{"criterion": "safe", "at_least": 0.5, "otherwise": -1}]}
    assert values_of([Earned(0.7, values={"safe": 0.5})], **gate) == [0.7]
    assert values_of([Earned(0.7, values={"safe": None})], **gate) == [0.7]


def test_the_floor_holds_for_an_unmet_gate_too() -> None:
    gate = {"gates": [{"criterion": "safe", "otherwise": -5}], "floor": -1}
    assert values_of([Earned(1.0, values={"safe": 0.0})], **gate) == [-1]


def test_a_gate_on_what_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="safe"):
        shaped([Earned(1.0)], Shaping(gates=(RewardGate(criterion="safe"),)))


def test_a_length_that_is_not_known_is_an_error() -> None:
    with pytest.raises(ValueError, match="tokens is not known"):
        shaped([Earned(1.0)], Shaping(length=LengthPenalty(free=1, full=2)))


def test_without_its_baseline_a_score_is_no_reward() -> None:
    made = shaped([Earned(1.0)], Shaping(baseline=True))
    assert (made[0].value, made[0].reason) == (None, "baseline")


@given(st.floats(0, 1e4), st.floats(0, 1e3), st.floats(0.1, 1e3), st.floats(0, 10))
def test_the_length_penalty_grows_from_nothing_to_its_most(
    length: float, free: float, more: float, most: float
) -> None:
    penalty = LengthPenalty(free=free, full=free + more, most=most)
    off = length_penalty(length, penalty)
    assert 0 <= off <= most
    assert length_penalty(length + 1, penalty) >= off
    assert length_penalty(free, penalty) == 0
    assert length_penalty(penalty.full, penalty) == pytest.approx(most)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | values)))
def test_ranks_keep_the_order_of_a_group_and_sum_to_half_of_it(
    rows: list[tuple[str, float | None]],
) -> None:
    groups, given_values = [g for g, _ in rows], [v for _, v in rows]
    made = ranks(groups, given_values)
    assert [rank is None for rank in made] == [value is None for value in given_values]
    for name in set(groups):
        mine = [
            (v, r)
            for g, v, r in zip(groups, given_values, made, strict=True)
            if g == name and v is not None and r is not None
        ]
        assert all(0 <= rank <= 1 for _, rank in mine)
        assert sum(rank for _, rank in mine) == pytest.approx(len(mine) / 2)
        for value, rank in mine:
            assert all(rank < r for v, r in mine if value < v)
            assert all(rank == r for v, r in mine if value == v)


def test_a_ranking_looks_at_its_own_group_alone() -> None:
    earned = [Earned(0.1, "a"), Earned(0.9, "a"), Earned(0.5, "b"), Earned(None, "a")]
    assert values_of(earned, ranking=True) == [0.0, 1.0, 0.5, None]


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"length": {"free": 10, "full": 10}}, r"full \(10\) is not above free \(10\)"),
        ({"floor": 1, "cap": 1}, r"floor \(1\) is not below cap \(1\)"),
        ({"gates": [{"criterion": "a", "at_least": 2}]}, "less than or equal to 1"),
        ({"disagreement": -1}, "greater than or equal to 0"),
        ({"length": {"free": 1, "full": float("nan")}}, "nan"),
    ],
)
def test_what_cannot_be_is_refused(stated: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Shaping.model_validate(stated)
