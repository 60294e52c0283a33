"""A sample is graded, a classifier learns from it, and the rest is filtered."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from rlaif.errors import InputError
from rlaif.grading.usage import Usage
from rlaif.records.curate import CurateRules
from rlaif.records.training_rows import taken
from rlaif.runs.curate import CurateOrder, curate
from rlaif.runs.curate_grading import Grading
from rlaif.runs.watching import Step
from rlaif.storage.run_folder import open_run
from tests.conftest import MakeJudge, MakeRubric

WORDS = [f"word{number}" for number in range(300)]
TEXTS = 500
DRAWN = 220


class Noting:
    """A watcher that remembers how much was graded."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.steps = 0

    def note(self, text: str) -> None:
        self.notes.append(text)

    def begin(self, samples: int, done: int) -> None:
        """Nothing."""

    def graded(self, step: Step, usage: Usage) -> None:
        self.steps += 1


def row(number: int) -> dict[str, Any]:
    words = random.Random(number).choices(WORDS, k=25)  # noqa: S311 - no secret
    if number % 3 == 0:
        words[number % 25] = "because"
    return {"text": " ".join(words), "n": number, "tags": ["a", None]}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> str:
    """500 texts; every third one says why, and the last two are copies."""
    rows = [row(number) for number in range(TEXTS)]
    rows += [{"text": f"  {rows[0]['text']} "}, rows[1]]
    path = tmp_path_factory.mktemp("texts") / "texts.jsonl"
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in rows))
    return str(path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that most tests grade into, so that it is done once."""
    return tmp_path_factory.mktemp("graded") / "run"


Ordered = Callable[..., CurateOrder]


@pytest.fixture
def order(texts: str, tmp_path: Path, rubric: MakeRubric, shared: Path) -> Ordered:
    """`order(sample=250)`: texts that say why are wanted; more by the names of the rules."""

    def make(**rules: Any) -> CurateOrder:
        wanted = rubric({"id": "why", "check": "contains", "text": "because"})
        grading = Grading(wanted, "rubric: r\n", None)
        stated = CurateRules(**{"sample": DRAWN, **rules})
        return CurateOrder(texts, grading, stated, str(tmp_path / "kept.jsonl"), shared)

    return make


def kept(order: CurateOrder) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in Path(order.out).read_bytes().splitlines()]


def test_rows_are_kept_as_they_came_and_their_card_says_how_they_were_chosen(
    order: Ordered, tmp_path: Path
) -> None:
    scores = tmp_path / "scores.parquet"
    given = replace(order(), scores=str(scores))
    made = curate(given, Noting())
    assert made.survey.rows == TEXTS + 2
    assert made.survey.duplicates == 2
    figures = made.learning.figures
    assert figures.better
    found = kept(given)
    assert len(found) == made.kept
    right = [one for one in found if "because" in one["text"]]
    assert len(right) / len(found) > 0.8
    assert len(right) / (TEXTS / 3) > 0.8
    numbers = [one["n"] for one in found]
    assert numbers == sorted(numbers)
    assert all(one["tags"] == ["a", None] for one in found)
    assert taken("sft", found[0]) == {"text": found[0]["text"]}
    by_grade = [one for one in found if one["curate_score"] is not None]
    assert len(by_grade) == made.kept_by_grade
    assert {one["curate_score"] for one in by_grade} == {1.0}
    told = pq.read_table(scores).to_pylist()
    assert [one["row"] for one in told] == list(range(1, TEXTS + 3))
    assert sum(one["kept"] for one in told) == made.kept
    assert [one["decided_by"] for one in told[-2:]] == ["duplicate"] * 2
    card = Path(f"{given.out}.card.md").read_text()
    assert "| `precision` | good ones among the kept | " in card
    assert f"kept {made.kept:,} of 502 texts" in card
    assert str(tmp_path) not in card


def test_nothing_is_graded_twice_and_the_same_command_gives_the_same_rows(order: Ordered) -> None:
    first, again, more = Noting(), Noting(), Noting()
    alone = replace(order(), run=None)
    curate(alone, first)
    before = kept(alone)
    curate(alone, again)
    assert (first.steps, again.steps) == (DRAWN, 0)
    assert kept(alone) == before
    curate(replace(alone, rules=CurateRules(sample=DRAWN + 20)), more)
    assert more.steps == 20
    assert open_run(alone.folder).counts().ok == DRAWN + 20


def test_what_cannot_be_learned_is_not_written_unless_it_is_asked_for(
    order: Ordered, rubric: MakeRubric, judge: MakeJudge
) -> None:
    def by_chance(**rules: Any) -> CurateOrder:
        grading = Grading(rubric({"id": "c"}), "rubric: r\n", judge("hash"))
        return replace(order(**rules), run=None, grading=grading)

    made = curate(by_chance(), Noting())
    assert not made.learning.figures.better
    assert (made.paths, made.kept) == ((), 0)
    assert not Path(by_chance().out).exists()
    forced = curate(by_chance(force=True), Noting())
    assert forced.learning == made.learning
    assert forced.kept == len(kept(by_chance())) > 0
    card = Path(f"{by_chance().out}.card.md").read_text()
    assert "the classifier is no better than keeping everything" in card


def test_the_classifier_decides_about_graded_texts_too_where_it_is_told_so(order: Ordered) -> None:
    given = order(classifier_only=True)
    made = curate(given, Noting())
    assert (made.kept_by_grade, made.left_by_grade) == (0, 0)
    threshold = made.learning.threshold
    assert all(one["curate_probability"] >= threshold for one in kept(given))


def test_failed_grades_are_left_out_and_counted(
    order: Ordered, rubric: MakeRubric, judge: MakeJudge
) -> None:
    wanted = rubric({"id": "why", "check": "contains", "text": "because", "weight": 9}, {"id": "c"})
    fails = judge("best", failure_share=0.2)
    given = replace(order(), run=None, grading=Grading(wanted, "rubric: r\n", fails))
    made = curate(given, Noting())
    assert 20 < made.failed < 70
    assert made.graded + made.failed == DRAWN
    assert made.learning.train + made.learning.held_out == made.graded


def test_what_cannot_be_done_is_told_before_anything_is_graded(
    order: Ordered, tmp_path: Path
) -> None:
    faults = {
        "--out names a file": replace(order(), out="-"),
        "there is no folder": replace(order(), out=str(tmp_path / "not" / "there.jsonl")),
        "--scores names a file": replace(order(), scores="-"),
        "is inside the run": replace(order(), out=str(tmp_path / "kept.jsonl"), run=tmp_path),
        "say where the grades are kept": replace(order(), out="memory://a/kept", run=None),
        "a judge that transformers runs": order(features="judge"),
        "no such file": replace(order(), texts=str(tmp_path / "none.jsonl")),
    }
    for told, given in faults.items():
        watcher = Noting()
        with pytest.raises(InputError, match=told):
            curate(given, watcher)
        assert not watcher.steps
    assert not list(tmp_path.iterdir())
