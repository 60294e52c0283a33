"""One judge of every fault: what must hold of a run after it, and what once the run is finished."""

from __future__ import annotations

import fcntl
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq

from rlaif.records.outcome import Failure
from rlaif.runs.verify import verify_run
from rlaif.storage.export_rows import export_row
from rlaif.storage.grade_table import read_grades
from rlaif.storage.run_folder import RunFolder, open_run
from rlaif.storage.whole_files import TEMPORARY, is_intact, parts

Rows = list[dict[str, Any]]
NAMES = frozenset({"manifest.json", "samples", "parts", "lock", "quarantine"})
"""What a run may hold, besides the texts of its rubrics and judges."""


def exported(path: Path) -> Rows:
    """The effective grades as other programs get them, in the order of the input."""
    return [orjson.loads(orjson.dumps(export_row(grade))) for grade in open_run(path).grades()]


def holds(path: Path, whole: Rows, *, inputs: int = 1) -> Rows:
    """What is true of a run at every instant, however far it came; its export.

    Args: `whole`, the export of the same job that nothing befell; `inputs`, how many different
    inputs the run has had. Failures may stand where `whole` has a grade, and no other score.
    """
    assert_lock_is_free(path)
    if not (path / "manifest.json").exists():
        return []
    run = open_run(path)
    assert_each_is_written_once(run)
    rows = exported(path) if run.manifest.samples else []
    good = {row["sample_id"]: row for row in whole}
    for row in rows:
        if row["status"] == "failed":
            assert (row["score"], row["raw_score"]) == (None, None)
        else:
            assert row == good[row["sample_id"]]
    assert len(list((path / "samples").glob("[0-9]*"))) <= inputs + 1
    return rows


def finished(
    path: Path, whole: Rows, *, failed: Collection[str] = (), quarantined: int = 0, inputs: int = 1
) -> None:
    """What is true of a run once its job has ended by itself.

    Args: ids of the samples that have failed instead; how many parts are set aside.
    """
    rows = holds(path, whole, inputs=inputs)
    assert [row["sample_id"] for row in rows] == [row["sample_id"] for row in whole]
    failures = {row["sample_id"]: row["outcomes"] for row in rows if row["status"] == "failed"}
    assert failures.keys() == set(failed), failures
    if not failed:
        assert rows == whole
    counts = open_run(path).counts()
    assert (counts.samples, counts.failed, counts.missing) == (len(whole), len(failed), 0)
    assert_nothing_is_left(path, quarantined)
    assert verify_run(path).findings == ()
    assert len(list((path / "samples").glob("[0-9]*"))) <= inputs


def assert_lock_is_free(path: Path) -> None:
    """Whoever comes next can begin."""
    if (path / "lock").exists():
        with (path / "lock").open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def assert_each_is_written_once(run: RunFolder) -> None:
    """No attempt at a sample stands in the parts twice, and no failure has a score."""
    seen: Counter[tuple[str, ...]] = Counter()
    for row in written(run):
        name = ("sample_id", "sample_hash", "under", "attempt")
        seen[tuple(str(row[key]) for key in name)] += 1
    assert [key for key, times in seen.items() if times > 1] == []
    for part in parts(run.path / "parts"):
        if not is_intact(part):
            continue
        for batch in pq.ParquetFile(part).iter_batches():
            for grade in read_grades(batch):
                failures = [a for a in grade.outcomes if isinstance(a.outcome, Failure)]
                assert (grade.score is None) == (grade.status == "failed") == bool(failures)
                assert all(a.value is None and a.answer is None for a in failures)


def written(run: RunFolder) -> Iterator[Mapping[str, Any]]:
    """Every row of every sound part."""
    columns = ["sample_id", "sample_hash", "under", "attempt"]
    for part in parts(run.path / "parts"):
        if is_intact(part):
            yield from pq.read_table(part, columns=columns, partitioning=None).to_pylist()


def assert_nothing_is_left(path: Path, quarantined: int = 0) -> None:
    """Nothing lies about but what belongs to a run."""
    names = {p.name for p in path.iterdir()}
    assert {n for n in names - NAMES if not n.startswith(("rubric-", "judge-"))} == set()
    assert [str(p) for p in path.rglob(f"{TEMPORARY}*")] == []
    aside = path / "quarantine"
    assert (len(list(aside.iterdir())) if aside.exists() else 0) == quarantined
