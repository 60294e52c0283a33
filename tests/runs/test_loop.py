"""The loop as a state machine: what is made of what, and what survives which end."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from rlaif.errors import RunError, RunLocked
from rlaif.records.loop_stage import AnyTask, CheckTask, GradeTask, StageMade, StageName
from rlaif.runs import loop_report
from rlaif.runs.loop import Ended, run_loop
from rlaif.runs.loop_order import loop_order
from rlaif.runs.loop_watching import Quiet
from rlaif.storage.loop_folder import LoopFolder, hash_of
from tests.runs.loops import HACKED, HELD_OUT, Fake, lineage, ordered, written

QUIET = Quiet()


@pytest.fixture(scope="module", autouse=True)
def no_library() -> Iterator[None]:
    """The script that draws takes seconds to be put together; no test here looks at it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loop_report, "_library", lambda: "// draws")
        yield


@pytest.fixture(scope="module")
def hacked(tmp_path_factory: pytest.TempPathFactory, no_library: None) -> tuple[Path, Ended]:
    """A loop of DPO whose policy is sparkling honestly once, and then cheats."""
    folder = tmp_path_factory.mktemp("hacked")
    ended = run_loop(ordered(folder), folder / "out", QUIET, Fake(HACKED))
    return folder, ended


def test_a_hacked_reward_is_stopped_and_named(hacked: tuple[Path, Ended]) -> None:
    folder, ended = hacked
    stop = ended.stop
    assert stop is not None
    assert (stop.name, stop.round, stop.members) == ("panel-departed", 2, ("checks",))
    assert stop.criterion == "sparkles"
    assert stop.told.startswith("Reward hacking in round 2")
    assert "'checks' fell from 1.000 to 0.000" in stop.told
    assert ended.best.round == stop.against < 2
    assert not (folder / "out" / "round-03").exists()


def test_the_same_command_again_asks_nothing_and_ends_alike(hacked: tuple[Path, Ended]) -> None:
    folder, ended = hacked
    again = Fake(HACKED)
    assert (
        run_loop(loop_order(folder / "loop.yaml"), folder / "out", QUIET, again).stop == ended.stop
    )
    assert again.done == []


def test_every_artefact_has_its_line_with_who_made_it(hacked: tuple[Path, Ended]) -> None:
    folder, _ = hacked
    lines = lineage(folder / "out")
    made = [(one["round"], one["kind"]) for one in lines]
    looks = ["held_out", "evaluation", "panel"]
    trains = ["rollout", "run", "rows", "model"]
    assert made == [
        *((0, name) for name in looks),
        *((1, name) for name in trains + looks),
        *((2, name) for name in trains + looks),
    ]
    by_path = {one["path"]: one for one in lines}
    for one in lines:
        assert hash_of(folder / "out" / one["path"]) == one["hash"]
        for of, hashed in one["of"].items():
            if of.startswith("round-"):
                assert by_path[of]["hash"] == hashed
    rows = by_path["round-02/rows"]
    assert rows["by"]["rubric"].startswith("sparkling@1.0.0 ")
    assert rows["by"]["policy"] == "writer@1"
    assert by_path["round-02/panel/checks"]["by"]["rubric"].startswith("plain-sense@1.0.0 ")
    assert by_path["round-01/model"]["hash"] == by_path["round-02/rollout"]["of"]["policy"]


def test_rows_that_train_are_of_the_policy_of_the_round_before(hacked: tuple[Path, Ended]) -> None:
    folder, _ = hacked
    rows = (folder / "out" / "round-02" / "rows" / "rows.jsonl").read_bytes().splitlines()
    assert {orjson.loads(row)["policy_chosen"] for row in rows} == {"writer@1"}


