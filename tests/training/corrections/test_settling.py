"""Several people's corrections as one, the rows made of it, and which ones teach best."""

from __future__ import annotations

from typing import Any

import pytest

from rlaif.records.correction import same_label
from rlaif.training.chat_rows import Shape
from rlaif.training.corrections.choosing import Choosable, chosen, most_of_each, once, words_of
from rlaif.training.corrections.rows import rows_of
from rlaif.training.corrections.settling import settled
from tests.storage.corrections.made import correction

TEXT = Shape(chat=False)


def said(*answers: tuple[str, str | None, bool]) -> Any:
    """Answers to `kind` by (annotator, answer, whether adjudicated)."""
    return settled(
        [
            correction(1, {"kind": label}, by=by, adjudicated=last, correction_id=f"c{place}")
            for place, (by, label, last) in enumerate(answers)
        ]
    )


def test_the_last_word_of_an_adjudicator_counts_against_any_majority() -> None:
    one = said(("ann", "yes", False), ("bob", "yes", False), ("ann", "no", True))
    assert dict(one.labels) == {"kind": "no"}


def test_without_a_last_word_more_than_half_decide_and_else_nobody_is_right() -> None:
    most = said(("ann", "yes", False), ("bob", "yes", False), ("cy", "no", False))
    assert dict(most.labels) == {"kind": "yes"}
    even = said(("ann", "yes", False), ("bob", None, False))
    assert (dict(even.labels), even.disputed) == ({}, ("kind",))


def test_of_one_annotator_the_later_answer_counts_once() -> None:
    one = said(("ann", "yes", False), ("bob", "no", False), ("ann", "no", False))
    assert dict(one.labels) == {"kind": "no"}


def test_does_not_apply_is_an_answer_and_no_answer_is_none() -> None:
    assert dict(said(("ann", None, False)).labels) == {"kind": None}
    silent = correction(
        1, criteria=[{"criterion": "kind", "answered": False}], comment="Nothing to say."
    )
    assert dict(settled([silent]).labels) == {}


def test_every_rewrite_is_a_row_unless_an_adjudicator_wrote_one() -> None:
    two = [
        correction(1, by="ann", human_output="Hello!"),
        correction(1, by="bob", human_output="Good day!"),
    ]
    assert [row["completion"] for row in rows_of("sft", settled(two), TEXT, None)] == [  # type: ignore[index]  # rows, as there are no reasons
        "Hello!",
        "Good day!",
    ]
    last = correction(1, by="cy", human_output="Welcome!", adjudicated=True)
    (row,) = rows_of("dpo", settled([*two, last]), TEXT, None)
    assert isinstance(row, dict)
    assert (row["chosen"], row["rejected"]) == ("Welcome!", two[0].output)
    assert (row["on_policy"], row["annotator"], row["policy"]) == (False, "cy", "p1")
    assert (row["rubric"], row["judge_fingerprint"]) == ("greeting@1.0.0", "j")


def test_kto_has_a_label_for_each_side() -> None:
    one = settled([correction(1, human_output="Hello!")])
    rows = [row for row in rows_of("kto", one, TEXT, None) if isinstance(row, dict)]
    assert [(row["completion"], row["label"], row["on_policy"]) for row in rows] == [
        ("Hello!", True, False),
        ("Good evening to you, person 1.", False, True),
    ]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"human_output": "Good evening to you, person 1. "}, "same_text"),
        ({"human_output": " "}, "empty_text"),
        ({"human_output": "Hi [name 1]", "human_output_redacted": True}, "redacted"),
        ({"human_output": "Hi", "input": ""}, "promptless"),
        ({"comment": "Fine."}, "not_rewritten"),
    ],
)
def test_what_teaches_nothing_gives_no_row_but_a_reason(more: Any, reason: str) -> None:
    assert list(rows_of("dpo", settled([correction(1, **more)]), TEXT, None)) == [reason]


def test_an_output_that_experts_found_good_is_taken_as_it_is_only_on_request() -> None:
    good = settled([correction(1, {"kind": "yes"}, human_score=1.0)])
    assert list(rows_of("sft", good, TEXT, None)) == ["not_rewritten"]
    (row,) = rows_of("sft", good, TEXT, 1.0)
    assert isinstance(row, dict)
    assert (row["completion"], row["on_policy"]) == ("Good evening to you, person 1.", True)
    worse = settled([correction(1, {"kind": "no"}, human_score=0.5)])
    assert list(rows_of("sft", worse, TEXT, 1.0)) == ["not_accepted"]


def test_a_score_that_is_missing_or_an_adjudicators_no_is_not_accepted() -> None:
    good = correction(1, {"kind": "yes"}, human_score=1.0)
    last = correction(1, {"kind": "no"}, by="cy", adjudicated=True)
    silent = correction(1, {"kind": "no"}, by="bob")
    for other in (last, silent):
        assert list(rows_of("sft", settled([good, other]), TEXT, 0.5)) == ["unscored"]
    only_says = correction(1, comment="Fine.", by="bob")
    assert len(list(rows_of("sft", settled([good, only_says]), TEXT, 0.5))) == 1


