"""Text of others, made fit for a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from rlaif.reporting.text import cell, count_of, harmless, in_a_line

CONTROLS = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u202e", "\u2066", "\u2028"}


@given(st.text() | st.text(st.sampled_from(sorted(CONTROLS))))
def test_no_control_sign_gets_through(text: str) -> None:
    assert not (CONTROLS - {"\n", "\t"}) & set(harmless(text))
    assert not CONTROLS & set(in_a_line(text))


def test_what_was_there_can_be_read() -> None:
    assert harmless("a\x1b[31mb\u202ec\nd") == r"a\x1b[31mb\u202ec" + "\nd"
    assert in_a_line("a\nb\tc\r") == r"a\nb\tc\r"


def test_letters_of_every_script_stay_as_they_are() -> None:
    text = "Größe, 世界, שלום, 👩‍🚀"
    assert harmless(text) == in_a_line(text) == text


def test_a_cell_takes_no_markup() -> None:
    assert cell("[bold]x[/bold]").plain == "[bold]x[/bold]"
    assert cell("[bold]x[/bold]").spans == []


def test_one_is_not_many() -> None:
    assert [count_of(n, "sample") for n in (0, 1, 1200)] == [
        "0 samples",
        "1 sample",
        "1,200 samples",
    ]
