"""The verdict cache of this user: where it is, what it holds, and less of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import Any

from rlaif.cache_folder import verdict_folder
from rlaif.errors import InputError
from rlaif.records.base import nearest
from rlaif.storage.verdict_upkeep import Pruned, Stats, empty, prune, stats, today

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MB = 1_000_000
_MOST_DAYS = 100_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to go from the cache."""

    older_than: int | None = None
    """Days without use."""
    judge: str | None = None
    """Whose verdicts, as `judge@version`."""
    everything: bool = False
    max_size: float | None = None
    """What may be left, in megabytes."""


def cache_stats() -> tuple[Path | None, Stats]:
    """Where the cache is, None where it is off, and what it holds. Raises: RunError."""
    folder = verdict_folder()
    return folder, Stats(0) if folder is None else stats(folder)


def stats_row(folder: Path | None, held: Stats) -> dict[str, Any]:
    """What a cache holds in JSON's types; days as 2026-01-31, of last use."""
    return {
        "folder": None if folder is None else str(folder),
        "verdicts": held.verdicts,
        "bytes": held.bytes,
        "oldest": min((date_of(one.oldest) for one in held.judges), default=None),
        "newest": max((date_of(one.newest) for one in held.judges), default=None),
        "judges": [
            {
                "judge": one.judge,
                "verdicts": one.verdicts,
                "oldest": date_of(one.oldest),
                "newest": date_of(one.newest),
            }
            for one in held.judges
        ],
    }


def prune_cache(wanted: Wanted) -> tuple[Path, Pruned]:
    """Remove from the cache what is wanted gone; where the cache is, and what went.

    Raises: InputError for conditions that say nothing, or contradict; RunError.
    """
    _refuse(wanted)
    folder = verdict_folder()
    if folder is None:
        raise InputError("the verdict cache is off: RLAIF_VERDICT_CACHE says so")
    if wanted.judge is not None:
        _refuse_unknown(wanted.judge, stats(folder))
    if wanted.everything:
        return folder, empty(folder)
    unused_since = None if wanted.older_than is None else today() - wanted.older_than
    most = None if wanted.max_size is None else int(wanted.max_size * _MB)
    return folder, prune(folder, unused_since, wanted.judge, most)


def _refuse(wanted: Wanted) -> None:
    if wanted.max_size is not None and not isfinite(wanted.max_size):
        raise InputError(f"--max-size {wanted.max_size}: expected a number of megabytes")
    conditions = (wanted.older_than, wanted.judge, wanted.max_size)
    stated = [condition for condition in conditions if condition is not None]
    if wanted.everything and stated:
        raise InputError("--all leaves nothing for another option to choose from")
    if not wanted.everything and not stated:
        raise InputError(
            "nothing says what is to go\n  hint: --older-than DAYS, --judge NAME@VERSION, "
            "--max-size MB, or --all"
        )


def _refuse_unknown(judge: str, held: Stats) -> None:
    names = [one.judge for one in held.judges]
    if judge in names:
        return
    hint = f"\n  hint: {nearest(judge, names)}" if names else ""
    raise InputError(f"the cache holds no verdicts of '{judge}'{hint}")


def date_of(day: int) -> str:
    """A day since 1970 as 2026-01-31; a day that a damaged row states may be beyond all dates."""
    return (_EPOCH + timedelta(days=max(0, min(day, _MOST_DAYS)))).date().isoformat()
