from collections.abc import Callable

import pytest

from rlaif.checks.extent import characters, sentences, words

Ask = Callable[..., tuple[bool, str]]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a well-known fact, isn't it?", 5),
        ("# Title\n- 3.14 — yes", 3),
        ("我爱你", 3),
        ("我love你", 3),
        ("こんにちは世界", 7),
        ("안녕 세계", 2),
        ("สวัสดีชาวโลก", 3),
    ],
)
def test_words(text: str, count: int) -> None:
    assert words(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (" abc\n", 3),
        ("a b", 3),
        ("e\u0301", 1),
        ("a\r\nb", 3),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", 1),
        ("\U0001f44d\U0001f3fd", 1),
        ("\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea", 2),
        ("❤\ufe0f", 1),
        ("a\u200bb\u00ad", 2),
        ("한국", 2),
    ],
)
def test_characters_are_those_that_a_reader_sees(text: str, count: int) -> None:
    assert characters(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("One. Two! Three?", 3),
        ("Dr. J. Smith paid $3.50 to e.g. Ann.", 1),
        ("1. First\n2. Second", 2),
        ("你好。再见！", 2),
        ("A heading\n\nA sentence without an end", 2),
        ('He said "no." She left...', 2),
        ("one line\nwrapped", 1),
        ("***", 0),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert sentences(text) == count


def test_the_message_says_how_many_and_what_was_wanted(ask: Ask) -> None:
    assert ask("length", "a b c", min=1, max=2) == (
        False,
        "3 words, wanted at least 1 and at most 2",
    )
    assert ask("length", "a b c", max=3) == (True, "3 words, wanted at most 3")


def test_only_the_length_limit_leaves_a_text_unfinished(ask: Ask) -> None:
    assert ask("finished", "x", finish="length") == (False, "cut off by its length limit")
    assert ask("finished", "x", finish="stop")[0]
    assert ask("finished", "x")[0]


@pytest.mark.parametrize("unit", [".", ". ", "\n ", "a.", "\u200d", ".)"])
def test_hostile_text_is_counted_to_the_end(unit: str) -> None:
    text = unit * 100_000 + "x"
    words(text), characters(text), sentences(text)
