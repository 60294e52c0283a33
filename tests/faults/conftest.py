"""A small job that every fault befalls: its order, what it comes to undisturbed, a warm process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.records.judge import Judge
from rlaif.runs.files import rubric_and_text
from rlaif.runs.grade import grade_run
from rlaif.runs.order import Order
from tests.faults.invariants import Rows, exported
from tests.faults.warm_process import WarmProcess

RUBRIC = """\
rubric: greeting
version: 1.0.0
title: A greeting
criteria:
  - {id: kind, ask: Is the greeting kind to the reader?, weight: 2}
  - {id: warm, ask: How warm is the greeting as a whole?, levels: [cold, mild, warm]}
  - {id: flatters, ask: Does the greeting flatter the reader?, weight: -1}
"""


@dataclass
class Heard:
    """What a watcher was told."""

    notes: list[str] = field(default_factory=list)
    begun: list[tuple[int, int]] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def begin(self, samples: int, done: int) -> None:
        self.begun.append((samples, done))

    def graded(self, *_: object) -> None:
        pass


def greeting(number: int, **more: Any) -> dict[str, Any]:
    """One sample as a row."""
    text = f"hello there, dear number {number}, how do you do?"
    return {"sample_id": f"s{number}", "prompt": "Greet her.", "completion": text, **more}


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


@dataclass(frozen=True)
class Job:
    """A folder with a rubric and samples, and what grades them."""

    folder: Path
    order: Order

    @property
    def run(self) -> Path:
        return self.order.out

    @property
    def command(self) -> list[str]:
        """The same order, as it is typed."""
        return ["grade", "rubric.yaml", "samples.jsonl", "--judge", "scripted-hash", "--out",
                str(self.run)]  # fmt: skip

    def grade(self, **changes: Any) -> Heard:
        """Carry the order out, here; what was heard of it."""
        heard = Heard()
        grade_run(replace(self.order, **changes), heard)
        return heard

    def at(self, name: str | Path) -> Job:
        """The same job into another folder."""
        return replace(self, order=replace(self.order, out=self.folder / name))

    def whole(self) -> Rows:
        """The export of this job that nothing befalls."""
        job = self.at("undisturbed")
        job.grade()
        return exported(job.run)


MakeJob = Callable[..., Job]


@pytest.fixture(scope="module")
def make_job(tmp_path_factory: pytest.TempPathFactory) -> MakeJob:
    """`make_job(rows, rubric=..., judge=...)`: a job in a folder of its own."""

    def make(
        rows: Sequence[dict[str, Any]] | int = 12, rubric: str = RUBRIC, judge: Judge | None = None
    ) -> Job:
        folder = tmp_path_factory.mktemp("job")
        (folder / "rubric.yaml").write_text(rubric)
        given = [greeting(n) for n in range(rows)] if isinstance(rows, int) else rows
        samples = write_rows(folder / "samples.jsonl", given)
        loaded, text = rubric_and_text(str(folder / "rubric.yaml"))
        used = judge or load_judge("scripted-hash")
        return Job(folder, Order(loaded, text, used, str(samples), folder / "run"))

    return make


@pytest.fixture
def job(make_job: MakeJob) -> Job:
    """Twelve samples, three questions each."""
    return make_job()


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmProcess]:
    """A process that has everything imported, and forks one that runs a command."""
    with WarmProcess() as process:
        yield process


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a few thousand random weights with its tokenizer, for judges that take ids."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from tests.judging.conftest import save, tiny

    return save(tiny(LlamaForCausalLM, LlamaConfig), tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def served(make_job: MakeJob, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A job whose judge is asked over HTTP, and its server; see `servers.py`."""
    from tests.faults.servers import serving_a_job
    from tests.judging.misbehaving import hurry

    hurry(monkeypatch)
    with serving_a_job(make_job, folder) as made:
        yield made
