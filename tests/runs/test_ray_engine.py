"""Grading by Ray: the same grades as here, whoever is killed, and a clean end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.checks.sandbox.launch import TIERS
from rlaif.errors import JudgeUnavailable, RunError
from rlaif.grading.usage import Usage
from rlaif.records.backends import TransformersJudge
from rlaif.records.judge import Judge
from rlaif.runs.files import rubric_and_text
from rlaif.runs.order import Order
from rlaif.runs.replicas import Replicas
from rlaif.runs.watching import Step
from rlaif.storage.run_folder import open_run
from rlaif.storage.whole_files import parts
from tests.checks.sandbox.conftest import machine_lacks
from tests.conftest import MakeJudge
from tests.faults.conftest import RUBRIC, Heard, Job, greeting, write_rows
from tests.faults.invariants import exported, finished, holds
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
SAMPLES = 1500
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


def job_of(
    folder: Path, rows: Sequence[dict[str, Any]], judge: Judge, rubric: str = RUBRIC
) -> Job:
    """A job by Ray."""
    (folder / "rubric.yaml").write_text(rubric)
    samples = write_rows(folder / "samples.jsonl", rows)
    loaded, text = rubric_and_text(str(folder / "rubric.yaml"))
    order = Order(loaded, text, judge, str(samples), folder / "run", engine="ray", replicas=TWO)
    return Job(folder, order)


def here(job: Job) -> list[dict[str, Any]]:
    """The export of the same job, graded in this process."""
    local = job.at("here")
    local.grade(engine="local")
    return exported(local.run)


def descendants(pid: int) -> dict[int, str]:
    """All processes below `pid`, and their command lines."""
    parents, lines = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(") ", 1)[1].split()[1])
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


class Killer(Heard):
    """A watcher that kills a replica at each of the given numbers of grades."""

    def __init__(self, at: Sequence[int], pick: random.Random) -> None:
        super().__init__()
        self.at, self.pick, self.seen, self.killed = list(at), pick, 0, 0

    def graded(self, step: Step, usage: Usage) -> None:  # type: ignore[override]  # what it is told
        self.seen += step.grades
        while self.at and self.seen >= self.at[0]:
            self.at.pop(0)
            if alive := replicas():
                os.kill(self.pick.choice(alive), signal.SIGKILL)
                self.killed += 1


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
    cluster: str, tmp_path: Path
) -> None:
    slow = load_judge("scripted-hash")
    slow = replace(slow, spec=slow.spec.model_copy(update={"latency_s": 0.4}))
    (tmp_path / "slow.yaml").write_text(
        "judge: scripted-hash\nversion: 1.0.0\nbackend: scripted\nanswers: hash\nlatency_s: 0.4\n"
    )
    job = job_of(tmp_path, list(map(greeting, range(SAMPLES))), slow)
    whole = job.at("here").whole() if False else here(replace_judge(job))
    command = [PROGRAM, "grade", "rubric.yaml", "samples.jsonl", "-j", "slow.yaml", "-o", "run",
               "--engine", "ray", "--ray-address", cluster, "--replicas", "2",
               "--cpus-per-replica", "0.5"]  # fmt: skip
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as driver:
        wait_for(lambda: parts(job.run / "parts"), driver)
        driver.kill()
    holds(job.run, whole)
    moments = random.Random(6)  # noqa: S311 - to be the same every time
    killer = Killer(sorted(moments.sample(range(SAMPLES // 2), KILLS)), moments)
    job.grade_by(killer)
    assert killer.killed == KILLS
    finished(job.run, whole)
