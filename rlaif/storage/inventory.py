"""Which runs lie below a folder, and how far each of them is. Looking disturbs no run."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rlaif.errors import RunError
from rlaif.records.run_facts import Listed
from rlaif.storage import queries
from rlaif.storage.database import database
from rlaif.storage.manifest import NAME, PAIRS, Manifest, Stated
from rlaif.storage.pair_folder import open_pairs
from rlaif.storage.run_folder import RunFolder, open_run

DEEPEST = 4
"""Levels of folders that are looked into."""

_INNER = {NAME: "parts", PAIRS: "preferences"}
"""The folder of the grades beside each manifest."""

_HOW_FAR = f"""
SELECT count(*) FILTER (status = 'ok'), count(*) FILTER (status = 'failed'), avg(score)
FROM (
  SELECT sample_id, sample_hash, status, score FROM graded WHERE under = $under
  QUALIFY row_number() OVER (PARTITION BY sample_id, sample_hash ORDER BY {queries.FIRST}) = 1)
JOIN samples USING (sample_id, sample_hash)
"""  # noqa: S608 - constants


def list_runs(folder: Path) -> list[Listed]:
    """The runs at `folder` and below, the one written to last first; links are not followed.

    Raises: RunError where there is no such folder.
    """
    if not folder.is_dir():
        there = "not a folder" if folder.exists() else "no such folder"
        raise RunError(f"{folder}: {there}\n  hint: `rlaif runs DIR` lists the runs below DIR")
    return sorted(map(_listed, _runs_below(folder, DEEPEST)), key=_newest)


def in_use(run: Path) -> bool:
    """Whether somebody holds the lock of a run. It is looked at for microseconds, and shared."""
    try:
        handle = os.open(run / "lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _newest(listed: Listed) -> tuple[float, str]:
    return -listed.changed, str(listed.path)


def _runs_below(folder: Path, levels: int) -> Iterator[Path]:
    names = _names(folder)
    if _is_run(folder, names):
        yield folder
    elif levels:
        for name in names:
            inner = folder / name
            if os.path.isdir(inner) and not os.path.islink(inner):  # noqa: PTH112, PTH114 - they do not raise
                yield from _runs_below(inner, levels - 1)


def _names(folder: Path) -> list[str]:
    """What lies in a folder; nothing, where it may not be read."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names only, and no path for each
    except OSError:
        return []


def _is_run(folder: Path, names: list[str]) -> bool:
    """Whether it is one, also where its manifest is damaged, or gone while there are grades."""
    for manifest, inner in _INNER.items():
        grades = folder / inner
        found = inner in names and os.path.isdir(grades)  # noqa: PTH112 - it does not raise
        if found and (manifest in names or any(_names(grades))):
            return True
    return False


def _listed(path: Path) -> Listed:
    of_pairs = (path / PAIRS).exists() or (path / _INNER[PAIRS]).is_dir()
    size, changed = size_and_change(path)
    plain = Listed(path, of_pairs, changed, size, in_use(path))
    manifest = PAIRS if of_pairs else NAME
    if not (path / manifest).exists():
        return replace(plain, problem=f"{path / manifest}: missing")
    try:
        return _pairs(plain) if of_pairs else _grades(plain)
    except RunError as error:
        return replace(plain, problem=str(error).partition("\n")[0])
    except (OSError, ValueError, KeyError, TypeError) as error:  # preferences that are no JSON
        return replace(plain, problem=f"{path}: damaged ({error})")


def _grades(plain: Listed) -> Listed:
    run = open_run(plain.path)
    named = replace(plain, **_named(run.manifest))
    if run.manifest.samples is None:
        return named
    try:
        ok, failed, mean = _how_far(run)
    except RunError as error:
        return replace(named, problem=str(error).partition("\n")[0])
    return replace(named, graded=ok + failed, failed=failed, mean_score=mean)


def _how_far(run: RunFolder) -> tuple[int, int, float | None]:
    samples, graded = run.files()
    if not graded:
        return 0, 0, None
    with database(samples=samples, graded=graded) as connection:
        given = {"under": run.manifest.under}
        ok, failed, mean = connection.execute(_HOW_FAR, given).fetchone()
    return ok, failed, mean


def _pairs(plain: Listed) -> Listed:
    run = open_pairs(plain.path)
    named = replace(plain, **_named(run.manifest))
    if run.manifest.samples is None:
        return named
    counts = run.counts()
    return replace(named, graded=counts.ok + counts.failed, failed=counts.failed)


def _named(manifest: Manifest) -> dict[str, Any]:
    return {
        "rubric": _name(manifest.rubric),
        "judge": _name(manifest.judge),
        "created": manifest.created,
        "samples": manifest.samples.count if manifest.samples else 0,
    }


def _name(stated: Stated | None) -> str:
    return f"{stated.name}@{stated.version}" if stated else ""


def size_and_change(run: Path) -> tuple[int, float]:
    """Bytes of all files of a run, and when one of them was last written."""
    size, changed = 0, 0.0
    for root, _, names in os.walk(run):
        for name in names:
            try:
                found = os.lstat(os.path.join(root, name))  # noqa: PTH118 - a path is slow here
            except OSError:  # a part that a job has just replaced
                continue
            size += found.st_size
            changed = max(changed, found.st_mtime if name != "lock" else 0.0)
    return size, changed
