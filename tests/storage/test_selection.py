from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.errors import InputError
from rlaif.records.sample import Sample
from rlaif.storage.intake import take_in
from rlaif.storage.sample_table import read_kept
from rlaif.storage.samples import Row
from rlaif.storage.selection import Selection, Shard
from rlaif.storage.whole_files import parts

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


def drawn(folder: Path, ids: list[str], count: int, seed: int = 0) -> set[str]:
    """The ids that a run takes of samples in this order."""
    out = Path(tempfile.mkdtemp(dir=folder))
    rows = [
        Row("x", n, Sample(sample_id=name, prompt="p", completion="c"))
        for n, name in enumerate(ids, 1)
    ]
    taken = take_in(rows, out, "x", None, Selection(draw=count, seed=seed))
    return {sample.sample_id for _, _, sample in read_kept(parts(out / taken.samples.generation))}


IDS_DRAWN = [f"s{n}" for n in range(60)]


def test_a_draw_does_not_depend_on_the_order_of_the_input(tmp_path: Path) -> None:
    found = drawn(tmp_path, IDS_DRAWN, 17)
    assert len(found) == 17
    assert drawn(tmp_path, IDS_DRAWN[::-1], 17) == found


def test_a_larger_draw_holds_the_smaller(tmp_path: Path) -> None:
    assert drawn(tmp_path, IDS_DRAWN, 5) < drawn(tmp_path, IDS_DRAWN, 17)


def test_another_seed_draws_others(tmp_path: Path) -> None:
    assert drawn(tmp_path, IDS_DRAWN, 17) != drawn(tmp_path, IDS_DRAWN, 17, seed=1)


def test_a_draw_of_more_than_there_are_takes_all(tmp_path: Path) -> None:
    assert drawn(tmp_path, IDS_DRAWN, 100) == set(IDS_DRAWN)


def test_an_id_that_stands_twice_is_drawn_once(tmp_path: Path) -> None:
    assert len(drawn(tmp_path, IDS_DRAWN[:10] * 3, 8)) == 8


def test_a_selection_of_everything_says_nothing() -> None:
    assert str(Selection()) == ""
    assert len({str(Selection()), str(Selection(Shard(1, 2))), str(Selection(None, 5, 1))}) == 3
