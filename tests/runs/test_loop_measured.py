"""What a round is measured by: enough of its held-out completions, and nothing made is cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlaif.errors import RunError
from rlaif.records.loop_rules import ENOUGH
from rlaif.records.loop_stage import GradeTask, RolloutTask, StageMade, StageName
from rlaif.runs import loop_report, loop_stages
from rlaif.runs.loop import run_loop
from rlaif.runs.loop_order import LoopOrder
from rlaif.runs.loop_plan import Made, Planner
from rlaif.runs.loop_stages import do_here
from rlaif.runs.loop_watching import Quiet
from rlaif.runs.order import Order
from rlaif.runs.rollout import RolledOut, RolloutOrder
from rlaif.storage.run_folder import Counts
from tests.runs.loops import Fake, ordered


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> LoopOrder:
    return ordered(tmp_path_factory.mktemp("loop"), rounds=2)


def stage(name: StageName) -> StageMade:
    return StageMade(stage=name, round=1, key="", hash="", seconds=0, facts={})


def planned(order: LoopOrder, folder: Path, name: StageName) -> list[GradeTask | RolloutTask]:
    planner = Planner(order, folder)
    made = Made(1, {"held_out": stage("held_out"), "rollout": stage("rollout")}, order.policy, "")
    tasks = planner.plan(name, folder / name, planner.start(), made).tasks
    return [one for one in tasks if isinstance(one, GradeTask | RolloutTask)]


def test_held_out_completions_and_their_grades_have_to_be_enough(
    order: LoopOrder, tmp_path: Path
) -> None:
    looks: tuple[StageName, ...] = ("held_out", "evaluation", "panel")
    assert [one.enough for name in looks for one in planned(order, tmp_path, name)] == [ENOUGH] * 3
    trains: tuple[StageName, ...] = ("rollout", "run")
    assert [one.enough for name in trains for one in planned(order, tmp_path, name)] == [0, 0]


def test_a_panel_that_could_grade_too_little_fails_its_stage_and_is_asked_again(
    order: LoopOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Order] = []
    ok = 7

    def graded(order: Order, watcher: object) -> Counts:
        asked.append(order)
        return Counts(samples=10, ok=ok, failed=10 - ok)

    monkeypatch.setattr(loop_stages, "grade_run", graded)
    (task,) = planned(order, tmp_path, "panel")
    assert isinstance(task, GradeTask)
    task = task.model_copy(update={"rubric": order.loop.rubric})
    with pytest.raises(RunError, match=r"7 of 10 completions \(80% are needed\) could be graded"):
        do_here(task, tmp_path, Quiet())
    assert asked[0].retry_failed
    ok = 8
    assert do_here(task, tmp_path, Quiet()) == {"ok": 8, "failed": 2}


def test_a_policy_that_completed_too_few_held_out_prompts_fails_the_stage(
    order: LoopOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rolled(order: RolloutOrder, watcher: object) -> RolledOut:
        return RolledOut(kept=3, failed=1, policy_id="p", path=Path(order.out))

    monkeypatch.setattr(loop_stages, "rollout", rolled)
    (held,) = planned(order, tmp_path, "held_out")
    with pytest.raises(RunError, match="3 of 4 completions"):
        do_here(held, tmp_path, Quiet())
    (trained,) = planned(order, tmp_path, "rollout")
    assert do_here(trained, tmp_path, Quiet())["kept"] == 3


def test_fewer_rounds_than_were_begun_are_refused(
    order: LoopOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_report, "_library", lambda: "")
    monkeypatch.setattr(loop_report, "load", lambda adapter: None)
    (tmp_path / "round-03").mkdir()
    fake = Fake()
    with pytest.raises(RunError, match="'rounds' may be raised and not lowered"):
        run_loop(order, tmp_path, Quiet(), fake)
    assert fake.done == []
    assert not (tmp_path / "order.json").exists()


def test_raising_the_rounds_changes_no_rule(order: LoopOrder) -> None:
    more = order.loop.model_copy(update={"rounds": 40})
    assert more.rules == order.loop.rules
