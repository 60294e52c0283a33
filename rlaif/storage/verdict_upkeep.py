"""What a verdict cache holds, and how it is made smaller, also while jobs use it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from rlaif.errors import RunError
from rlaif.storage import verdict_file
from rlaif.storage.whole_files import disk_errors

_DAY_S = 86_400
_TRIES = 5
_OF_JUDGES = """
SELECT j.name, count(*), min(v.day), max(v.day) FROM verdicts v JOIN judges j ON j.id = v.judge
GROUP BY j.name ORDER BY count(*) DESC, j.name
"""
_DAYS = "SELECT day, count(*) FROM verdicts GROUP BY day ORDER BY day"
_BOUND = "SELECT key FROM verdicts WHERE day = ? ORDER BY key LIMIT 1 OFFSET ?"
_BEYOND = b"\xff" * 17
"""Above every key."""
_GONE = "DELETE FROM judges WHERE id NOT IN (SELECT judge FROM verdicts)"


@dataclass(frozen=True, slots=True)
class OfJudge:
    """What a cache holds of one judge, or of all."""

    judge: str
    """`judge@version`."""
    verdicts: int
    oldest: int
    """Day of last use, in days since 1970, of the one unused for longest."""
    newest: int


@dataclass(frozen=True, slots=True)
class Stats:
    """What a cache holds."""

    bytes: int
    """On disk."""
    judges: tuple[OfJudge, ...] = ()
    """The one with the most verdicts first."""

    @property
    def verdicts(self) -> int:
        """Of all judges."""
        return sum(judge.verdicts for judge in self.judges)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was taken from a cache."""

    removed: dict[str, int]
    """How many verdicts, by judge."""
    bytes_before: int
    bytes_after: int
    shrunk: bool = True
    """Whether the room could be given back; not while another process holds the file."""


def stats(folder: Path) -> Stats:
    """What the cache in `folder` holds; nothing where there is none. Raises: RunError."""
    if not (folder / verdict_file.NAME).exists():
        return Stats(0)
    with _looked_into(folder) as connection:
        return Stats(_size(folder), _judges(connection))


def prune(
    folder: Path,
    unused_since: int | None = None,
    judge: str | None = None,
    most_bytes: int | None = None,
) -> Pruned:
    """Remove verdicts: those that all conditions fit, then the longest unused beyond a size.

    Args: `unused_since`, the first day, since 1970, that is kept; `judge`, whose verdicts go, as
    `judge@version`; `most_bytes`, what the file may hold. With none of them all verdicts go.
    Raises: RunError where the file cannot be read or written.
    """
    before = _size(folder)
    if not (folder / verdict_file.NAME).exists():
        return Pruned({}, 0, 0)
    with _looked_into(folder) as connection:
        known = _judges(connection)
        if most_bytes is None or unused_since is not None or judge is not None:
            _remove(connection, unused_since, judge)
        shrunk = _shrink(connection)
        if most_bytes is not None:
            shrunk = _fit(connection, most_bytes) and shrunk
        left = {one.judge: one.verdicts for one in _judges(connection)}
    removed = {o.judge: o.verdicts - left.get(o.judge, 0) for o in known}
    told = {name: count for name, count in removed.items() if count > 0}
    return Pruned(told, before, _size(folder), shrunk)


def empty(folder: Path) -> Pruned:
    """Remove all verdicts; the file itself where it is damaged. Raises: RunError."""
    before = _size(folder)
    try:
        return prune(folder)
    except RunError as error:
        if error.__cause__ is None or not verdict_file.damaged(error.__cause__):
            raise
    with disk_errors(folder):
        for path in _files(folder):
            path.unlink(missing_ok=True)
    return Pruned({}, before, 0)


def _remove(connection: sqlite3.Connection, unused_since: int | None, judge: str | None) -> None:
    query = """
    DELETE FROM verdicts WHERE (:day IS NULL OR day < :day)
    AND (:judge IS NULL OR judge = (SELECT id FROM judges WHERE name = :judge))
    """
    connection.execute(query, {"day": unused_since, "judge": judge})
    connection.execute(_GONE)


def _fit(connection: sqlite3.Connection, most_bytes: int) -> bool:
    """Take away the longest unused, until what is left fits; whether the file could shrink."""
    for _ in range(_TRIES):
        used = _used(connection)
        total = connection.execute("SELECT count(*) FROM verdicts").fetchone()[0]
        if used <= most_bytes or not total:
            break
        _take(connection, ceil(total * (1 - most_bytes / used)))
        if not _shrink(connection):
            return False
    connection.execute(_GONE)
    return True


def _take(connection: sqlite3.Connection, surplus: int) -> None:
    """Remove so many of the longest unused; of one day, those with the least keys."""
    for day, count in connection.execute(_DAYS).fetchall():
        bound = connection.execute(_BOUND, (day, surplus)).fetchone() if surplus < count else None
        below = bound[0] if bound else _BEYOND
        connection.execute("DELETE FROM verdicts WHERE day = ? AND key < ?", (day, below))
        surplus -= count
        if surplus <= 0:
            return


def _shrink(connection: sqlite3.Connection) -> bool:
    """Give room back, if there is any; False while another process holds the file."""
    if not connection.execute("PRAGMA freelist_count").fetchone()[0]:
        return True
    try:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        if not verdict_file.in_use(error):
            raise
        return False
    return True


def _used(connection: sqlite3.Connection) -> int:
    """Bytes of the file that hold something."""
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
    return int((pages - free) * size)


def _judges(connection: sqlite3.Connection) -> tuple[OfJudge, ...]:
    return tuple(OfJudge(*row) for row in connection.execute(_OF_JUDGES))


def _files(folder: Path) -> list[Path]:
    path = folder / verdict_file.NAME
    return [path.with_name(path.name + beside) for beside in ("", "-wal", "-shm")]


def _size(folder: Path) -> int:
    """Bytes of the file and of what is still to be worked into it."""
    *files, _ = _files(folder)
    return sum(path.stat().st_size for path in files if path.exists())


@contextmanager
def _looked_into(folder: Path) -> Iterator[sqlite3.Connection]:
    path = folder / verdict_file.NAME
    try:
        connection = verdict_file.look_into(path)
        try:
            yield connection
        finally:
            connection.close()
    except verdict_file.NotOurs as error:
        raise RunError(f"{path}: {error}\n  hint: it is left alone; remove it yourself") from error
    except sqlite3.Error as error:
        raise RunError(f"{path}: {error}\n  hint: {_mend(error)}") from error


def _mend(error: sqlite3.Error) -> str:
    if verdict_file.damaged(error):
        return "it is damaged; `rlaif cache prune --all` removes it, and the next job begins anew"
    if verdict_file.in_use(error):
        return "other processes hold it; try again"
    return "RLAIF_VERDICT_CACHE names another folder"


def today() -> int:
    """Days since 1970."""
    return int(time.time() // _DAY_S)
