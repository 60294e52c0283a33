"""The samples of a job: read once, read again when anything is otherwise, and which are taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.errors import FileProblems, InputError
from rlaif.grading.usage import Usage
from rlaif.judging.scripted import ScriptedBackend
from rlaif.judging.scripted_rules import answer_of
from rlaif.ports import Answer, Decision
from rlaif.records.backends import ScriptedJudge
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure
from rlaif.runs.files import rubric_and_text
from rlaif.runs.fitting import FittingRows
from rlaif.runs.grade import grade_run
from rlaif.runs.order import Order
from rlaif.runs.sequence import longest_first
from rlaif.runs.watching import Step
from rlaif.storage.run_folder import open_run
from rlaif.storage.selection import Selection, Shard
from tests.runs.quiet import Quiet

RUBRIC = """\
rubric: greeting
version: 1.0.0
title: A greeting
criteria:
  - {id: kind, ask: Is the greeting kind to the reader?}
  - {id: plain, ask: Is the greeting plain and short?}
"""


class Noting(Quiet):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.asked = 0

    def note(self, text: str) -> None:
        self.notes.append(text)

    def graded(self, step: Step, usage: Usage) -> None:
        self.asked = usage.asked


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))


def row(number: int, **more: Any) -> dict[str, Any]:
    completion = f"hello there, number {number}"
    return {"sample_id": f"s{number}", "prompt": "Greet.", "completion": completion, **more}


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """Forty samples, two questions each, the judge that varies."""
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    write(tmp_path / "samples.jsonl", [row(n) for n in range(40)])
    rubric, text = rubric_and_text(str(tmp_path / "rubric.yaml"))
    judge = load_judge("scripted-hash")
    return Order(rubric, text, judge, str(tmp_path / "samples.jsonl"), tmp_path / "run")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each time that rows of an input are read."""
    seen: list[str] = []
    real = FittingRows.__iter__

    def noted(self: FittingRows) -> Any:
        seen.append("read")
        return real(self)

    monkeypatch.setattr(FittingRows, "__iter__", noted)
    return seen


def grade(order: Order) -> Noting:
    heard = Noting()
    grade_run(order, heard)
    return heard


def test_an_input_with_the_same_bytes_is_not_read_again(order: Order, reads: list[str]) -> None:
    grade(order)
    assert len(reads) == 1
    heard = grade(order)
    assert len(reads) == 1
    assert "all of it was graded before: nothing is asked" in heard.notes


@pytest.mark.parametrize(
    "change",
    [
        lambda order: replace(order, limit=30),
        lambda order: replace(order, mapping={"policy": "model"}),
        lambda order: replace(order, selection=Selection(draw=12)),
    ],
)
def test_another_way_to_read_it_reads_it_again(order: Order, reads: list[str], change: Any) -> None:
    grade(order)
    grade(change(order))
    assert len(reads) == 2


def test_under_another_rubric_it_is_read_again(
    order: Order, tmp_path: Path, reads: list[str]
) -> None:
    grade(order)
    (tmp_path / "other.yaml").write_text(RUBRIC.replace("id: plain", "id: brief"))
    rubric, text = rubric_and_text(str(tmp_path / "other.yaml"))
    grade(replace(order, rubric=rubric, rubric_text=text))
    assert len(reads) == 2


def test_one_changed_byte_reads_it_again(order: Order, reads: list[str]) -> None:
    grade(order)
    assert order.samples
    source = Path(order.samples)
    source.write_text(source.read_text().replace("number 7", "number 8"))
    heard = grade(order)
    assert len(reads) == 2
    assert any("0 added, 1 changed, 0 removed" in note for note in heard.notes)


def test_kept_samples_that_are_damaged_are_read_again(order: Order, reads: list[str]) -> None:
    grade(order)
    for part in (order.out / "samples").rglob("*.parquet"):
        part.write_bytes(part.read_bytes()[:-1])
    grade(order)
    assert len(reads) == 2
    assert open_run(order.out).counts().ok == 40


def test_what_the_kept_samples_need_is_known_without_reading(tmp_path: Path, order: Order) -> None:
    own = [{"id": "own", "ask": "Does it greet the reader by name?"}]
    write(tmp_path / "samples.jsonl", [row(0, criteria=own)])
    (tmp_path / "rubric.yaml").write_text(
        "rubric: r\ntitle: R\nversion: 1.0.0\ncriteria: per-sample\n"
    )
    rubric, text = rubric_and_text(str(tmp_path / "rubric.yaml"))
    asking = replace(order, rubric=rubric, rubric_text=text)
    grade(asking)
    with pytest.raises(InputError, match="name one"):
        grade(replace(asking, judge=None))


def test_the_samples_that_a_run_keeps_can_be_graded_without_their_file(order: Order) -> None:
    grade(order)
    assert order.samples
    Path(order.samples).unlink()
    judge = load_judge("scripted")
    grade(replace(order, samples=None, judge=judge))
    assert {grade.score for grade in open_run(order.out).grades()} == {1.0}