def test_the_report_is_written_in_json_and_as_a_page(hacked: tuple[Path, Ended]) -> None:
    folder, _ = hacked
    told = orjson.loads((folder / "out" / "loop.json").read_bytes())
    assert told["ended"] == "stopped"
    assert told["stop"]["name"] == "panel-departed"
    assert [one["round"] for one in told["history"]] == [0, 1, 2]
    assert told["history"][2]["training"]["mean"] == pytest.approx(1.0)
    assert told["history"][2]["panel"]["checks"]["mean"] == pytest.approx(0.0)
    assert told["history"][1]["rows"]["kept"] == 6
    page = (folder / "out" / "loop.html").read_text()
    assert "Reward hacking in round 2" in page
    assert "What raised the score" in page


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, no_library: None) -> tuple[Path, Fake]:
    """A loop of GRPO with one round, done."""
    folder, fake = tmp_path_factory.mktemp("finished"), Fake()
    ended = run_loop(ordered(folder, method="grpo", rounds=1), folder / "out", QUIET, fake)
    assert ended.stop is None
    return folder, fake


@pytest.fixture
def again(finished: tuple[Path, Fake], tmp_path: Path) -> Path:
    """A copy of that loop, to be harmed."""
    folder = tmp_path / "again"
    shutil.copytree(finished[0], folder)
    return folder


def test_another_config_or_rubric_is_refused(again: Path) -> None:
    other = written(again, method="grpo", rounds=1, more="seed: 5\n")
    with pytest.raises(RunError, match="begun with another seed"):
        run_loop(loop_order(other), again / "out", QUIET, Fake())
    written(again, method="grpo", rounds=1)
    edited = (again / "rubric.yaml").read_text().replace("weight: 2", "weight: 3")
    (again / "rubric.yaml").write_text(edited)
    with pytest.raises(RunError, match="begun with another rubric and judge"):
        run_loop(loop_order(again / "loop.yaml"), again / "out", QUIET, Fake())


def test_more_rounds_go_on_from_the_last_one(again: Path) -> None:
    more = Fake()
    ended = run_loop(ordered(again, method="grpo", rounds=2), again / "out", QUIET, more)
    assert [one.round for one in ended.history] == [0, 1, 2]
    assert all(place.startswith("round-02") for place in more.done)


def test_grpo_has_neither_rollouts_nor_rows_to_train_on(finished: tuple[Path, Fake]) -> None:
    assert [place for place in finished[1].done if "round-01" in place] == [
        "round-01/model.partial",
        "round-01/held_out.partial/completions.jsonl",
        "round-01/evaluation.partial",
        "round-01/panel.partial/checks",
    ]


@pytest.mark.slow  # eleven stages, each begun three times
def test_a_kill_at_any_boundary_or_in_the_middle_repeats_one_stage(tmp_path: Path) -> None:
    """Each task is killed in its middle, and once more at its end, before its stage is whole."""
    fake = Fake(dies=lambda task, times: times <= 2 and not isinstance(task, CheckTask))
    order, out = ordered(tmp_path, rounds=1), tmp_path / "out"
    kills = 0
    while True:
        try:
            ended = run_loop(order, out, QUIET, fake)
            break
        except KeyboardInterrupt:
            kills += 1
    tasks = [place for place in fake.done if place != "check"]
    assert kills == 2 * 10
    assert all(tasks.count(place) == 3 for place in set(tasks))
    assert tasks == sorted(tasks, key=tasks.index)  # no later one was begun before it was whole
    alone = tmp_path / "alone"
    alone.mkdir()
    undisturbed = run_loop(ordered(alone, rounds=1), alone / "out", QUIET, Fake())
    assert [one.training.scores for one in ended.history] == [
        one.training.scores for one in undisturbed.history
    ]
    assert len(lineage(out)) == len(lineage(alone / "out")) == 10
    assert not list(out.rglob("*.partial"))


def test_a_stage_that_was_whole_and_lacked_its_name_is_not_made_again(again: Path) -> None:
    model = again / "out" / "round-01" / "model"
    model.rename(model.with_name("model.partial"))
    fake = Fake()
    run_loop(loop_order(again / "loop.yaml"), again / "out", QUIET, fake)
    assert fake.done == ["check"]
    assert model.exists()


def test_a_stage_of_something_else_is_never_mixed_in(again: Path) -> None:
    path = again / "out" / "round-01" / "model" / "stage.json"
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), "key": "of another"}))
    with pytest.raises(RunError, match="was made of something else") as raised:
        run_loop(loop_order(again / "loop.yaml"), again / "out", QUIET, Fake())
    assert "delete this folder" in str(raised.value)


