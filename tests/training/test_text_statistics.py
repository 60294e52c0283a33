"""Length, repetition and sameness of completions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.records.loop_figures import TextFigures
from rlaif.training.text_statistics import TextTally, repetition, words


def tallied(**completions: list[str]) -> TextFigures:
    tally = TextTally()
    for prompt, texts in completions.items():
        for text in texts:
            tally.add(prompt, text)
    figures = tally.figures()
    assert figures is not None
    return figures


def test_words_are_words_in_a_script_without_spaces_too() -> None:
    assert words("Don't stop, NOW!") == ["don't", "stop", ",", "now", "!"]
    assert words("水は青い") == ["水", "は", "青", "い"]


def test_a_word_said_six_times_is_two_thirds_repetition() -> None:
    assert repetition(words("good " * 6)) == pytest.approx(2 / 3)


def test_a_text_that_says_nothing_twice_has_no_repetition() -> None:
    assert repetition(words("the quick brown fox jumps over a lazy dog")) == 0
    assert repetition(words("too short")) == 0
    assert repetition(words("")) == 0


def test_a_loop_of_a_whole_sentence_is_repetition() -> None:
    assert repetition(words("I am very glad to see you. " * 5)) > 0.7


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=40))
def test_repetition_lies_between_0_and_1_and_grows_by_saying_it_all_again(said: list[str]) -> None:
    assert 0 <= repetition(said) < 1
    if len(said) >= 4:
        assert repetition(said + said) >= repetition(said)


def test_lengths_are_means_over_a_prompts_completions() -> None:
    assert tallied(p=["one", "one two three"], q=["one two"]).length == {"p": 2.0, "q": 2.0}


def test_completions_that_differ_in_case_or_spaces_alone_are_the_same() -> None:
    figures = tallied(p=["Yes, it is.", "yes,  it is."], q=["a", "b"])
    assert figures.distinct == pytest.approx(0.75)


def test_one_completion_a_prompt_says_nothing_of_sameness() -> None:
    assert tallied(p=["a"], q=["a"]).distinct is None


def test_the_most_common_opening_is_found() -> None:
    figures = tallied(p=["Sure, here is a b", "Sure, here is c"], q=["No.", "sure, here is"])
    assert figures.opening == "sure , here is"
    assert figures.opening_share == pytest.approx(3 / 4)


def test_of_nothing_there_are_no_figures() -> None:
    assert TextTally().figures() is None
