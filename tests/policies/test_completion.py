"""What a policy wrote, as a completion."""

from __future__ import annotations

from rlaif.grading.completion import without_reasoning
from rlaif.policies.completion import completion_of
from rlaif.ports import Generated


def test_a_text_is_kept_as_it_was_written() -> None:
    assert completion_of(Generated(" Hi.\n", tokens=3)) == (" Hi.\n", "stop", 3)
    assert completion_of(Generated("Hi", cut=True, tokens=1)).finish_reason == "length"


def test_a_thought_that_a_server_keeps_apart_is_put_back() -> None:
    made = completion_of(Generated("Four.", thought="2 + 2")).text
    assert made == "<think>\n2 + 2\n</think>\n\nFour."
    assert without_reasoning(made)[0] == "Four."


def test_a_thought_that_was_cut_is_no_answer() -> None:
    apart = completion_of(Generated("", cut=True, thought="2 + 2 is")).text
    begun = completion_of(Generated("2 + 2 is", cut=True), "<think>\n").text
    assert without_reasoning(apart)[0] == without_reasoning(begun)[0] == ""
