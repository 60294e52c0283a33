"""How long is waited before asking again, and what is told of a server's own words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from rlaif.judging.http_faults import one_line
from rlaif.judging.http_pace import FIRST_PAUSE_S, LONGEST_PAUSE_S, backoff, retry_after


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("-4", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("1e99", None),
    ],
)
def test_retry_after_is_a_number_of_seconds(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_may_be_a_date() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=60)
    assert retry_after(format_datetime(moment, usegmt=True)) == pytest.approx(60, abs=2)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def test_not_a_number_is_no_time() -> None:
    assert retry_after("nan") is None


def test_pauses_double_up_to_a_limit_and_are_never_alike() -> None:
    for tries in range(40):
        full = min(FIRST_PAUSE_S * 2**tries, LONGEST_PAUSE_S)
        drawn = {backoff(tries) for _ in range(20)}
        assert len(drawn) > 1
        assert full / 2 <= min(drawn) <= max(drawn) <= full


def test_what_the_server_asks_for_is_waited_in_full() -> None:
    assert all(7 <= backoff(tries, 7.0) <= 7 + LONGEST_PAUSE_S / 10 for tries in range(40))


def test_words_of_others_are_one_printable_line() -> None:
    told = one_line("a\r\n\tb\x1b[2J\u202ec\u200b d\x00" + "e" * 500)
    assert told.startswith("a b [2J c d e")
    assert len(told) == 200
    assert told.isprintable()
    assert one_line(b"\xff\xfe ok") == "ok"
    assert one_line("the key is k-1.", hide="k-1") == "the key is ***."
