"""What a rewrite changes is found, in a bounded time."""

import random
import time
from itertools import pairwise

import pytest

from rlaif.web.review.changes import MOST_EDITS, Change, changes


def text(made: list[Change], *kinds: str) -> str:
    pieces = (piece.text for one in made if one.kind in kinds for piece in one.text.pieces)
    return "".join(pieces)


def test_both_texts_are_whole_in_what_is_shown() -> None:
    dice = random.Random(4)  # noqa: S311 - texts for a test
    words = ["the", " ", "a", "fever", ".", "\n", "x"]
    for _ in range(200):
        before, after = ("".join(dice.choices(words, k=dice.randrange(30))) for _ in range(2))
        made = changes(before, after)
        assert text(made, "same", "gone") == before
        assert text(made, "same", "come") == after
        assert all(one.kind != other.kind for one, other in pairwise(made))


def test_one_word_is_one_change_in_a_long_text() -> None:
    before = " ".join(f"word{n}" for n in range(20_000))
    made = changes(before, before.replace("word9000 ", "other "))
    assert [one.kind for one in made] == ["same", "gone", "come", "same"]
    assert (text(made, "gone"), text(made, "come")) == ("word9000", "other")


def test_texts_with_little_in_common_are_compared_line_by_line_and_then_whole() -> None:
    one, other = (" ".join(f"{a}{n}" for n in range(MOST_EDITS)) for a in "ab")
    made = changes(f"same\n{one}\n", f"same\n{other}\n")
    assert (made[0].kind, text(made, "same")) == ("same", "same\n")
    made = changes(one.replace(" ", "\n"), other.replace(" ", "\n"))
    assert [one.kind for one in made] == ["gone", "come"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a b " * 500, "b a a " * 330),
        ("a " * 4_000, "b " + "a " * 3_000 + "c " + "a " * 900 + "d"),
        ("a b " * 2_000, "b a a " * 1_400),
        ("a\n" * 90_000, "b\n" + "a\n" * 80_000 + "c\n"),
        ("ab" * 50_000, "ba " * 50_000),
        ("a b c d " * 12_000, "d c b a " * 12_000),
    ],
)
def test_hostile_texts_take_no_longer_than_others(before: str, after: str) -> None:
    began = time.process_time()
    assert changes(before, after)
    assert time.process_time() - began < 3  # a search without a bound takes minutes for the first