def test_a_redacted_last_word_does_not_revive_what_it_replaced() -> None:
    first = correction(1, human_output="Hello!")
    again = correction(1, human_output="Hi [name 1]", human_output_redacted=True, correction_id="x")
    last = correction(
        1, by="cy", human_output="Ho [name 1]", human_output_redacted=True, adjudicated=True
    )
    for corrections in ([first, again], [first, last]):
        assert list(rows_of("dpo", settled(corrections), TEXT, None)) == ["redacted"]


def test_nameless_people_are_not_one_person() -> None:
    one = said(("", "yes", False), ("", "yes", False), ("", "no", False))
    assert dict(one.labels) == {"kind": "yes"}
    two = [
        correction(1, by="", human_output=text, correction_id=text) for text in ("Hello!", "Ho!")
    ]
    assert len(settled(two).rewrites) == 2


def test_numbers_are_equal_however_they_are_written() -> None:
    ranged = {"criterion": "good", "answers": ["0", "7", "10"], "judge": {"answer": "7"}}
    given = [
        correction(1, criteria=[{**ranged, "human": label}], by=by)
        for by, label in (("ann", "7"), ("bob", "7.0"), ("cy", "3"))
    ]
    one = settled(given)
    assert dict(one.labels) == {"good": "7"}
    assert not one.overruled("good")
    assert [c.criteria[0].overruled for c in given] == [False, False, True]
    assert same_label("1e999") == "1e999"


def test_answers_to_a_question_that_was_worded_otherwise_do_not_count() -> None:
    def asked(question: str, label: str, by: str) -> Any:
        entry = {"criterion": "kind", "question": question, "human": label}
        return correction(1, criteria=[entry], by=by)

    given = [asked("Old?", "no", "ann"), asked("Old?", "no", "bob"), asked("New?", "yes", "cy")]
    newest, old = settled(given), settled(given, {"kind": "Old?"})
    assert (dict(newest.labels), newest.outdated) == ({"kind": "yes"}, ("kind", "kind"))
    assert (dict(old.labels), old.outdated) == ({"kind": "no"}, ("kind",))
    assert dict(settled(given, {"kind": "Third?"}).labels) == {}


def test_kto_states_what_was_wrong_once_however_many_rewrote_it() -> None:
    given = [correction(1, by=by, human_output=f"Hello from {by}!") for by in ("ann", "bob")]
    rows = [row for row in rows_of("kto", settled(given), TEXT, None) if isinstance(row, dict)]
    assert [(row["label"], row["annotator"]) for row in rows] == [
        (True, "ann"),
        (True, "bob"),
        (False, "ann, bob"),
    ]


def test_of_equal_texts_one_is_chosen_without_the_labels_that_contradict() -> None:
    one = Choosable(0, "p", "t", 5, words_of("t"), {"kind": "yes", "warm": "mild"}, frozenset())
    other = Choosable(1, "p", "t", 5, words_of("t"), {"kind": "no"}, frozenset())
    third = Choosable(2, "p", "u", 5, words_of("u"), {"kind": "no"}, frozenset())
    against = Choosable(3, "p", "u", 5, words_of("u"), {"kind": "yes"}, frozenset())
    (left,) = once([one, other, third, against])
    assert (left.place, dict(left.labels)) == (0, {"warm": "mild"})


def candidate(place: int, label: str, text: str, wrong: bool = False) -> Choosable:
    return Choosable(
        place=place,
        prompt=f"p{place}",
        text=text,
        length=len(text),
        words=words_of(text),
        labels={"kind": label},
        wrong=frozenset({"kind"} if wrong else ()),
    )


def test_examples_are_balanced_and_those_that_the_judge_got_wrong_come_first() -> None:
    given = [
        candidate(0, "yes", "a short one"),
        candidate(1, "yes", "another short text", wrong=True),
        candidate(2, "yes", "a third greeting of some length", wrong=True),
        candidate(3, "no", "go away, would you please"),
        candidate(4, "no", "x" * 100, wrong=True),
    ]
    assert [one.place for one in chosen(given, ["kind"], 2, 4000)] == [1, 4]
    assert [one.place for one in chosen(given, ["kind"], 2, 50)] == [1, 3]
    assert [one.place for one in chosen(given, ["kind"], 4, 4000)] == [1, 2, 3, 4]


def test_of_two_alike_the_less_like_text_is_chosen_next() -> None:
    given = [
        candidate(0, "yes", "good evening to you all"),
        candidate(1, "yes", "good evening to you both"),
        candidate(2, "yes", "welcome, stranger, come in and sit"),
    ]
    assert [one.place for one in chosen(given, ["kind"], 2, 4000)] == [0, 2]


def test_one_sample_serves_every_criterion_that_it_is_labelled_for() -> None:
    both = Choosable(0, "p", "a", 5, words_of("both"), {"kind": "yes", "warm": "mild"}, frozenset())
    other = Choosable(1, "q", "b", 5, words_of("other"), {"warm": "mild"}, frozenset())
    assert [one.place for one in chosen([both, other], ["kind", "warm"], 1, 99)] == [0]


def test_balance_is_by_criterion() -> None:
    counts = {("a", "yes"): 5, ("a", "no"): 2, ("b", "yes"): 7}
    assert most_of_each(counts) == {"a": 2, "b": 7}
