"""Shards that are joined are the run that one job would have made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.errors import InputError, RunError, RunLocked
from rlaif.records.backends import ScriptedJudge
from rlaif.records.judge import Judge
from rlaif.reporting.merged import merged_text
from rlaif.runs.grade import grade_run
from rlaif.runs.merge import merge_runs
from rlaif.runs.order import Order
from rlaif.runs.retry import retry_order
from rlaif.runs.verify import verify_run
from rlaif.storage.run_folder import open_run
from rlaif.storage.selection import Selection, Shard
from tests.runs.quiet import Quiet
from tests.runs.test_estimate import PLAIN, many, order_of

OF = 3


def judge(**more: Any) -> Judge:
    stated = {"judge": "half", "version": "1.0.0", "backend": "scripted", "answers": "hash"}
    spec = ScriptedJudge.model_validate({**stated, "failure_share": 0.1, **more})
    return Judge(spec, load_judge("scripted").template)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three shards of 60 samples, some of them twins; and the same in one run."""
    folder = tmp_path_factory.mktemp("merge")
    twins = [{**row, "sample_id": f"twin of {row['sample_id']}"} for row in many(15)]
    order = replace(order_of(folder, PLAIN, [*many(45), *twins]), judge=judge())
    grade_run(replace(order, out=folder / "whole"), Quiet())
    for number in range(1, OF + 1):
        grade_run(shard_of(order, number, folder / f"shard-{number}"), Quiet())
    return folder


def shard_of(order: Order, number: int, out: Path, of: int = OF, **more: Any) -> Order:
    return replace(order, out=out, selection=Selection(Shard(number, of), **more))


def shards(home: Path, *numbers: int) -> list[Path]:
    return [home / f"shard-{number}" for number in numbers or range(1, OF + 1)]


def rows(folder: Path) -> list[Any]:
    return [(sample, grade) for sample, grade in open_run(folder).graded_samples()]


def test_the_merged_run_is_that_of_one_job(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = merge_runs(out, shards(home), command=["merge"])
    whole = open_run(home / "whole")
    counts = whole.counts()
    assert (done.samples, done.ok, done.failed) == (60, counts.ok, counts.failed)
    assert done.failed > 3
    assert rows(out) == rows(home / "whole")
    mine, its = open_run(out).manifest, whole.manifest
    assert mine.samples is not None
    assert its.samples is not None
    assert (mine.samples.digest, mine.samples.twins) == (its.samples.digest, 15)
    assert (mine.under, mine.rubric, mine.judge) == (its.under, its.rubric, its.judge)
    assert verify_run(out).sound


def test_what_the_shards_cost_is_added_up(home: Path, tmp_path: Path) -> None:
    merge_runs(tmp_path / "out", shards(home))
    each = [open_run(path).manifest.spent.asked for path in shards(home)]
    assert open_run(tmp_path / "out").manifest.spent.asked == sum(each)
    merge_runs(tmp_path / "out", shards(home))
    assert open_run(tmp_path / "out").manifest.spent.asked == sum(each)


def test_it_goes_on_as_any_run(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    merge_runs(out, shards(home))
    asked = open_run(out).manifest.spent.asked
    assert grade_run(retry_order(out), Quiet()).failed == open_run(home / "whole").counts().failed
    order = replace(order_of(tmp_path, PLAIN, []), judge=judge(), out=out)
    heard: list[str] = []

    class Heard(Quiet):
        def note(self, text: str) -> None:
            heard.append(text)

    grade_run(replace(order, samples=str(home / "samples.jsonl")), Heard())
    assert heard[-1] == "all of it was graded before: nothing is asked"
    assert not any("differ" in told for told in heard)
    assert open_run(out).manifest.spent.asked == asked


def test_again_it_changes_nothing(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    merge_runs(out, shards(home), command=["merge"])
    held = {path: path.read_bytes() for path in out.rglob("*") if path.name != "lock"
            and path.is_file()}  # fmt: skip
    merge_runs(out, list(reversed(shards(home))), command=["merge", "again"])
    assert {p: p.read_bytes() for p in out.rglob("*") if p.name != "lock" and p.is_file()} == held


@pytest.mark.parametrize("step", ["_samples", "_grades", "write_manifest", "write_whole"])
def test_killed_at_any_step_it_goes_on(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    out, where = tmp_path / "out", f"rlaif.storage.merging.{step}"

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(where, killed)
        with pytest.raises(KeyboardInterrupt):
            merge_runs(out, shards(home))
    with pytest.raises(RunError):
        open_run(out)
    merge_runs(out, shards(home))
    assert rows(out) == rows(home / "whole")
    assert verify_run(out).sound
    assert sum(1 for _ in (out / "samples").iterdir()) == 1


def test_a_missing_shard_is_named_and_can_come_later(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError, match="not all shards are there: 2/3 missing"):
        merge_runs(out, shards(home, 1, 3))
    assert not out.exists()
    done = merge_runs(out, shards(home, 1, 3), partial=True)
    assert done.missing == (2,)
    assert "not there: 2/3" in merged_text(done)
    assert open_run(out).counts().samples == done.samples < 60
    merge_runs(out, shards(home))
    assert rows(out) == rows(home / "whole")


def test_shards_of_other_things_are_refused(home: Path, tmp_path: Path) -> None:
    order = replace(order_of(tmp_path, PLAIN, many(45)), judge=judge())

    def refused(one: Order, match: str, others: Sequence[int] = (1, 2)) -> None:
        grade_run(one, Quiet())
        with pytest.raises(InputError, match=match):
            merge_runs(tmp_path / "out", [*shards(home, *others), one.out])

    same = replace(order, samples=str(home / "samples.jsonl"))
    refused(shard_of(order, 3, tmp_path / "a"), "differ in their input")
    refused(shard_of(same, 3, tmp_path / "b", of=4), "differ in the number of shards: 3 and 4")
    refused(
        shard_of(same, 3, tmp_path / "c", draw=5), "differ in the samples drawn: all and 5 by 0"
    )
    other = replace(same, judge=judge(version="1.0.1"))
    refused(shard_of(other, 3, tmp_path / "d"), "differ in their judge: half 1.0.0 ")
    refused(replace(same, out=tmp_path / "e"), "is no shard")
    refused(shard_of(same, 2, tmp_path / "f"), "are both the shard 2/3")
    assert not (tmp_path / "out").exists()


def test_inputs_that_cannot_be_told_apart_by_their_bytes_are_by_their_samples(
    home: Path, tmp_path: Path
) -> None:
    """As from standard input: then there is no hash of the whole."""
    rows = [{**row, "completion": f"hello {row['sample_id']}"} for row in many(45)]
    rows = [{**row, "sample_id": f"other {row['sample_id']}"} for row in rows]
    order = replace(order_of(tmp_path, PLAIN, rows), judge=judge())
    grade_run(shard_of(order, 3, tmp_path / "third"), Quiet())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("rlaif.runs.merge._facts", lambda *_: [])
        with pytest.raises(RunError, match="are not shards of one input: its row"):
            merge_runs(tmp_path / "out", [*shards(home, 1, 2), tmp_path / "third"])


def test_a_folder_that_is_something_else_is_left_alone(home: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds a run that is no merge of shards"):
        merge_runs(home / "whole", shards(home))
    with pytest.raises(InputError, match="is both a shard and where they are joined"):
        merge_runs(home / "shard-1", shards(home))
    with open_run(home / "shard-2").lock(), pytest.raises(RunLocked, match="a job is writing"):
        merge_runs(tmp_path / "out", shards(home))
