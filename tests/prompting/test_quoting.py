"""What a judge quotes is looked for in the completion, as a person would look for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.prompting.form_reading import quoted
from rlaif.records.outcome import Quote
from rlaif.records.subject import Subject

MakeSubject = Callable[..., Subject]
POEM = "In Norway,\n  on its fjord.\tShe said \u201cDon\u2019t go\u201d.  STRASSE"


@pytest.mark.parametrize(
    "text",
    [
        "In Norway,",
        "in norway, on its fjord.",
        "Norway,\n\non   its",
        '"In Norway"',
        "\u201cin Norway\u201d",
        "\u00abin Norway\u00bb",
        " 'its fjord' ",
        'said "Don\'t go".',
        "said \u201eDon\u2018t go\u201f.",
        "straße",
        POEM,
    ],
)
def test_a_passage_of_the_completion_is_found(subject: MakeSubject, text: str) -> None:
    assert quoted([text], subject(POEM)) == (Quote(text, True),)


@pytest.mark.parametrize(
    "text",
    ["", " ", '""', "\u201c\u201d", ".", "...", "in", "In Sweden,", "In Norway, on", "Oslo", "\n"],
)
def test_what_is_not_there_or_shows_nothing_is_not_found(subject: MakeSubject, text: str) -> None:
    assert quoted([text], subject("In Norway... is it.")) == (Quote(text, False),)


def test_the_prompt_and_the_reference_are_no_completion(subject: MakeSubject) -> None:
    found = quoted(
        ["Where is Oslo", "Bergen lies"], subject("Here.", "Where is Oslo?", "Bergen lies")
    )
    assert [quote.found for quote in found] == [False, False]


def test_every_turn_is_looked_at_and_none_is_joined_to_the_next(subject: MakeSubject) -> None:
    chat = subject([("assistant", "I look it up."), ("tool", "408 it is"), ("assistant", "408.")])
    found = quoted(["look it up", "408 it", "408.", "up. 408", "is 408"], chat)
    assert [quote.found for quote in found] == [True, True, True, False, False]


def test_a_short_quotation_is_found_where_the_completion_says_nothing_else(
    subject: MakeSubject,
) -> None:
    assert quoted(["4"], subject("4"))[0].found
    assert quoted(["\u662f\u7684"], subject("\u662f\u7684"))[0].found
    assert not quoted(["4"], subject("It is 4."))[0].found


def test_no_quotation_no_result(subject: MakeSubject) -> None:
    assert quoted([], subject(POEM)) == ()


@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_text_is_looked_for_and_kept_as_it_is(
    subject: MakeSubject, completion: str, quotes: list[str]
) -> None:
    assert [quote.text for quote in quoted(quotes, subject(completion))] == quotes


@given(st.text(st.characters(categories=["L", "N", "Zs"]), min_size=3), st.data())
def test_any_passage_of_letters_is_found(
    subject: MakeSubject, completion: str, data: st.DataObject
) -> None:
    words = completion.split()
    first = data.draw(st.integers(0, len(words)))
    past = data.draw(st.integers(first, len(words)))
    passage = " ".join(words[first:past])
    if len(passage.casefold()) >= 3 and any(map(str.isalnum, passage.casefold())):
        assert quoted([passage], subject(completion))[0].found
