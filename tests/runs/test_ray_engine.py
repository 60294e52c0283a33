"""Grading by Ray: the same grades as here, whoever is killed, and a clean end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.checks.sandbox.launch import TIERS
from rlaif.errors import JudgeUnavailable, RunError
from rlaif.records.backends import OpenaiJudge
from rlaif.records.judge import Judge
from rlaif.runs.files import rubric_and_text
from rlaif.runs.order import Order
from rlaif.runs.replicas import Replicas
from rlaif.storage.run_folder import open_run
from rlaif.storage.whole_files import parts
from tests.checks.sandbox.conftest import machine_lacks
from tests.faults.conftest import RUBRIC, Job, greeting, write_rows
from tests.faults.invariants import Rows, exported, finished, holds
from tests.grading.code import CODE, WRONG

ray = pytest.importorskip("ray")
pytestmark = [
    pytest.mark.slow,
    # Ray's own: what it deprecates, and sockets that it leaves to the garbage collector
    pytest.mark.filterwarnings("ignore::FutureWarning:ray"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
TWO = Replicas(count=2, cpus=0.5)
PROGRAM = str(Path(sys.executable).with_name("rlaif"))
COMMAND = [PROGRAM, "grade", "rubric.yaml", "samples.jsonl", "-j", "slow.yaml", "-o", "run",
           "--engine", "ray", "--replicas", "2", "--cpus-per-replica", "0.5"]  # fmt: skip
SAMPLES = 3000
KILLS = 3
CODE_RUBRIC = """\
rubric: doubling
version: 1.0.0
title: A function that doubles
criteria:
  - {id: said, check: contains, text: def, gate: true}
  - {id: clear, ask: Is the name of the function clear?, gate: true}
  - {id: doubles, check: python_function, cases: [{call: double(2), returns: 4}]}
  - {id: short, ask: How short is the function?, levels: [long, middling, short]}
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A cluster of this machine for all tests that do not begin one; its address."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        patched.setenv("RAY_USAGE_STATS_ENABLED", "0")
        started = ray.init(
            address="local", num_cpus=2, include_dashboard=False, log_to_driver=False,
            logging_level="critical", object_store_memory=128 * 2**20, namespace="rlaif",
        )  # fmt: skip
        yield started.address_info["address"]
        ray.shutdown()


def job_of(folder: Path, rows: Sequence[dict[str, Any]], judge: Judge, rubric: str = RUBRIC) -> Job:
    """A job by Ray."""
    (folder / "rubric.yaml").write_text(rubric)
    samples = write_rows(folder / "samples.jsonl", rows)
    loaded, text = rubric_and_text(str(folder / "rubric.yaml"))
    order = Order(loaded, text, judge, str(samples), folder / "run", engine="ray", replicas=TWO)
    return Job(folder, order)


def here(job: Job, judge: Judge | None = None) -> Rows:
    """The export of the same job, graded in this process."""
    local = job.at("here")
    local.grade(engine="local", judge=judge or job.order.judge)
    return exported(local.run)


@pytest.fixture
def slow(tmp_path: Path) -> Judge:
    """A judge that takes its time for every answer; its file is slow.yaml."""
    stated = {"judge": "slow", "version": "1.0.0", "backend": "scripted", "answers": "hash"}
    (tmp_path / "slow.yaml").write_bytes(orjson.dumps({**stated, "latency_s": 0.7}))
    return load_judge(str(tmp_path / "slow.yaml"))


def quick(judge: Judge) -> Judge:
    """The same judge without its latency; it gives the same grades."""
    return replace(judge, spec=judge.spec.model_copy(update={"latency_s": 0.0}))


def descendants(pid: int) -> dict[int, str]:
    """All processes below `pid`, and their command lines."""
    parents, lines = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(") ")[2]
            parents[int(folder.name)] = int(after_name.split()[1])
            lines[int(folder.name)] = (folder / "cmdline").read_bytes().decode()
        except OSError:
            continue
    found, level = set[int](), {pid}
    while level:
        level = {child for child, parent in parents.items() if parent in level}
        found |= level
    return {child: lines[child] for child in found if child in lines}


def replicas() -> list[int]:
    """The processes on this cluster that grade."""
    below = descendants(os.getpid())
    return sorted(pid for pid, line in below.items() if line.startswith("ray::Replica"))


class Killer(threading.Thread):
    """Kills replicas at random moments while they grade."""

    def __init__(self, kills: int, pick: random.Random) -> None:
        super().__init__(daemon=True)
        self.left, self.pick = kills, pick

    def run(self) -> None:
        while self.left:
            time.sleep(self.pick.uniform(0.2, 1.0))
            if alive := replicas():
                os.kill(self.pick.choice(alive), signal.SIGKILL)
                self.left -= 1


