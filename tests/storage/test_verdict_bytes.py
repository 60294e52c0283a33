"""A verdict as bytes: whatever the bytes say, what comes back is a verdict or nothing."""

from __future__ import annotations

import zlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.records.outcome import Ballot, Case, Quote, Verdict
from rlaif.storage.verdict_bytes import MOST, packed, unpacked

KEY = bytes(16)
text = st.text(st.characters(codec="utf-8"), max_size=12) | st.just("né " * 300)
share = st.none() | st.floats(0, 1)
chances = (
    st.lists(st.floats(0.01, 1), min_size=1, max_size=5)
    .map(lambda parts: tuple(part / sum(parts) for part in parts))
)  # fmt: skip
case = st.builds(
    Case,
    text,
    st.booleans(),
    text,
    st.none() | st.floats(0, 1e6),
    st.none() | st.integers(0, 2**62),
)
verdicts = st.builds(
    Verdict,
    chances,
    share,
    st.none() | text,
    st.lists(case, max_size=2).map(tuple),
    st.lists(st.builds(Quote, text, st.booleans()), max_size=2).map(tuple),
    st.lists(st.builds(Ballot, text, chances, share), max_size=3).map(tuple),
)


def stated(*row: Any) -> bytes:
    """Bytes with a right checksum, whatever they hold."""
    body = orjson.dumps(row)
    return zlib.crc32(body, zlib.crc32(KEY)).to_bytes(4, "big") + body


@given(verdicts)
def test_a_verdict_comes_back_bit_for_bit(verdict: Verdict) -> None:
    content = packed(KEY, verdict)
    assert content is not None
    assert unpacked(KEY, content) == verdict
    assert unpacked(bytes([1]) * 16, content) is None


@pytest.mark.parametrize("rationale", [None, "It says so. " * 60])
def test_a_flipped_bit_is_seen(rationale: str | None) -> None:
    content = packed(KEY, Verdict((0.25, 0.75), 0.5, rationale))
    assert content is not None
    for place in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        assert unpacked(KEY, bytes(flipped)) is None


@given(st.binary(max_size=64))
def test_bytes_of_any_kind_are_a_whole_verdict_or_nothing(content: bytes) -> None:
    body = b"[" + content
    tries = [content]
    tries += [zlib.crc32(b, zlib.crc32(KEY)).to_bytes(4, "big") + b for b in (body, content)]
    for one in tries:
        found = unpacked(KEY, one)
        assert found is None or abs(sum(found.distribution) - 1) < 1e-6


@pytest.mark.parametrize(
    "row",
    [
        (), ([],), ("ab",), ([0.5, 0.6],), ([1.5, -0.5],), (["1"],), ([None],), ([True],),
        ([1.0], 2.0), ([1.0], -0.1), ([1.0], "x"), ([1.0], None, 3), ([1.0], None, None, [["f"]]),
        ([1.0], None, None, [["f", 1, "", None, None]]), ([1.0], None, None, 5),
        ([1.0], None, None, [], [["q", "yes"]]), ([1.0], None, None, [], [[None, True]]),
        ([1.0], None, None, [], [], [["v", [0.5], 0.5]]), ([1.0], None, None, [], [], [], "more"),
    ],
)  # fmt: skip
def test_what_is_no_verdict_is_not_known(row: tuple[Any, ...]) -> None:
    assert unpacked(KEY, stated(*row)) is None


def test_nan_never_comes_back() -> None:
    content = packed(KEY, Verdict((float("nan"), 0.5)))
    assert content is not None
    assert unpacked(KEY, content) is None


def test_a_plain_verdict_is_small_and_prose_is_packed() -> None:
    small = packed(KEY, Verdict((0.25, 0.75), 0.5))
    prose = packed(KEY, Verdict((0.25, 0.75), 0.5, "The answer gives the date. " * 100))
    assert small is not None
    assert len(small) < 30
    assert prose is not None
    assert len(prose) < 300


def test_what_is_too_large_is_neither_packed_nor_unpacked() -> None:
    assert packed(KEY, Verdict((1.0,), None, "a" * MOST)) is None
    bomb = zlib.compress(orjson.dumps([[1.0], None, "a" * (2 * MOST)]))
    assert unpacked(KEY, zlib.crc32(bomb, zlib.crc32(KEY)).to_bytes(4, "big") + bomb) is None
