from collections.abc import Callable

import pytest

from rlaif.checks.run import run_check
from rlaif.records.checks import Exact
from rlaif.records.outcome import Failure
from rlaif.records.subject import Subject

Ask = Callable[..., tuple[bool, str]]


def test_exact_compares_all_but_the_white_space_at_both_ends(ask: Ask) -> None:
    assert ask("exact", " Paris\n", "Paris") == (True, "the text is 'Paris'")
    assert ask("exact", "paris", "Paris") == (False, "the text is 'paris', not 'Paris'")
    assert ask("exact", "STRASSE", "straße", ignore_case=True)[0]
    assert ask("exact", "Rome", "Paris", text="Rome")[0]


def test_exact_without_a_reference_is_a_failure(subject: Callable[..., Subject]) -> None:
    outcome = run_check(Exact(check="exact"), subject("Paris"))
    assert outcome == Failure("missing_reference", "exact: the sample has no reference")


def test_contains_wants_all_or_any(ask: Ask) -> None:
    assert ask("contains", "a b", text="b") == (True, "contains 'b'")
    assert ask("contains", "a b", text=["a", "c"]) == (False, "lacks 'c'; contains 'a'")
    assert ask("contains", "a b", text=["a", "c"], match="any") == (True, "contains 'a'; lacks 'c'")
    assert not ask("contains", "A", text="a")[0]
    assert ask("contains", "A", text="a", ignore_case=True)[0]


def test_regex_searches_or_matches_the_whole(ask: Ask) -> None:
    assert ask("regex", "é 42!", pattern=r"\d+") == (
        True,
        "the pattern matches '42' at character 3",
    )
    assert not ask("regex", "é 42!", pattern=r"\d+", whole=True)[0]
    assert ask("regex", " 42\n", pattern=r"\d+", whole=True)[0]
    assert ask("regex", "ABC", pattern="b", ignore_case=True)[0]


@pytest.mark.parametrize("text", ["a" * 1_000_000 + "!", "\ud800", "", "\0"])
def test_hostile_text_is_a_no(ask: Ask, text: str) -> None:
    assert not ask("regex", text, pattern=r"(a+)+$")[0]