def wait_for(happened: Callable[[], object], job: subprocess.Popen[str]) -> None:
    while not happened():
        assert job.poll() is None
        time.sleep(0.05)


@pytest.mark.skipif(all(map(machine_lacks, TIERS)), reason="no sandbox on this machine")
@pytest.mark.usefixtures("cluster")
def test_two_replicas_give_the_grades_of_one_machine(tmp_path: Path) -> None:
    texts = [CODE, WRONG, "I would rather not write that today.", " "]
    rows = [greeting(n, completion=f"{texts[n % 4]}\n\n# {n}") for n in range(40)]
    twins = [{**row, "sample_id": f"twin of {row['sample_id']}"} for row in rows[::3]]
    job = job_of(tmp_path, [*rows, *twins, rows[5]], load_judge("scripted-hash"), CODE_RUBRIC)
    heard = job.grade()
    assert any("2 replicas with 0.5 CPUs each" in note for note in heard.notes)
    assert heard.begun == [(54, 0)]
    whole = here(job)
    assert len({row["score"] for row in whole}) > 3
    finished(job.run, whole)
    assert open_run(job.run).manifest.sandbox is not None
    spent = open_run(job.run).manifest.spent
    assert spent == open_run(job.at("here").run).manifest.spent
    assert not replicas()


def test_killed_replicas_and_a_killed_coordinator_lose_nothing(
    cluster: str, tmp_path: Path, slow: Judge
) -> None:
    job = job_of(tmp_path, list(map(greeting, range(SAMPLES))), slow)
    whole = here(job, quick(slow))
    command = [*COMMAND, "--ray-address", cluster]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as driver:
        wait_for(lambda: parts(job.run / "parts"), driver)
        driver.kill()
    assert 0 < len(holds(job.run, whole)) < SAMPLES
    killer = Killer(KILLS, random.Random(6))  # noqa: S311 - to be the same every time
    killer.start()
    job.grade()
    assert killer.left == 0
    finished(job.run, whole)


@pytest.mark.usefixtures("cluster")
def test_what_is_wrong_is_told_as_on_one_machine(tmp_path: Path) -> None:
    nobody = OpenaiJudge(judge="o", version="1.0.0", backend="openai", model="m",
                         base_url="http://127.0.0.1:9/v1", max_outage_s=0)  # fmt: skip
    judge = Judge(nobody, load_judge("scripted").template)
    job = job_of(tmp_path, [greeting(0)], judge)
    told = []
    for engine in ("local", "ray"):
        with pytest.raises(JudgeUnavailable) as unreachable:
            job.grade(engine=engine)
        told.append(str(unreachable.value))
    assert told[0] == told[1]
    assert "127.0.0.1:9" in told[0]
    with pytest.raises(RunError, match="a replica takes 999 CPUs, and no node has that"):
        job.grade(replicas=Replicas(cpus=999))
    assert not replicas()
    assert not list(job.run.glob(".tmp-*"))


def test_a_job_that_is_told_to_stop_writes_what_replicas_hold_and_leaves_no_process(
    tmp_path: Path, slow: Judge
) -> None:
    job = job_of(tmp_path, list(map(greeting, range(SAMPLES))), slow)
    with subprocess.Popen(
        COMMAND,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as driver:
        assert driver.stderr is not None
        while "grading" not in (line := driver.stderr.readline()):
            assert line.startswith("Ray: 2 replicas with 0.5 CPUs each")
        time.sleep(2.0)
        assert not parts(job.run / "parts")
        below = descendants(driver.pid)
        graders = [pid for pid, line in below.items() if line.startswith("ray::Replica")]
        assert len(graders) == 2
        os.kill(graders[0], signal.SIGKILL)  # of which people hear nothing
        time.sleep(0.5)
        os.killpg(driver.pid, signal.SIGINT)  # as a terminal does
        out, err = driver.communicate(timeout=60)
    assert driver.returncode == 130
    assert out == ""
    progress, *told = err.splitlines()
    assert progress.endswith("of 3,000 samples")
    assert told == ["rlaif: interrupted; what was graded is kept, and the same command goes on"]
    assert 0 < len(holds(job.run, here(job, quick(slow)))) < SAMPLES
    time.sleep(1.0)
    assert {pid: line for pid, line in below.items() if Path(f"/proc/{pid}").exists()} == {}