def test_kept_samples_that_do_not_fit_the_rubric_are_told(order: Order, tmp_path: Path) -> None:
    own = [{"id": "plain", "ask": "Does it greet the reader by name?"}]
    write(tmp_path / "samples.jsonl", [row(n, criteria=own) for n in range(2)])
    with pytest.raises(FileProblems, match="plain"):
        grade(order)
    (tmp_path / "bare.yaml").write_text(RUBRIC.replace("id: plain", "id: other"))
    rubric, text = rubric_and_text(str(tmp_path / "bare.yaml"))
    grade(replace(order, rubric=rubric, rubric_text=text))
    with pytest.raises(FileProblems, match="plain"):
        grade(replace(order, samples=None))


def test_shards_are_runs_that_share_out_the_samples(order: Order) -> None:
    seen: list[str] = []
    for number in (1, 2, 3):
        shard = replace(
            order, out=order.out / f"{number}", selection=Selection(shard=Shard(number, 3))
        )
        order.out.mkdir(exist_ok=True)
        grade(shard)
        seen += [one.sample_id for one in open_run(shard.out).grades()]
    assert sorted(seen) == sorted(f"s{n}" for n in range(40))


def test_a_shard_without_samples_is_a_run_of_none(order: Order, tmp_path: Path) -> None:
    write(tmp_path / "samples.jsonl", [row(0)])
    counts = [
        grade_run(
            replace(order, out=tmp_path / f"run{n}", selection=Selection(shard=Shard(n, 5))),
            Quiet(),
        )
        for n in range(1, 6)
    ]
    assert sorted(one.samples for one in counts) == [0, 0, 0, 0, 1]
    assert all(one.ok == one.samples for one in counts)


def test_a_draw_takes_so_many_and_a_larger_one_asks_only_for_the_rest(order: Order) -> None:
    first = grade(replace(order, selection=Selection(draw=10)))
    run = open_run(order.out)
    assert (first.asked, run.counts().ok) == (20, 10)
    small = {one.sample_id for one in run.grades()}
    more = grade(replace(order, selection=Selection(draw=15)))
    assert more.asked == 10
    assert small <= {one.sample_id for one in open_run(order.out).grades()}


def test_equal_texts_under_other_ids_are_asked_once(order: Order, tmp_path: Path) -> None:
    rows = [row(n) for n in range(5)]
    rows += [{**row(n), "sample_id": f"twin-{n}", "policy": "other"} for n in range(5)] * 2
    write(tmp_path / "samples.jsonl", rows)
    heard = grade(order)
    assert heard.asked == 10
    assert any("5 samples with the content of another under another id" in n for n in heard.notes)
    grades = {one.sample_id: one for one in open_run(order.out).grades()}
    assert len(grades) == 10
    for n in range(5):
        one, twin = grades[f"s{n}"], grades[f"twin-{n}"]
        assert (one.score, one.outcomes) == (twin.score, twin.outcomes)


def test_a_twin_of_what_was_graded_long_ago_is_not_asked(order: Order, tmp_path: Path) -> None:
    grade(order)
    write(tmp_path / "samples.jsonl", [row(3), {**row(3), "sample_id": "later"}])
    assert grade(order).asked == 0
    assert open_run(order.out).counts().ok == 2


def test_a_twin_of_what_failed_is_asked_for_itself(
    order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "samples.jsonl", [row(3), {**row(3), "sample_id": "twin"}])
    calls = 0

    def backend(judge: Judge) -> ScriptedBackend:
        spec = judge.spec
        assert isinstance(spec, ScriptedJudge)

        def rule(decision: Decision) -> Answer | Failure:
            nonlocal calls
            calls += 1
            if calls <= 2:
                return Failure("backend", "gone")
            return answer_of(decision, spec)

        used = ScriptedBackend(spec, rule=rule)
        used.served = "scripted"
        return used

    monkeypatch.setattr("rlaif.runs.backends.backend_of", backend)
    counts = grade_run(order, Quiet())
    assert (counts.ok, counts.failed) == (1, 1)
    assert grade_run(replace(order, retry_failed=True), Quiet()).ok == 2
    assert calls == 4


def test_the_longest_come_first_within_a_window(order: Order, tmp_path: Path) -> None:
    lengths = [3, 9, 5, 8, 1, 7]
    write(
        tmp_path / "samples.jsonl",
        [{"sample_id": f"{n}", "prompt": "p", "completion": "x" * n} for n in lengths],
    )
    grade(order)
    run = open_run(order.out)
    found = [one.sample.sample_id for one in longest_first(run.pending("never"), window=4)]
    assert found == ["9", "8", "5", "3", "7", "1"]


def test_spent_questions_are_summed_over_jobs_and_changes_of_the_rubric(
    order: Order, tmp_path: Path
) -> None:
    grade(order)
    (tmp_path / "more.yaml").write_text(RUBRIC.replace("plain and short", "plain and kind"))
    rubric, text = rubric_and_text(str(tmp_path / "more.yaml"))
    grade(replace(order, rubric=rubric, rubric_text=text))
    assert open_run(order.out).manifest.spent.asked == 80 + 40
