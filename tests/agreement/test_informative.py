"""Which sample is labelled first."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from rlaif.agreement.informative import DRAWN, RANDOM_EVERY, Candidate, in_order, worth

CRITERIA = ("a", "b")


def _one(number: int, **more: object) -> Candidate:
    given: dict[str, object] = {"prompt": f"p{number}", "criteria": CRITERIA, **more}
    return Candidate(number, **given)  # type: ignore[arg-type]  # what a test states


def _numbers(candidates: list[Candidate], labels: dict[str, int] | None = None) -> list[int]:
    return [one.number for one in in_order(candidates, labels or {})]


def test_the_closest_verdict_comes_first() -> None:
    listed = [_one(0, unsure=0.1), _one(1, unsure=0.9), _one(2, unsure=0.5)]
    assert _numbers(listed) == [1, 2, 0]


def test_a_jury_split_in_half_is_worth_as_much_as_a_verdict_of_one_half() -> None:
    half = _one(0, split=0.5, split_on="a: 2 for 'yes', 2 for 'no'")
    assert worth(half, {})[0] == worth(_one(1, unsure=1.0), {})[0]
    assert worth(half, {})[1] == "the jury is split on a: 2 for 'yes', 2 for 'no'"


def test_a_failure_is_worth_more_than_a_verdict_that_is_sure_and_less_than_a_close_one() -> None:
    listed = [_one(0, unsure=0.1), _one(1, failed=("a",)), _one(2, unsure=0.6)]
    assert _numbers(listed) == [2, 1, 0]
    assert in_order(listed, {})[1].why == "no verdict on a"


def test_a_criterion_without_labels_goes_before_one_that_has_many() -> None:
    known = _one(0, unsure=0.3, criteria=("a",))
    unknown = _one(1, unsure=0.3, criteria=("a", "b"))
    order = in_order([known, unknown], {"a": 50})
    assert [one.number for one in order] == [1, 0]
    assert order[0].why == "few labels so far of b"


def test_ten_completions_of_one_prompt_do_not_come_in_a_row() -> None:
    same = [_one(i, unsure=0.9, prompt="same") for i in range(10)]
    others = [_one(10 + i, unsure=0.5) for i in range(10)]
    first = _numbers(same + others)[:10]
    assert first[0] == 0
    assert sum(number < 10 for number in first) <= 3


def test_every_fifth_place_is_one_drawn_at_random_in_the_order_of_the_draw() -> None:
    chosen = [_one(i, unsure=0.5) for i in range(20)]
    drawn = [_one(20 + i, unsure=1.0, drawn=4 - i) for i in range(5)]
    order = in_order(chosen + drawn, {})
    places = [i for i, one in enumerate(order) if one.why == DRAWN]
    assert places == [RANDOM_EVERY * i + RANDOM_EVERY - 1 for i in range(5)]
    assert [one.number for one in order if one.why == DRAWN] == [24, 23, 22, 21, 20]


@given(st.integers(0, 60), st.integers(0, 2**32))
def test_everything_is_in_the_queue_once_and_always_at_the_same_place(n: int, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - no secret
    listed = [
        _one(
            i,
            unsure=dice.random(),
            prompt=str(dice.randrange(5)),
            drawn=i if dice.random() < 0.3 else None,
        )
        for i in range(n)
    ]
    order = in_order(listed, {"a": dice.randrange(9)})
    assert sorted(one.number for one in order) == list(range(n))
    assert in_order(listed, {}) == in_order(listed, {})
