"""The file of the verdict cache: its tables, how it is opened, and what is done with a damaged one.

    FOLDER/verdicts.sqlite3         verdicts by key; beside it SQLite's own -wal and -shm
    FOLDER/damaged-TIME-*           a file that could not be read, set aside

Several processes may have it open. A process killed at any instant leaves it whole.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

NAME = "verdicts.sqlite3"
VERSION = 1
"""Of the tables; a file of a higher one is another rlaif's, and left alone."""

_MARK = 0x726C6176
_BESIDE = ("", "-wal", "-shm")
_PATIENCE_S = 5.0
"""How long to wait for others while the file is opened or made."""
_WAL_PAGES = 16_000
"""Pages of new content, 4 KiB each, after which it is worked into the file: keys come in no order,
so that most pages are written once a commit, and rarely is better."""
_CACHE_KIB = 32_768

_TABLES = """
CREATE TABLE judges (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE verdicts (
  key BLOB PRIMARY KEY, judge INTEGER NOT NULL, day INTEGER NOT NULL, content BLOB NOT NULL
) WITHOUT ROWID;
"""
_TABLES_BY_NAME = {"judges", "verdicts"}


class NotOurs(Exception):
    """The file is another program's, or of a version of rlaif that is newer than this one."""


def damaged(error: BaseException) -> bool:
    """Whether an error says that the file itself is no good, or no longer the one at its place."""
    moved = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_DBMOVED
    return moved or _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def in_use(error: BaseException) -> bool:
    """Whether an error says that another process holds the file, for now."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def only_unwritable(error: BaseException) -> bool:
    """Whether an error leaves a file that can still be read: a full disk, a file not to write."""
    return _code(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY)


def _code(error: BaseException) -> int:
    """SQLite's primary code of an error; 0 where it has none."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def connect(path: Path, wait_s: float) -> sqlite3.Connection:
    """The file, made where there is none; later commands wait `wait_s` at most for other processes.

    Raises: NotOurs; sqlite3.Error and OSError where it cannot be opened.
    """
    # The rationales in it may tell what is in people's samples.
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = sqlite3.connect(
        path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
    )
    connection.text_factory = _as_text
    try:
        _prepare(connection)
        connection.execute(f"PRAGMA busy_timeout = {int(wait_s * 1000)}")
    except BaseException:
        connection.close()
        raise
    return connection


def look_into(path: Path) -> sqlite3.Connection:
    """The file as it is, to read it or take from it; it is not made.

    Raises: NotOurs; sqlite3.Error where it cannot be opened.
    """
    uri = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, timeout=_PATIENCE_S, isolation_level=None)
    connection.text_factory = _as_text
    try:
        made = _is_made(connection)
    except BaseException:
        connection.close()
        raise
    if not made:
        connection.close()
        raise NotOurs("it holds no verdicts")
    return connection


def _as_text(content: bytes) -> str:
    return content.decode(errors="replace")


def _prepare(connection: sqlite3.Connection) -> None:
    if not _is_made(connection):
        _waiting(connection, "PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        if not _is_made(connection):  # another process may have come first
            for statement in _TABLES.split(";")[:-1]:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_MARK}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")


def _waiting(connection: sqlite3.Connection, statement: str) -> None:
    """Run what SQLite does not wait for by itself while others make the same file."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if not in_use(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _is_made(connection: sqlite3.Connection) -> bool:
    """Whether there are tables. Raises: NotOurs where they are not those of this version."""
    query = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    there = {name for (name,) in connection.execute(query)}
    if not there:
        return False
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if mark != _MARK:
        raise NotOurs("it is another program's")
    if version > VERSION:
        raise NotOurs(f"a newer version of rlaif made it (tables of version {version})")
    if not there >= _TABLES_BY_NAME:
        raise NotOurs("its tables are not those of a verdict cache")
    return True


def file_number(path: Path) -> int | None:
    """What tells the file from another of the same name; None where there is none."""
    with suppress(OSError):
        return path.stat().st_ino
    return None


def set_aside(path: Path, number: int | None) -> Path | None:
    """Rename a damaged file, with what SQLite put beside it; its new name.

    Args: `number`, that of the file found damaged. Where another process was faster, the file at
    `path` is a new one already, and None is returned. Raises: OSError.
    """
    if number is None or file_number(path) != number:
        return None
    stamp = f"damaged-{time.time_ns():x}-{os.getpid()}-"
    for beside in _BESIDE:
        old = path.with_name(path.name + beside)
        with suppress(FileNotFoundError):
            old.rename(old.with_name(stamp + old.name))
    return path.with_name(stamp + path.name)
