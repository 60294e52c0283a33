"""What is hidden in a text, and what is not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rlaif.errors import InputError
from rlaif.storage.review.redaction import Redactor, read_names


def _shown(text: str, *names: str) -> str:
    return Redactor(names).item().text(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Write to jo.do+x@mail.example.org.", "Write to [email 1]."),
        ("Call +49 30 1234567 or (555) 123-4567.", "Call [phone 1] or [phone 2]."),
        ("Ring 020 7946 0958 today", "Ring [phone 1] today"),
        ("Pay to DE89 3704 0044 0532 0130 00 now", "Pay to [account 1] now"),
        ("Card 4111 1111 1111 1111, please", "Card [card 1], please"),
        ("see https://user:secret@host.example/x", "see https://[user 1]@host.example/x"),
        ("He lives at 12 Old Mill Road in town", "He lives at [address 1] in town"),
        ("Sie wohnt Lindenstraße 4a.", "Sie wohnt [address 1]."),
        ("chez lui, 5 rue de la Paix, à midi", "chez lui, [address 1], à midi"),
        ("Dear Mr. Smith and Frau Müller", "Dear Mr. [name 1] and Frau [name 2]"),
        ("said Dr. Anna O'Brien yesterday", "said Dr. [name 1] yesterday"),
    ],
)
def test_it_is_hidden(text: str, shown: str) -> None:
    assert _shown(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The answer is 9 × 5 = 45, in 2024, on page 1234567.",
        "x = 3.14159265358979 and 1,234,567.89",
        "4111 1111 1111 1112 has a wrong check digit",
        "The train leaves at 14:35 and arrives at 16:10.",
        "Mr Bean's dr. and the road to nowhere".replace("Mr Bean", "the bean"),
        "Anna went home.",
    ],
)
def test_it_stays(text: str) -> None:
    assert _shown(text) == text


def test_the_same_name_has_the_same_mark_throughout_an_item() -> None:
    marks = Redactor(["Anna Berg", "Anna"]).item()
    assert marks.text("Anna  Berg met Tom.") == "[name 1] met Tom."
    assert marks.text("anna berg, Anna") == "[name 1], [name 2]"
    assert marks.text("Annabel") == "Annabel"


def test_a_listed_name_is_no_pattern() -> None:
    assert _shown("A.B met AxB, (C", "A.B", "(C") == "[name 1] met AxB, [name 2]"


def test_hostile_text_takes_no_longer_than_its_length() -> None:
    began = time.process_time()
    for text in ("1 " * 50_000, "a@" * 50_000, "+1-" * 30_000, "A" * 100_000, "Dr. " * 30_000):
        _shown(text + "x" * 1000)
    assert time.process_time() - began < 20  # quadratic, it would take minutes


def test_names_are_read_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("\ufeffAnna\n\n# a comment\n  Tom Low \n", encoding="utf-8")
    assert read_names(path) == ["Anna", "Tom Low"]


def test_a_list_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_names(tmp_path / "none.txt")
    (tmp_path / "latin.txt").write_bytes(b"Jos\xe9\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_names(tmp_path / "latin.txt")
