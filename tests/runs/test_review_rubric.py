"""The rubric's file beside a review: written when it is sound, and not a character more."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.rubric_file import load_rubric
from rlaif.authoring.shipped import find_rubric
from rlaif.errors import FileProblems, InputError
from rlaif.ports import Reviewing
from rlaif.runs.review import open_review
from rlaif.runs.review_criterion import criterion_lines, with_criterion
from tests.runs.reviewed import RUBRIC, a_run


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rubric")
    a_run(folder)
    return folder


@pytest.fixture
def file(graded: Path) -> Path:
    """The rubric's file, as it was graded by."""
    path = graded / "small.yaml"
    path.write_text(RUBRIC)
    return path


@pytest.fixture
def review(graded: Path, file: Path) -> Iterator[Reviewing]:
    opened = open_review(graded / "run")
    yield opened
    opened.close()


def test_the_file_is_found_by_the_command_that_graded_the_run(review: Reviewing) -> None:
    assert review.rubric_text == RUBRIC


def test_a_criterion_is_shown_at_the_left_margin_with_its_comments(review: Reviewing) -> None:
    assert review.criterion_text("right") == (
        "id: right  # the main thing\nask: Is the answer right?\nweight: 3\n"
    )
    assert review.criterion_text("unit") == (
        "{id: unit, ask: Does the answer state its unit?, allow_na: true}\n"
    )
    assert review.criterion_text("four") == 'id: four\ncheck: contains\ntext: "4"\n'
    with pytest.raises(InputError, match="did you mean 'unit'"):
        review.criterion_text("unti")


@pytest.mark.parametrize("name", ["right", "clear", "unit", "four"])
def test_what_is_put_back_as_it_was_changes_nothing(
    review: Reviewing, file: Path, name: str
) -> None:
    assert review.save_criterion(name, review.criterion_text(name)) == []
    assert file.read_text() == RUBRIC


def test_an_edit_changes_its_own_lines_alone(review: Reviewing, file: Path) -> None:
    lines = "id: right  # still\nask: |\n  Is the answer right,\n\n  and whole?\nweight: 2\n"
    assert review.save_criterion("right", lines) == []
    assert file.read_text() == RUBRIC.replace(
        "id: right  # the main thing\n    ask: Is the answer right?\n    weight: 3\n",
        "id: right  # still\n    ask: |\n      Is the answer right,\n\n      and whole?\n"
        "    weight: 2\n",
    )
    assert load_rubric(file).items[0].weight == 2
    assert review.criterion_text("right") == lines


@pytest.mark.parametrize(
    ("name", "lines", "told"),
    [
        ("right", "id: right\naks: Is it so?\n", "1:1: a criterion needs 'ask'"),
        ("right", "id: right\nask: Is it so?\nweigth: 2\n", "3:1: unknown key 'weigth'"),
        ("right", "id: right\nask: Is it\n  so: really\n", "3:"),
        ("right", "id: other\nask: Is the answer right?\n", "criterion 'right' alone"),
        (
            "right",
            "id: right\nask: Is it right?\n- id: more\n  ask: Is it so?\n",
            "3:1: a list begins here",
        ),
        ("four", "id: four\ncheck: contains\n", "text"),
        ("unit", "id: unit\nask: Does it state its unit?\n", "not in the form"),
        ("right", "id: clear\nask: Is the answer right?\n", "twice"),
    ],
)
def test_what_is_not_sound_is_told_at_its_line_and_not_written(
    review: Reviewing, file: Path, name: str, lines: str, told: str
) -> None:
    problems = review.save_criterion(name, lines)
    assert any(told in problem for problem in problems), problems
    assert file.read_text() == RUBRIC


def test_the_whole_file_is_written_if_it_is_sound(review: Reviewing, file: Path) -> None:
    edited = RUBRIC.replace("version: 1.0.0", "version: 1.1.0")
    assert review.save_rubric(edited) == []
    assert review.rubric_text == file.read_text() == edited
    faulty = edited.replace("weight: 3", "weight: 0").replace("title:", "titel:")
    problems = review.save_rubric(faulty)
    assert [problem.partition(" ")[0] for problem in problems] == ["2:1:", "4:1:", "8:13:"]
    assert file.read_text() == edited


def test_a_file_with_other_line_breaks_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    text = RUBRIC.replace("\n", "\r\n")
    made, problems = with_criterion(path, text, "clear", criterion_lines(path, text, "clear"))
    assert (made, problems) == (text, [])


def test_a_page_that_sends_other_line_breaks_does_not_change_those_of_the_file(
    review: Reviewing, file: Path
) -> None:
    edited = RUBRIC.replace("weight: 3", "weight: 2")
    for own in ("\r\n", "\n"):
        file.write_bytes(RUBRIC.replace("\n", own).encode())
        for sent in ("\r\n", "\n"):
            assert review.save_rubric(edited.replace("\n", sent)) == []
            assert file.read_bytes() == edited.replace("\n", own).encode()


def test_a_file_that_has_become_faulty_is_told(review: Reviewing, file: Path) -> None:
    file.write_text(RUBRIC.replace("ask: Is", "aks: Is"))
    with pytest.raises(FileProblems, match="did you mean 'ask' instead of 'aks'"):
        review.criterion_text("clear")


def test_a_shipped_rubric_is_not_edited_and_a_copy_is_asked_for(graded: Path) -> None:
    shipped = find_rubric("factual-answer")
    judge = load_judge("scripted")
    review = open_review(graded / "run", rubric=shipped, judge=judge)
    (told,) = review.save_rubric("rubric: x\n")
    assert "ships with rlaif" in told
    assert "cp " in told
    assert not review.can_regrade
    review.close()


def test_without_its_file_the_kept_text_is_shown_and_not_edited(
    graded: Path, tmp_path: Path
) -> None:
    open_review(graded / "run").close()
    mailed = Path(shutil.copy(graded / "run" / "review.sqlite", tmp_path / "mailed.sqlite"))
    file = graded / "small.yaml"
    file.unlink(missing_ok=True)
    review = open_review(mailed)
    assert review.rubric_text == RUBRIC
    assert "--rubric" in review.save_rubric(RUBRIC)[0]
    assert review.criterion_text("right").startswith("id: right")
    review.close()
