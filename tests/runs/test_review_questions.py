"""A run graded again by an edited rubric: which answers hold, and what is told of the others."""

from __future__ import annotations

from pathlib import Path

from rlaif.runs.review import open_review
from rlaif.runs.review_corrections import corrections_of
from tests.runs.reviewed import RUBRIC, a_run, finish, one, samples

LATE = 10**6
FEWER = RUBRIC.replace("levels: [bad, fair, good]", "levels: [bad, good]")
OTHER = RUBRIC.replace("Is the answer right?", "Is the answer right and whole?").replace(
    "version: 1.0.0", "version: 2.0.0"
)


def test_answers_come_back_with_the_levels_that_take_them(tmp_path: Path) -> None:
    run = a_run(tmp_path, samples(2))
    review = open_review(run)
    finish(review, 0, "ann", "yes")
    finish(review, 0, "bob", "no")
    review.settle(0, "eve", "right", "yes", LATE)
    review.close()
    a_run(tmp_path, samples(2), FEWER)
    notes: list[str] = []
    review = open_review(run, note=notes.append)
    assert notes[1].startswith("2 answers do not fit what is asked now")
    clear = one(review.item(0, "ann"), "clear")
    assert (clear.answered, clear.mine, clear.earlier) == (False, None, "")
    assert review.item(0, "ann").state == "mine"
    assert review.disputes("eve", others=True) == []
    review.answer(0, "bob", "clear", "good", LATE)
    undone = review.undo("bob")
    assert undone is not None
    assert undone.told.endswith("'fair', does not hold any more: it stays open")
    assert not one(review.item(0, "bob"), "clear").answered
    review.close()
    a_run(tmp_path, samples(2))
    review = open_review(run)
    assert one(review.item(0, "ann"), "clear").mine == "fair"
    assert review.item(0, "ann").state == "adjudicated"
    assert review.progress("ann").done == 1
    review.close()


def test_an_answer_to_another_question_is_no_answer_to_this_one(tmp_path: Path) -> None:
    run = a_run(tmp_path, samples(2))
    review = open_review(run)
    finish(review, 0, "ann", "yes")
    review.comment(0, "ann", "it is", LATE, "right")
    review.close()
    a_run(tmp_path, samples(2), OTHER)
    review = open_review(run)
    right = one(review.item(0, "ann"), "right")
    assert (right.answered, right.mine) == (False, "yes")
    assert (right.question, right.earlier) == (
        "Is the answer right and whole?", "Is the answer right?",
    )  # fmt: skip
    assert review.progress("ann").criteria[0].labels == 0
    now, then = corrections_of(run / "review.sqlite")
    assert (now.rubric.version, now.criteria[0].answered) == ("2.0.0", False)
    (said,) = then.criteria
    assert (then.rubric.version, said.question, said.human, said.comment) == (
        "1.0.0", "Is the answer right?", "yes", "it is",
    )  # fmt: skip
    assert said.answers == ("no", "yes")
    assert then.judge.name == ""
    item = review.answer(0, "ann", "right", "yes", LATE)  # the same word, on another question
    assert (one(item, "right").earlier, item.state) == ("", "done")
    assert len(list(corrections_of(run / "review.sqlite"))) == 1
    review.close()
