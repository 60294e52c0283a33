import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.checks.letters import chosen

OPTIONS = "ABCDEFGHIJ"


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("(b)", "B"),
        ("**B**", "B"),
        ("b) Paris", "B"),
        ("B. Paris", "B"),
        ("The answer is (B).", "B"),
        ("Answer: B) Paris", "B"),
        ("answer: b", "B"),
        ("**Answer:** B", "B"),
        (r"\boxed{B}", "B"),
        (r"Final answer: $\boxed{\text{D}}$", "D"),
        ("答案是B", "B"),
        ("답은 B", "B"),
        ("Antwort: C", "C"),
        ("So (D) is right", "D"),
        ("It must be B", "B"),
        ("A) London\nB) Paris\n\nThe correct answer is B.", "B"),
        ("The answer is B.\n\nA) wrong\nC) wrong", "B"),
        ("The answer is A. No wait, the answer is B.", "B"),
        ("The answer is not A, it's B", "B"),
        ("The answer is A because x", "A"),
        ("I think the answer is C", "C"),
        ("A dog is a mammal. So it must be B", "B"),
        ("Therefore, the answer is **(A) Paris**", "A"),
        ("I", "I"),
        ("B) no\nC) no\nThe best answer appears to be E: x", "E"),
        ("(A) no. Therefore, what contributes least is D.\n\nDDDDD", "D"),
    ],
)
def test_the_last_stated_letter_is_the_choice(text: str, letter: str) -> None:
    assert chosen(text, OPTIONS) == letter


@pytest.mark.parametrize(
    "text",
    ["", "Paris", "A cat", "I am sure.", "Answer: A dog", "The answer is A or B", "It is Z", "x's"],
)
def test_a_text_can_choose_nothing(text: str) -> None:
    assert chosen(text, OPTIONS) is None


def test_only_the_options_count() -> None:
    assert chosen("The answer is E", "ABCD") is None


@given(st.text(alphabet=st.sampled_from("ABI ab().*:\\{}answer is\n答案是not")))
def test_reading_never_raises(text: str) -> None:
    assert chosen(text, OPTIONS) in (None, *OPTIONS)


@pytest.mark.parametrize(
    "text", ["A) foo\nB) bar\nI choose C", "A) foo\nC) bar\nI would go with C"]
)
def test_a_choice_in_so_many_words_beats_the_list_before_it(text: str) -> None:
    assert chosen(text, "ABCD") == "C"
