"""A run made compact, under its lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rlaif.errors import RunError
from rlaif.records.run_facts import Compacted
from rlaif.storage.compacting import compact, planned
from rlaif.storage.manifest import NAME
from rlaif.storage.pair_folder import is_of_pairs
from rlaif.storage.run_folder import RunFolder, open_run
from rlaif.storage.whole_files import parts

MANY_PARTS = 1000
"""Parts from which on a run is read slowly enough to be worth compacting."""


def compact_run(
    folder: Path, *, current_only: bool, dry_run: bool, note: Callable[[str], None]
) -> Compacted:
    """Compact the run at `folder`; with `dry_run` say what that would do, and change nothing.

    Args: `note` hears of parts found damaged, which are set aside.
    Raises: RunError; RunLocked while a job writes to the run.
    """
    if is_of_pairs(folder) and not (folder / NAME).exists():
        raise RunError(f"{folder}: a run of pairs is not compacted: its parts are few")
    run = open_run(folder)
    if dry_run:
        return planned(run, current_only=current_only)
    with run.lock() as damaged:
        for text in damaged:
            note(text)
        return compact(run, current_only=current_only)


def many_parts_note(run: RunFolder) -> str:
    """What to say of a run that has become slow to read; else nothing."""
    count = len(parts(run.path / "parts"))
    if count <= MANY_PARTS:
        return ""
    return f"the run has {count:,} parts: `rlaif compact {run.path}` lays them together"
