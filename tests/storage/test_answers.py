from __future__ import annotations

from collections.abc import Callable

import pytest

from rlaif.errors import FileProblems
from rlaif.storage.answers import read_answers

Write = Callable[..., str]


def test_answers_are_read_with_their_lines(write: Write) -> None:
    source = write(
        [
            {"sample_id": "a", "annotator": "ann", "answers": {"c": "yes", "d": None}},
            {"sample_id": "b", "values": {"c": 0.5, "d": None}},
        ]
    )
    first, second = read_answers(source)
    assert (first.line, first.answers.annotator) == (1, "ann")
    assert first.answers.answers == {"c": "yes", "d": None}
    assert second.answers.values == {"c": 0.5, "d": None}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"answers": {}}', ":1:1: 'sample_id' is missing"),
        ('{"sample_id": "a", "answer": {}}', ":1:20: unknown key 'answer'"),
        ('{"sample_id": "a", "values": {"c": 1.5}}', ":1:20: values.c: expected at most 1"),
        ('{"sample_id": "a", "values": {"c": "x"}}', ":1:20: values.c: expected a number"),
        ('{"sample_id": "a", "answers": {"c": 5}}', ":1:20: answers.c: expected text, not 5"),
        (
            '{"sample_id": "a", "answers": {"c": "no"}, "values": {"c": 0}}',
            ":1:44: values.c: 'c' has both an answer and a value",
        ),
        ("{", ":1:2: the JSON ends too early"),
    ],
)
def test_a_wrong_line_is_told_in_plain_words(write: Write, line: str, told: str) -> None:
    source = write([line])
    with pytest.raises(FileProblems) as caught:
        list(read_answers(source))
    assert str(caught.value.problems[0]).removeprefix(source).startswith(told)
