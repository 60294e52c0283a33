"""Small things to store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Failure, Verdict
from rlaif.storage.pending import Pending
from rlaif.storage.run_folder import Kept, RunFolder, make_run
from rlaif.storage.samples import read_rows

Write = Callable[..., str]
Graded = Callable[..., Grade]


def sample_row(number: int, **more: Any) -> dict[str, Any]:
    given = {"sample_id": f"s{number}", "prompt": f"What is {number}?", "completion": f"{number}."}
    return {**given, **more}


@pytest.fixture
def row() -> Callable[..., dict[str, Any]]:
    """`row(3, completion="x")`: a sample as a row of a file."""
    return sample_row


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write(rows)`: a JSON Lines file of dicts, or of lines as they are."""

    def write_rows(rows: Iterable[dict[str, Any] | str], name: str = "samples.jsonl") -> str:
        path = tmp_path / name
        lines = [r.encode() if isinstance(r, str) else orjson.dumps(r) for r in rows]
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return str(path)

    return write_rows


@pytest.fixture
def run(tmp_path: Path, write: Write) -> RunFolder:
    """A run of five samples with nothing graded yet, under "u1"."""
    run = make_run(tmp_path / "run")
    source = write(sample_row(i) for i in range(5))
    with run.lock():
        run.take_in(read_rows(source), source)
        state(run, "u1")
    return run


def state(run: RunFolder, under: str) -> None:
    rubric = Kept("r", "1.0.0", f"{under}-r".ljust(32, "0"), "rubric: r\n", ".yaml")
    judge = Kept("j", "1.0.0", f"{under}-j".ljust(32, "0"), "{}", ".json", served="abc")
    run.state(rubric, judge, under, ["rlaif", "grade"])


@pytest.fixture
def restate() -> Callable[[RunFolder, str], None]:
    """`restate(run, under)`: the run is under another rubric from here on."""
    return state


@pytest.fixture
def graded() -> Graded:
    """`graded(pending)`: its grade; `failed=True` for one with a failure."""
    return grade_of


def grade_of(pending: Pending, failed: bool = False, probability: float = 0.75) -> Grade:
    """A grade of two criteria; the second one fails, if wanted."""
    verdict = Verdict((1 - probability, probability), 0.9)
    first = Answered("c0", verdict, f"key-{pending.sample_hash}", "yes", probability)
    second = Answered("c1", Failure("backend", "gone") if failed else verdict, "")
    return Grade(
        sample_id=pending.sample.sample_id,
        rubric="r@1.0.0",
        judge="j@1.0.0",
        score=None if failed else probability,
        raw_score=None if failed else probability,
        status="failed" if failed else "ok",
        reason="failed:c1" if failed else "",
        sections=(),
        outcomes=(first, second),
        sample_hash=pending.sample_hash,
        attempt=pending.attempt,
    )
