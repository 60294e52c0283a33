"""From the file of a review to corrections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rlaif.errors import RunError
from rlaif.ports import Reviewing
from rlaif.records.correction import Correction
from rlaif.runs.review import open_review
from rlaif.runs.review_corrections import corrections_of
from tests.runs.reviewed import a_run, samples


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_run(tmp_path_factory.mktemp("corrections"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "review.sqlite"


@pytest.fixture
def review(run: Path, file: Path) -> Iterator[Reviewing]:
    opened = open_review(run, file=file)
    yield opened
    opened.close()


def made(file: Path) -> list[Correction]:
    return list(corrections_of(file))


def test_a_correction_is_complete_in_itself(review: Reviewing, file: Path) -> None:
    item = review.item(3, "ann")
    for name, label in (("right", "yes"), ("clear", "fair"), ("unit", None)):
        review.answer(3, "ann", name, label, 99)
    review.comment(3, "ann", "short", 99)
    review.comment(3, "ann", "it is", 99, "right")
    review.rewrite(3, "ann", "Three.", 99)
    (one,) = made(file)
    sample = item.sample
    assert (one.sample_id, one.input, one.output) == (
        sample.sample_id, sample.prompt, sample.completion,
    )  # fmt: skip
    assert (one.human_output, one.comment, one.annotator) == ("Three.", "short", "ann")
    assert (one.rubric.name, one.rubric.version, one.judge.name) == (
        "small",
        "1.0.0",
        "scripted-hash",
    )
    assert len(one.rubric.hash) == len(one.judge.fingerprint) == 32
    assert (one.policy, one.score, one.adjudicated) == ("tiny", item.score, False)
    assert [c.criterion for c in one.criteria] == ["right", "clear", "unit", "four"]
    right, _, unit, four = one.criteria
    assert (right.human, right.answered, right.comment) == ("yes", True, "it is")
    assert right.judge is not None
    assert right.judge.answer == item.criteria[0].judge
    assert sum(right.judge.distribution) == pytest.approx(1)
    assert (unit.human, unit.answered) == (None, True)
    assert (four.checked, four.answered) == (True, False)
    # 3 of right, half of clear, and the check, whose section lost the unit that does not apply.
    met = four.judge is not None and four.judge.answer == "yes"
    assert one.human_score == pytest.approx((3 + 0.5 + met) / 5)
    assert one == Correction.model_validate_json(one.model_dump_json())


def test_a_score_by_half_the_answers_is_none(review: Reviewing, file: Path) -> None:
    review.answer(0, "ann", "right", "yes", 0)
    assert made(file)[0].human_score is None


def test_there_is_one_for_each_annotator_and_none_for_what_was_taken_back(
    review: Reviewing, file: Path
) -> None:
    review.answer(5, "bob", "right", "yes", 0)
    review.answer(5, "ann", "right", "no", 0)
    review.comment(2, "ann", "hm", 0)
    review.answer(7, "ann", "right", "no", 0)
    review.undo("ann")
    found = made(file)
    assert [(one.annotator, one.criteria[0].human) for one in found] == [
        ("ann", None), ("ann", "no"), ("bob", "yes"),
    ]  # fmt: skip
    assert len({one.correction_id for one in found}) == 3
    review.answer(5, "ann", "right", None, 99)
    again = made(file)
    assert [one.correction_id for one in again] == [one.correction_id for one in found]
    assert again[1].at >= found[1].at


def test_the_last_word_stands_beside_what_they_said(review: Reviewing, file: Path) -> None:
    for annotator, says in (("ann", "yes"), ("bob", "no")):
        review.answer(0, annotator, "right", says, 0)
        review.answer(0, annotator, "clear", "fair", 9)
        review.answer(0, annotator, "unit", "yes", 9)
    review.settle(0, "eve", "right", "no", 99, "see the book")
    found = made(file)
    assert [(one.annotator, one.adjudicated) for one in found] == [
        ("ann", False), ("bob", False), ("eve", True),
    ]  # fmt: skip
    right, clear, unit, check = found[2].criteria
    assert not check.answered
    assert (right.human, right.comment, clear.human, unit.human) == (
        "no", "see the book", "fair", "yes",
    )  # fmt: skip


def test_a_rewrite_over_hidden_names_says_so(run: Path, file: Path) -> None:
    review = open_review(run, file=file, redact=True)
    review.rewrite(0, "ann", "It is [name 1].", 0)
    review.close()
    assert made(file)[0].human_output_redacted


def test_what_was_drawn_at_random_is_known(review: Reviewing, file: Path) -> None:
    drawn = [row.sample_id for row in review.queue("x") if row.why == "drawn at random"]
    assert len(drawn) == 3  # a fifth of twelve, and not less
    for row in review.queue("ann"):
        review.answer(row.number, "ann", "right", "yes", 0)
    assert {one.sample_id for one in made(file) if one.drawn} == set(drawn)


def test_of_text_that_is_gone_the_correction_has_that_text(tmp_path: Path) -> None:
    rows = samples()
    run = a_run(tmp_path, rows)
    review = open_review(run)
    number = next(r.number for r in review.queue("ann") if r.sample_id == "s0")
    review.answer(number, "ann", "right", "yes", 0)
    review.close()
    edited = (tmp_path / "small.yaml").read_text().replace("id: right", "id: correct")
    a_run(tmp_path, [{**rows[0], "completion": "Five."}, *rows[1:]], edited)
    open_review(run).close()
    (one,) = made(run / "review.sqlite")
    assert (one.output, one.rubric.version) == (rows[0]["completion"], "1.0.0")
    assert (one.criteria[0].criterion, one.criteria[0].human) == ("right", "yes")


def test_a_file_that_is_no_review_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such review"):
        made(tmp_path / "none.sqlite")
