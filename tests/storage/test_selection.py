from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.errors import InputError
from rlaif.storage.selection import Drawing, Selection, Shard

IDS = st.lists(st.text(min_size=1), unique=True, max_size=60)


@given(IDS, st.integers(1, 7))
def test_every_sample_is_in_exactly_one_shard(ids: list[str], of: int) -> None:
    shards = [Shard(number, of) for number in range(1, of + 1)]
    assert all(sum(shard.has(name) for shard in shards) == 1 for name in ids)


def test_shards_are_about_of_one_size() -> None:
    sizes = [sum(Shard(n, 4).has(f"s{i}") for i in range(4000)) for n in (1, 2, 3, 4)]
    assert min(sizes) > 900


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "1/0", "-1/4", "1/4/2", "a/b", "1 / 4"])
def test_a_shard_that_is_none_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(InputError, match="expected I/N"):
        Shard.parse(text)


def test_a_shard_is_written_as_it_is_read() -> None:
    assert str(Shard.parse("3/8")) == "3/8"


def drawn(ids: list[str], count: int, seed: int = 0) -> set[str]:
    drawing = Drawing(count, seed)
    for ordinal, name in enumerate(ids):
        drawing.offer(ordinal, name)
    return {ids[ordinal] for ordinal in drawing.drawn()}


@given(IDS, st.integers(1, 20), st.integers(0, 5))
def test_a_draw_does_not_depend_on_the_order_of_the_input(
    ids: list[str], count: int, seed: int
) -> None:
    assert drawn(ids, count, seed) == drawn(sorted(ids), count, seed)
    assert len(drawn(ids, count, seed)) == min(count, len(ids))


@given(IDS, st.integers(1, 20), st.integers(0, 20))
def test_a_larger_draw_holds_the_smaller(ids: list[str], count: int, more: int) -> None:
    assert drawn(ids, count) <= drawn(ids, count + more)


def test_another_seed_draws_others() -> None:
    ids = [f"s{n}" for n in range(1000)]
    assert drawn(ids, 100) != drawn(ids, 100, seed=1)


def test_a_selection_of_everything_says_nothing() -> None:
    assert str(Selection()) == ""
    assert len({str(Selection()), str(Selection(Shard(1, 2))), str(Selection(None, 5, 1))}) == 3