def test_a_stage_that_was_changed_is_not_built_upon(again: Path) -> None:
    """Between a kill and the next start: the next stage would be of something else."""
    end = again / "out" / "round-01"
    shutil.rmtree(end / "evaluation")
    said = end / "held_out" / "completions.jsonl"
    said.write_bytes(said.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(RunError, match="round-01/held_out: its files are not those that were made"):
        run_loop(loop_order(again / "loop.yaml"), again / "out", QUIET, Fake())


def test_a_round_that_was_changed_is_not_measured(again: Path) -> None:
    end = again / "out" / "round-01"
    (end / "figures.json").unlink()
    (end / "evaluation" / "note.txt").write_text("changed")
    with pytest.raises(RunError, match="round-01/evaluation: its files are not those"):
        run_loop(loop_order(again / "loop.yaml"), again / "out", QUIET, Fake())


def test_an_interrupted_look_at_a_finished_loop_costs_no_line_of_its_lineage(
    again: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = lineage(again / "out")
    given, looked = LoopFolder.made, []

    def made(self: LoopFolder, number: int, name: StageName, key: str) -> StageMade | None:
        looked.append(name)
        if len(looked) == 4:
            raise KeyboardInterrupt
        return given(self, number, name, key)

    monkeypatch.setattr(LoopFolder, "made", made)
    with pytest.raises(KeyboardInterrupt):
        run_loop(loop_order(again / "loop.yaml"), again / "out", QUIET, Fake())
    assert lineage(again / "out") == before
    (again / "out" / "lineage.jsonl").unlink()
    monkeypatch.undo()
    run_loop(loop_order(again / "loop.yaml"), again / "out", QUIET, Fake())
    assert lineage(again / "out") == before  # a kill may come before its last line


def test_what_another_attempt_left_for_other_inputs_is_thrown_away(tmp_path: Path) -> None:
    folder = LoopFolder(tmp_path)
    kept = folder.begin(1, "run", "key 1") / "half"
    kept.write_text("half")
    assert (folder.begin(1, "run", "key 1") / "half").exists()
    assert not (folder.begin(1, "run", "key 2") / "half").exists()


def test_a_second_loop_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    order, out = ordered(tmp_path), tmp_path / "out"
    out.mkdir()
    hold = (
        "import sys; from pathlib import Path; from rlaif.storage.loop_folder import LoopFolder\n"
        "with LoopFolder(Path(sys.argv[1])).lock(): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(RunLocked, match="in use by process"):
            run_loop(order, out, QUIET, Fake())
        other.communicate()


def test_completions_that_all_score_alike_leave_nothing_to_learn(tmp_path: Path) -> None:
    same = Fake([lambda prompt, n: "A sparkling drink."])
    path = written(tmp_path)
    path.write_text(path.read_text().replace("panel: {checks: checks.yaml}\n", ""))
    ended = run_loop(loop_order(path), tmp_path / "out", QUIET, same)
    assert ended.stop is not None
    assert (ended.stop.name, ended.stop.round) == ("nothing-to-learn", 1)
    assert "not one row of training data" in ended.stop.told
    assert b'"ended": "stopped"' in (tmp_path / "out" / "loop.json").read_bytes()


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    order, out = ordered(tmp_path), tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match="holds other things"):
        run_loop(order, out, QUIET, Fake())


def test_a_stage_that_fails_says_which_one_it_was(tmp_path: Path) -> None:
    def fails(task: AnyTask, folder: Path, watcher: object) -> dict[str, object]:
        if isinstance(task, GradeTask):
            raise RunError("the judge has no words")
        return Fake()(task, folder, QUIET)

    with pytest.raises(RunError, match="round 0, evaluation: the judge has no words"):
        run_loop(ordered(tmp_path), tmp_path / "out", QUIET, fails)


def test_held_out_prompts_are_counted_by_content(hacked: tuple[Path, Ended]) -> None:
    _, ended = hacked
    assert {len(one.training.scores) for one in ended.history} == {HELD_OUT}
