"""A run made compact: few large parts, and nothing that no job reads any more.

It is safe at every instant. New parts are whole and synced before an old one goes, so that a
process killed in between leaves rows twice; which of two equal rows counts does not matter.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from rlaif.errors import RunError
from rlaif.records.run_facts import Compacted
from rlaif.storage.compact_order import kept_places
from rlaif.storage.database import NARROW, database
from rlaif.storage.inventory import size_and_change
from rlaif.storage.large_parts import ROWS, SIZE, lay_together
from rlaif.storage.manifest import Manifest
from rlaif.storage.row_counts import row_counts
from rlaif.storage.run_folder import RunFolder
from rlaif.storage.whole_files import disk_errors, sync_folder


def compact(run: RunFolder, *, current_only: bool, rows: int = ROWS, size: int = SIZE) -> Compacted:
    """Lay the parts of a run together, and take away what is superseded. Needs the lock.

    Rows that another row of the same sample, content and `under` beats are dropped. Rows under
    another `under` stay, for their verdicts are found by key, unless `current_only`.
    Args: `rows` and `size` of a part, about.
    Raises: RunError where the samples are damaged, or nothing would be left; the run is as it was.
    """
    plan = planned(run, current_only=current_only, rows=rows, size=size)
    with disk_errors(run.path):
        if plan.lays:
            _lay_parts(run, current_only, rows, size)
        for generation in _superseded(run.path, run.manifest):
            shutil.rmtree(generation)
        for text in _unnamed(run.path, run.manifest):
            text.unlink(missing_ok=True)
    return Compacted(
        parts_before=plan.parts_before,
        parts_after=len(run.files()[1]),
        bytes_before=plan.bytes_before,
        bytes_after=size_and_change(run.path)[0],
        rows_before=plan.rows_before,
        rows_after=plan.rows_after,
        generations=plan.generations,
        texts=plan.texts,
    )


def planned(run: RunFolder, *, current_only: bool, rows: int = ROWS, size: int = SIZE) -> Compacted:
    """What `compact` would do; how many parts there are then is an estimate. Raises: as it."""
    samples, old = run.files()
    held = sum(part.stat().st_size for part in old)
    counts = row_counts(samples, old, run.manifest.under)
    kept = counts.rows - counts.beaten - (counts.others if current_only else 0)
    if current_only and counts.rows and not kept:
        raise RunError(
            f"{run.path}: nothing is graded under the current rubric, judge and samples, and "
            "--current-only would leave nothing\n  hint: leave it out, or grade first"
        )
    share = held * kept // counts.rows if counts.rows else 0
    fewest = 1 + max(kept // rows, share // size) if kept else 0
    needless = kept == counts.rows and len(old) <= fewest
    return Compacted(
        parts_before=len(old),
        parts_after=len(old) if needless else fewest,
        bytes_before=size_and_change(run.path)[0],
        bytes_after=None,
        rows_before=counts.rows,
        rows_after=kept,
        generations=sum(1 for _ in _superseded(run.path, run.manifest)),
        texts=sum(1 for _ in _unnamed(run.path, run.manifest)),
    )


def _lay_parts(run: RunFolder, current_only: bool, rows: int, size: int) -> None:
    samples, old = run.files()
    folder = run.path / "parts"
    with database(NARROW, samples=samples, grades=old) as connection:
        places = kept_places(connection, run.manifest.under, current_only)
        lay_together(old, places, folder, rows, size)
    for part in old:
        part.unlink(missing_ok=True)
    sync_folder(folder)


def _superseded(run: Path, manifest: Manifest) -> Iterator[Path]:
    """Kept inputs besides the current one."""
    current = manifest.samples.generation if manifest.samples else ""
    for path in sorted((run / "samples").glob("[0-9]*-*")) if current else ():
        if path.is_dir() and path.name != current:
            yield path


def _unnamed(run: Path, manifest: Manifest) -> Iterator[Path]:
    """Kept texts that the manifest does not name."""
    if manifest.rubric is None or manifest.judge is None:
        return
    named = {manifest.rubric.file, manifest.judge.file}
    for path in (*sorted(run.glob("rubric-*.yaml")), *sorted(run.glob("judge-*.json"))):
        if path.name not in named:
            yield path
