"""The main job, called from Python: what is graded, what is kept, who is told."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.errors import FileProblems, InputError, RunError
from rlaif.grading.usage import Usage
from rlaif.judging.scripted import ScriptedBackend
from rlaif.judging.scripted_rules import answer_of
from rlaif.ports import Answer, Decision
from rlaif.records.backends import ScriptedJudge
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure
from rlaif.runs.files import rubric_and_text
from rlaif.runs.grade import grade_run
from rlaif.runs.order import Order
from rlaif.runs.watching import Step
from rlaif.runs.worker import graded_under
from rlaif.storage.run_folder import open_run

RUBRIC = """\
rubric: greeting
version: 1.0.0
title: A greeting
criteria:
  - {id: kind, ask: Is the greeting kind to the reader?, weight: 2}
  - {id: flatters, ask: Does the greeting flatter the reader?, weight: -1}
"""


@dataclass
class Heard:
    """What a watcher was told."""

    notes: list[str] = field(default_factory=list)
    begun: list[tuple[int, int]] = field(default_factory=list)
    grades: int = 0

    def note(self, text: str) -> None:
        self.notes.append(text)

    def begin(self, samples: int, done: int) -> None:
        self.begun.append((samples, done))

    def graded(self, step: Step, usage: Usage) -> None:
        self.grades += step.grades


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """Ten samples, two questions each, the judge that varies."""
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    rows = [
        {"sample_id": f"s{n}", "prompt": "Greet.", "completion": f"hello there, number {n}"}
        for n in range(10)
    ]
    (tmp_path / "samples.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    rubric, text = rubric_and_text(str(tmp_path / "rubric.yaml"))
    judge = load_judge("scripted-hash")
    return Order(rubric, text, judge, str(tmp_path / "samples.jsonl"), tmp_path / "run")


def break_after(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Let the judge break, as a process does that runs out of memory, after `most` answers."""
    answered = 0

    def backend(judge: Judge) -> ScriptedBackend:
        spec = judge.spec
        assert isinstance(spec, ScriptedJudge)

        def rule(decision: Decision) -> Answer | Failure:
            nonlocal answered
            answered += 1
            if answered > most:
                raise MemoryError
            return answer_of(decision, spec)

        used = ScriptedBackend(spec, rule=rule)
        used.served = "scripted"
        return used

    monkeypatch.setattr("rlaif.runs.backends.backend_of", backend)


def test_the_watcher_hears_of_every_grade_once(order: Order) -> None:
    heard = Heard()
    counts = grade_run(order, heard)
    assert (counts.samples, counts.ok, counts.failed) == (10, 10, 0)
    assert heard.begun == [(10, 0)]
    assert heard.grades == 10


def test_what_was_graded_before_the_judge_broke_is_kept(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = replace(order, out=order.out.with_name("whole"))
    grade_run(whole, Heard())
    with monkeypatch.context() as patched:
        break_after(patched, 9)
        with pytest.raises(MemoryError):
            grade_run(order, Heard())
    kept = open_run(order.out).counts().ok
    assert kept == 4
    heard = Heard()
    grade_run(order, heard)
    assert heard.begun == [(10, 4)]
    assert heard.grades == 6

    def scores(path: Path) -> list[tuple[str, float | None]]:
        return [(g.sample_id, g.score) for g in open_run(path).grades()]

    assert scores(order.out) == scores(whole.out)


def test_a_full_disk_keeps_what_was_written(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise RunError("no space left\n  hint: make room and start the same command again")

    with monkeypatch.context() as patched:
        patched.setattr("rlaif.storage.grade_writer.write_part", full)
        with pytest.raises(RunError, match="make room"):
            grade_run(order, Heard())
    assert open_run(order.out).counts().missing == 10
    assert grade_run(order, Heard()).ok == 10


def test_the_handler_of_sigterm_is_put_back(order: Order) -> None:
    before = signal.getsignal(signal.SIGTERM)
    grade_run(order, Heard())
    assert signal.getsignal(signal.SIGTERM) is before


def test_sigterm_interrupts_as_ctrl_c_does(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopping(Heard):
        def graded(self, step: Step, usage: Usage) -> None:
            super().graded(step, usage)
            if self.grades == 3:
                signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        grade_run(order, Stopping())
    kept = open_run(order.out).counts().ok
    assert 3 <= kept <= 10
    heard = Heard()
    assert grade_run(order, heard).ok == 10
    assert heard.grades == 10 - kept


def test_sigterm_interrupts_while_samples_are_read(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    with monkeypatch.context() as patched:
        patched.setattr("rlaif.runs.fitting.misfit", stop)
        with pytest.raises(KeyboardInterrupt):
            grade_run(order, Heard())
    assert grade_run(order, Heard()).ok == 10


def test_nothing_is_made_where_the_order_cannot_be_carried_out(order: Order) -> None:
    with pytest.raises(InputError, match="no such file"):
        grade_run(replace(order, samples="nowhere.jsonl"), Heard())
    with pytest.raises(InputError, match="name one"):
        grade_run(replace(order, judge=None), Heard())
    assert not order.out.exists()


def test_faults_of_samples_come_before_any_grade(order: Order) -> None:
    path = Path(order.samples or "")
    path.write_bytes(path.read_bytes() + b'\n{"sample_id": "bad"}')
    heard = Heard()
    with pytest.raises(FileProblems):
        grade_run(order, heard)
    assert heard.grades == 0


def test_a_grade_depends_on_rubric_judge_and_the_model_that_was_served(order: Order) -> None:
    assert order.judge
    first = graded_under(order.rubric, order.judge, "a")
    assert first == graded_under(order.rubric, order.judge, "a")
    assert first != graded_under(order.rubric, order.judge, "b")
    assert first != graded_under(order.rubric, load_judge("scripted"), "a")


def test_a_kept_rubric_or_judge_that_was_lost_is_written_again(order: Order) -> None:
    grade_run(order, Heard())
    lost = [*order.out.glob("rubric-*.yaml"), *order.out.glob("judge-*.json")]
    texts = [path.read_text() for path in lost]
    for path in lost:
        path.unlink()
    heard = Heard()
    grade_run(order, heard)
    assert heard.grades == 0
    assert [path.read_text() for path in lost] == texts
