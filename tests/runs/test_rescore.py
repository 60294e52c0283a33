"""A run under another rubric: only what changed is asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rlaif.errors import InputError
from rlaif.records.judge import Judge
from rlaif.records.panel import JuryJudge
from rlaif.reporting.rescored import rescored_lines
from rlaif.runs.estimate import estimate
from rlaif.runs.grade import grade_run
from rlaif.runs.order import Order
from rlaif.runs.rescore import rescoring, tried, unasked
from rlaif.runs.unstarted import served_by_seat
from rlaif.runs.verify import verify_run
from rlaif.storage.run_folder import open_run
from tests.runs.counted import CountedBackend, put_in_place, served_judge
from tests.runs.quiet import Quiet
from tests.runs.test_estimate import PLAIN, many, order_of

WEIGHED = PLAIN.replace("as a whole?", "as a whole?, weight: 3").replace("1.0.0", "1.1.0")
REWORDED = PLAIN.replace("warm as a", "really warm as a").replace("1.0.0", "2.0.0")


@pytest.fixture
def graded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Order:
    twins = [{**row, "sample_id": f"twin of {row['sample_id']}"} for row in many(10)]
    order = replace(order_of(tmp_path, PLAIN, [*many(), *twins]), cache=False)
    put_in_place(monkeypatch)
    grade_run(order, Quiet())
    put_in_place(monkeypatch)
    return order


def written(folder: Path, text: str) -> str:
    path = folder / "new.yaml"
    path.write_text(text)
    return str(path)


def scores(folder: Path) -> dict[str, float | None]:
    return {grade.sample_id: grade.score for grade in open_run(folder).grades()}


def from_scratch(order: Order, rubric: str) -> dict[str, float | None]:
    folder = order.out.parent / "scratch"
    folder.mkdir()
    fresh = order_of(folder, rubric, [])
    grade_run(replace(fresh, samples=order.samples, cache=False), Quiet())
    return scores(fresh.out)


def test_with_other_weights_the_judge_is_not_even_started(graded: Order) -> None:
    before = scores(graded.out)
    plan = rescoring(graded.out, written(graded.out.parent, WEIGHED))
    assert estimate(plan.order).questions == 0
    stated = plan.before.manifest.judge
    assert stated is not None
    grade_run(plan.order, Quiet(), unasked(stated.served))
    assert CountedBackend.started == CountedBackend.asked == 0
    found = plan.difference(open_run(graded.out))
    assert found.counts["moved"] == 40
    assert found.counts["samples_after"] == 50
    assert [one.kinds for one in found.rubric.changed] == [("re-weighted",)]
    assert found.mean_before == pytest.approx(sum(map(float, filter(None, before.values()))) / 50)
    assert verify_run(graded.out).sound
    assert scores(graded.out) == from_scratch(graded, WEIGHED)


def test_a_judge_that_was_never_started_gives_no_answer(graded: Order) -> None:
    plan = rescoring(graded.out, written(graded.out.parent, REWORDED))
    with pytest.raises(RuntimeError, match="a judge that is not started was asked"):
        grade_run(plan.order, Quiet(), unasked("m, as found"))


def test_only_the_changed_question_is_asked(graded: Order) -> None:
    plan = rescoring(graded.out, written(graded.out.parent, REWORDED))
    order = replace(plan.order, cache=False)
    found = estimate(order)
    assert (found.questions, found.asked_of) == (32, 32)
    grade_run(order, Quiet())
    assert (CountedBackend.started, CountedBackend.asked) == (1, 32)
    assert scores(graded.out) == from_scratch(graded, REWORDED)


def test_a_dry_run_tells_what_would_move_and_writes_nothing(graded: Order) -> None:
    held = {path: path.read_bytes() for path in graded.out.rglob("*") if path.is_file()}
    plan = rescoring(graded.out, written(graded.out.parent, WEIGHED))
    with tried(plan) as (found, after):
        difference = plan.difference(after)
    assert found.questions == 0
    assert (difference.counts["moved"], difference.counts["no_longer_graded"]) == (40, 0)
    assert {path: path.read_bytes() for path in graded.out.rglob("*") if path.is_file()} == held
    grade_run(plan.order, Quiet(), unasked("m, as found"))
    assert difference == plan.difference(open_run(graded.out))


def test_what_cannot_be_told_before_it_is_asked_is_told_apart(graded: Order) -> None:
    plan = rescoring(graded.out, written(graded.out.parent, REWORDED))
    with tried(plan) as (found, after):
        difference = plan.difference(after)
    assert (found.questions, difference.counts["no_longer_graded"]) == (32, 40)
    text = [line.text for line in rescored_lines(difference, tried=True)]
    assert text == ["40 samples cannot be scored before that; of the others:", "no score moved"]


def test_a_run_without_a_judge_cannot_be_asked(tmp_path: Path) -> None:
    checks = PLAIN.partition("  - {id: kind")[0]
    grade_run(replace(order_of(tmp_path, checks, many(3)), judge=None), Quiet())
    with pytest.raises(InputError, match="graded without a judge, and greeting asks one"):
        rescoring(tmp_path / "run", written(tmp_path, PLAIN))


def test_a_jury_is_kept_with_its_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_place(monkeypatch)
    named = JuryJudge.model_validate({"judge": "both", "version": "1.0.0", "jury": ["a", "b"]})
    members = served_judge("a"), served_judge("b", model="n")
    jury = Judge(named, "", members=members)
    grade_run(replace(order_of(tmp_path, PLAIN, many(10)), judge=jury, cache=False), Quiet())
    put_in_place(monkeypatch)
    plan = rescoring(tmp_path / "run", written(tmp_path, WEIGHED))
    assert estimate(plan.order).questions == 0
    stated = plan.before.manifest.judge
    assert stated is not None
    assert grade_run(plan.order, Quiet(), unasked(stated.served)).ok == 10
    assert CountedBackend.started == 0
    served = "a@1.0.0: one; texts as JSON; b@1.0.0: two"
    assert list(served_by_seat(jury, served)) == ["one; texts as JSON", "two"]
