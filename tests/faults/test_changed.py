"""What a run is of changes before it is resumed: told, asked again as far as needed, no further."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rlaif.judging import scripted
from rlaif.judging.scripted_rules import answer_of
from rlaif.records.backends import ScriptedJudge
from rlaif.records.judge import Judge
from rlaif.runs.files import rubric_and_text
from rlaif.runs.grade import grade_run
from tests.faults.conftest import RUBRIC, Heard, Job, greeting, write_rows
from tests.faults.invariants import Rows, exported, finished, holds

ROWS_OF_THE_TABLE = ("rubric changed", "judge changed", "samples changed", "input grew")
SAMPLES = 12
Asked = list[str]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The questions that the judge was asked, by criterion."""
    seen: Asked = []

    def noted(decision: Any, spec: Any) -> Any:
        seen.append(decision.criterion)
        return answer_of(decision, spec)

    monkeypatch.setattr(scripted, "answer_of", noted)
    return seen


def another_text(job: Job) -> Job:
    return _with_rubric(job, RUBRIC.replace("kind to the reader", "kind to her"))


def another_weight(job: Job) -> Job:
    return _with_rubric(job, RUBRIC.replace("weight: 2", "weight: 3"))


def one_more_question(job: Job) -> Job:
    return _with_rubric(job, RUBRIC + "  - {id: short, ask: Is the greeting a short one?}\n")


def one_question_less(job: Job) -> Job:
    return _with_rubric(job, "".join(RUBRIC.splitlines(keepends=True)[:-1]))


def other_answers(job: Job) -> Job:
    assert job.order.judge
    spec = ScriptedJudge(judge="scripted-hash", version="2.0.0", backend="scripted", answers="best")
    return replace(job, order=replace(job.order, judge=Judge(spec, job.order.judge.template)))


def another_version(job: Job) -> Job:
    """The judge's file has another version, and asks the same of the same."""
    assert job.order.judge
    spec = job.order.judge.spec.model_copy(update={"version": "1.9.0"})
    return replace(job, order=replace(job.order, judge=replace(job.order.judge, spec=spec)))


def other_samples(job: Job) -> Job:
    rows = [greeting(n) for n in range(SAMPLES)]
    rows[7]["completion"] = "hello to you too, my dear, and welcome"
    return _with_samples(job, [rows[11], *rows[2:11]])


def more_samples(job: Job) -> Job:
    return _with_samples(job, [greeting(n) for n in range(SAMPLES + 3)])


def _with_rubric(job: Job, text: str) -> Job:
    path = job.folder / "other.yaml"
    path.write_text(text)
    rubric, text = rubric_and_text(str(path))
    return replace(job, order=replace(job.order, rubric=rubric, rubric_text=text))


def _with_samples(job: Job, rows: Rows) -> Job:
    samples = write_rows(Path(str(job.order.samples)).with_name("other.jsonl"), rows)
    return replace(job, order=replace(job.order, samples=str(samples)))


CHANGES: dict[Callable[[Job], Job], tuple[str, Asked]] = {
    another_text: ("the rubric differs from the run's", ["kind"] * SAMPLES),
    another_weight: ("the rubric differs from the run's", []),
    one_more_question: ("the rubric differs from the run's", ["short"] * SAMPLES),
    one_question_less: ("the rubric differs from the run's", []),
    other_answers: ("the judge differs from the run's", ["flatters", "kind", "warm"] * SAMPLES),
    another_version: ("the judge differs from the run's", []),
    other_samples: (
        "the samples differ from the run's: 0 added, 1 changed, 2 removed",
        ["flatters", "kind", "warm"],
    ),
    more_samples: (
        "the samples differ from the run's: 3 added, 0 changed, 0 removed",
        ["flatters", "kind", "warm"] * 3,
    ),
}
"""What is told, and which criteria are asked, how often."""


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_told_and_only_what_it_concerns_is_asked(
    job: Job, asked: Asked, change: Callable[[Job], Job]
) -> None:
    told, again = CHANGES[change]
    job.grade()
    changed = change(job)
    whole = changed.whole()
    asked.clear()
    heard = changed.grade()
    assert any(note.startswith(told) for note in heard.notes), heard.notes
    assert sorted(asked) == sorted(again)
    finished(changed.run, whole, inputs=2)
    assert changed.grade().begun == []


@pytest.mark.parametrize("change", CHANGES)
def test_while_it_is_graded_anew_no_old_score_is_shown_under_the_new_text(
    job: Job, change: Callable[[Job], Job]
) -> None:
    job.grade()
    changed = change(job)
    whole = changed.whole()

    class Stopped(Heard):
        def begin(self, samples: int, done: int) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_run(changed.order, Stopped())
    left = holds(changed.run, whole, inputs=2)
    kept = {"other_samples": 9, "more_samples": SAMPLES}.get(change.__name__, 0)
    assert len(left) == kept  # of the same content, under the same rubric and judge
    changed.grade()
    finished(changed.run, whole, inputs=2)


def test_back_to_what_was_before_nothing_is_asked(job: Job, asked: Asked) -> None:
    whole = job.whole()
    job.grade()
    another_text(job).grade()
    asked.clear()
    job.grade()
    assert asked == []
    assert exported(job.run) == whole
