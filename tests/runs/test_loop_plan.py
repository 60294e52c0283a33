"""What the stages of a loop read: who is asked what, and that nothing of it has changed."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from rlaif.errors import RunError
from rlaif.records.loop_stage import GradeTask, StageMade, StageName
from rlaif.runs.loop_order import LoopOrder, loop_order
from rlaif.runs.loop_plan import Made, Planned, Planner
from rlaif.runs.loop_stages import do_here
from rlaif.runs.loop_watching import Quiet
from rlaif.storage.run_folder import open_run
from tests.runs.loops import CHECKS, ordered, prompts
from tests.runs.test_loop_order import CHECK, QUESTION, brings, judged

JUDGE = "judge: judge\nversion: 1.0.0\nbackend: scripted\nanswers: {}\n"


def planned(order: LoopOrder, folder: Path, name: StageName, number: int = 1) -> Planned:
    """A stage whose round has its completions."""
    planner = Planner(order, folder)
    held = StageMade(stage="held_out", round=number, key="k", hash="h", seconds=0, facts={})
    now = Made(number, {"held_out": held}, order.policy, "p")
    return planner.plan(name, folder / f"{name}.partial", planner.start(), now)


def test_the_panel_is_not_asked_what_makes_the_reward(tmp_path: Path) -> None:
    path = judged(tmp_path, "{judges: [other.yaml], checks: checks.yaml}", "hash")
    tasks = planned(loop_order(path), tmp_path, "panel").tasks
    assert [one.own for one in tasks if isinstance(one, GradeTask)] == ["all", "all"]
    brings(tmp_path, CHECK, QUESTION)
    order = loop_order(path)
    tasks = planned(order, tmp_path, "panel").tasks
    assert [one.own for one in tasks if isinstance(one, GradeTask)] == ["questions", "none"]
    (task,) = planned(order, tmp_path, "evaluation").tasks
    assert isinstance(task, GradeTask)
    assert task.own == "all"


@pytest.mark.parametrize(
    ("own", "asked"),
    [("all", ["short", "own", "asked"]), ("questions", ["short", "asked"]), ("none", ["short"])],
)
def test_a_grading_asks_those_of_the_prompts_criteria_that_it_is_told_to(
    tmp_path: Path, own: str, asked: list[str]
) -> None:
    row = {
        "sample_id": "1",
        "prompt": "a",
        "completion": "sparkling",
        "criteria": [CHECK, QUESTION],
    }
    (tmp_path / "samples.jsonl").write_bytes(orjson.dumps(row) + b"\n")
    (tmp_path / "checks.yaml").write_text(CHECKS)
    task = GradeTask.model_validate(
        {
            "samples": str(tmp_path / "samples.jsonl"),
            "rubric": str(tmp_path / "checks.yaml"),
            "judge": "scripted",
            "out": str(tmp_path / "run"),
            "own": own,
        }
    )
    assert do_here(task, tmp_path, Quiet())["ok"] == 1
    ((_, grade),) = open_run(tmp_path / "run").graded_samples()
    assert grade is not None
    assert [one.criterion for one in grade.outcomes] == asked


def test_prompts_that_are_others_now_are_not_trained_on(tmp_path: Path) -> None:
    order = ordered(tmp_path)
    assert planned(order, tmp_path, "rollout").tasks
    prompts(tmp_path / "prompts.jsonl", "test", 6)
    with pytest.raises(
        RunError, match=r"prompts\.jsonl: it is not what it was when the loop began"
    ):
        planned(order, tmp_path, "rollout")
    assert planned(order, tmp_path, "held_out").tasks
    prompts(tmp_path / "held-out.jsonl", "train", 6)
    with pytest.raises(RunError, match=r"held-out\.jsonl: it is not"):
        planned(order, tmp_path, "held_out")


@pytest.mark.parametrize(("name", "stage"), [("judge", "evaluation"), ("other", "panel")])
def test_rounds_are_graded_by_the_same_judges(tmp_path: Path, name: str, stage: StageName) -> None:
    order = loop_order(judged(tmp_path, "{judges: [other.yaml]}", "hash"))
    assert planned(order, tmp_path, stage).tasks
    path = tmp_path / f"{name}.yaml"
    path.write_text(path.read_text().replace("1.0.0", "2.0.0"))
    with pytest.raises(RunError, match=rf"{name}\.yaml: it is not what it was"):
        planned(order, tmp_path, stage)


def test_the_model_that_a_loop_starts_from_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "start").mkdir()
    order = ordered(tmp_path)
    assert planned(order, tmp_path, "rollout").tasks
    (tmp_path / "start" / "weights").write_text("2")
    with pytest.raises(RunError, match="start: it is not what it was"):
        planned(order, tmp_path, "rollout")
    assert planned(order, tmp_path, "rollout", 2).tasks  # which is of round 1's model
