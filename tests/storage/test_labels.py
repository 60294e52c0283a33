"""What people said: every form of it, and every fault at its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rlaif.errors import FileProblems, InputError
from rlaif.storage.label_contradictions import contradictions, preference_contradictions
from rlaif.storage.labels import read_labels

Write = Callable[..., str]


def correction(number: int, **more: Any) -> dict[str, Any]:
    return {
        "correction": 1,
        "correction_id": f"c{number}",
        "sample_id": "s1",
        "output": "Four.",
        "criteria": [{"criterion": "right", "human": "no"}],
        **more,
    }


def problems(sources: list[str]) -> list[str]:
    with pytest.raises(FileProblems) as found:
        read_labels(sources)
    return [str(problem).split(":", 1)[1] for problem in found.value.problems]


def test_answers_of_several_files_come_one_after_another(write: Write) -> None:
    one = write([{"sample_id": "s1", "annotator": "ann", "answers": {"right": "yes"}}], "a.jsonl")
    other = write([{"sample_id": "s1", "values": {"right": 0.25}}], "b.jsonl")
    first, second = read_labels([one, other]).samples
    assert (first.annotator, first.answers, first.line) == ("ann", {"right": "yes"}, 1)
    assert (second.annotator, second.values, second.path) == ("", {"right": 0.25}, other)


def test_a_correction_is_taken_as_answers(write: Write) -> None:
    row = correction(1, annotator="ann", sample_hash="h", adjudicated=True)
    (said,) = read_labels([write([row])]).samples
    assert (said.answers, said.annotator, said.sample_hash) == ({"right": "no"}, "ann", "h")
    assert said.settled


def test_what_a_correction_leaves_open_is_no_answer(write: Write) -> None:
    open_one = {"criterion": "kind", "answered": False}
    row = correction(1, criteria=[{"criterion": "right", "human": None}, open_one])
    (said,) = read_labels([write([row])]).samples
    assert said.answers == {"right": None}


def test_a_later_correction_of_the_same_id_replaces_the_earlier(write: Write) -> None:
    late = correction(1, criteria=[{"criterion": "right", "human": "yes"}])
    labels = read_labels([write([correction(1), correction(2), late])])
    assert [row.answers["right"] for row in labels.samples] == ["yes", "no"]
    assert labels.replaced == 1


def test_a_correction_that_only_comments_is_counted_and_no_label(write: Write) -> None:
    labels = read_labels([write([correction(1, criteria=[], comment="Odd.")])])
    assert (labels.samples, labels.empty) == ((), 1)


def test_preferences_and_judged_pairs_are_both_read(write: Write) -> None:
    pair = {"pair_id": 7, "prompt": "p", "completion_a": "x", "completion_b": "y"}
    rows = [{"pair_id": "p1", "annotator": "ann", "human": "tie"}, {**pair, "human": "b"}, pair]
    labels = read_labels([write(rows)])
    assert [(p.pair_id, p.human) for p in labels.pairs] == [("p1", "tie"), ("7", "b")]
    assert labels.empty == 1


def test_pairs_without_ids_get_those_that_a_run_of_them_has(write: Write) -> None:
    (label,) = read_labels([write([{"prompt": "p", "chosen": "x", "rejected": "y"}])]).pairs
    assert label.human == "a"
    assert label.pair_id.startswith("pair-")


def test_every_wrong_line_is_told_at_its_place(write: Write) -> None:
    rows: list[Any] = [
        {"sample_id": 3, "answers": {}},
        "nonsense",
        {"sample_id": "s", "prompt": "p", "completion": "c"},
        {"pair_id": "p", "human": "left"},
        {"sample_id": "s", "values": {"right": 2}},
        {"sample_id": "s", "answers": {"right": "yes"}, "values": {"right": 1}},
    ]
    assert [told.split("\n")[0] for told in problems([write(rows)])] == [
        "1:2: sample_id: expected text, not 3",
        "2:1: broken JSON: invalid literal, expected 'null'",
        "3:1: not a label: its keys are sample_id, prompt, completion",
        "4:16: human: 'left' is not one of: a, b, tie",
        "5:18: values.right: expected at most 1",
        "6:44: values.right: 'right' has both an answer and a value",
    ]


def test_other_kinds_of_files_are_refused_by_name(write: Write) -> None:
    with pytest.raises(InputError, match="csv files are not read as labels"):
        read_labels([write([], "labels.csv")])


def test_who_answers_twice_and_not_alike_is_told_both_lines(write: Write) -> None:
    rows = [
        {"sample_id": "s1", "annotator": "ann", "answers": {"right": "yes"}},
        {"sample_id": "s1", "annotator": "ben", "answers": {"right": "no"}},
        {"sample_id": "s1", "annotator": "ann", "answers": {"right": "no"}},
    ]
    path = write(rows)
    (problem,) = contradictions(read_labels([path]).samples)
    assert str(problem) == (
        f"{path}:3:1: 'right' of sample 's1' is answered otherwise at {path}:1 by 'ann'\n"
        "  hint: keep the line that holds"
    )


def test_answers_to_two_texts_of_one_id_are_no_contradiction(write: Write) -> None:
    other = correction(2, sample_hash="of-another-text")
    other["criteria"] = [{"criterion": "right", "human": "yes"}]
    rows = read_labels([write([correction(1, sample_hash="of-this-text"), other])]).samples
    assert not list(contradictions(rows))


def test_a_correction_says_whether_its_sample_was_drawn_at_random(write: Write) -> None:
    rows = read_labels([write([correction(1, drawn=True), correction(2)])]).samples
    assert [row.drawn for row in rows] == [True, False]


def test_two_people_without_names_are_asked_to_have_some(write: Write) -> None:
    rows = [{"pair_id": "p", "human": "a"}, {"pair_id": "p", "human": "b"}]
    (problem,) = preference_contradictions(read_labels([write(rows)]).pairs)
    assert problem.hint == "keep the line that holds; of two people, name each as `annotator`"


def test_the_last_word_on_a_dispute_is_no_contradiction(write: Write) -> None:
    settled = correction(2, adjudicated=True, criteria=[{"criterion": "right", "human": "yes"}])
    assert not list(contradictions(read_labels([write([correction(1), settled])]).samples))
