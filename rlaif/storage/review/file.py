"""The file of a review: its tables, how it is opened, and which files are refused.

    RUN/review.sqlite               beside it SQLite's own -wal and -shm while it is open

Several processes may have it open. What a method has written is on disk when it returns
(`synchronous = FULL`): neither a kill nor a loss of power takes it back. A process killed while it
builds the file leaves none, or the one that was there.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from rlaif.errors import RunError
from rlaif.storage.whole_files import disk_errors

VERSION = 2
"""Of the tables; a file of another one is another rlaif's, and is not read."""

_MARK = 0x726C7277
_PATIENCE_S = 60.0
"""How long a write waits for another process, which may be building the file."""
_CACHE_KIB = 32_768

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE grounds (
  id INTEGER PRIMARY KEY, rubric TEXT NOT NULL, rubric_under TEXT NOT NULL,
  judge_under TEXT NOT NULL, UNIQUE (rubric, rubric_under, judge_under));
CREATE TABLE questions (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE samples (
  number INTEGER PRIMARY KEY, sample_id TEXT NOT NULL, sample_hash TEXT NOT NULL, place INTEGER,
  why TEXT NOT NULL, drawn INTEGER, score REAL, criteria INTEGER NOT NULL, preview TEXT NOT NULL,
  UNIQUE (sample_id, sample_hash));
CREATE INDEX samples_place ON samples (place);
CREATE TABLE texts (
  number INTEGER PRIMARY KEY, sample TEXT NOT NULL, grade TEXT, items TEXT,
  known TEXT NOT NULL, grounds INTEGER NOT NULL);
CREATE TABLE asked (
  number INTEGER NOT NULL, criterion TEXT NOT NULL, wanted INTEGER NOT NULL,
  has INTEGER NOT NULL, judge TEXT, judged INTEGER NOT NULL, question INTEGER NOT NULL,
  PRIMARY KEY (number, criterion)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(text, tokenize='trigram');
CREATE TABLE acts (
  id INTEGER PRIMARY KEY AUTOINCREMENT, annotator TEXT NOT NULL, at TEXT NOT NULL,
  number INTEGER NOT NULL, kind TEXT NOT NULL, criterion TEXT NOT NULL, says INTEGER NOT NULL,
  label TEXT, text TEXT NOT NULL, redacted INTEGER NOT NULL, grounds INTEGER NOT NULL,
  question INTEGER NOT NULL, judged TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0);
CREATE INDEX acts_field ON acts (number, kind, criterion, annotator, undone, id);
CREATE INDEX acts_last ON acts (annotator, undone, id);
CREATE TABLE said (
  number INTEGER NOT NULL, annotator TEXT NOT NULL, kind TEXT NOT NULL, criterion TEXT NOT NULL,
  says INTEGER NOT NULL, label TEXT, text TEXT NOT NULL, redacted INTEGER NOT NULL,
  grounds INTEGER NOT NULL, at TEXT NOT NULL, question INTEGER NOT NULL, holds INTEGER NOT NULL,
  agrees INTEGER, revision INTEGER NOT NULL,
  PRIMARY KEY (number, annotator, kind, criterion)) WITHOUT ROWID;
CREATE TABLE reviewed (
  annotator TEXT NOT NULL, number INTEGER NOT NULL, revision INTEGER NOT NULL,
  answered INTEGER NOT NULL, says INTEGER NOT NULL, done INTEGER NOT NULL,
  agree INTEGER NOT NULL, compared INTEGER NOT NULL,
  PRIMARY KEY (annotator, number)) WITHOUT ROWID;
CREATE INDEX reviewed_number ON reviewed (number);
CREATE TABLE tally (
  annotator TEXT NOT NULL, criterion TEXT NOT NULL, human TEXT NOT NULL, has INTEGER NOT NULL,
  judge TEXT NOT NULL, drawn INTEGER NOT NULL, rows INTEGER NOT NULL,
  PRIMARY KEY (annotator, criterion, human, has, judge, drawn)) WITHOUT ROWID;
CREATE TABLE disputed (
  number INTEGER NOT NULL, criterion TEXT NOT NULL, settled INTEGER NOT NULL,
  PRIMARY KEY (number, criterion)) WITHOUT ROWID;
CREATE TABLE settled (
  number INTEGER NOT NULL, criterion TEXT NOT NULL, label TEXT, text TEXT NOT NULL,
  annotator TEXT NOT NULL, at TEXT NOT NULL, judged TEXT NOT NULL,
  PRIMARY KEY (number, criterion)) WITHOUT ROWID;
"""
"""`samples` is narrow, so that the queue is quick; the wide texts are in `texts`. A `place` of null
is a sample that is no longer in the run, whose answers are kept. `grounds`: under which rubric and
judge. `known`: what decides how early it is shown. `asked`: each criterion of a sample, whether it
is wanted of people, the judge's answer, whether it is a judge's question at all, and which one.
`words`: what is searched, also by letters that are too few for its index. `acts` only grows but for
`undone`; all tables below it follow from it. `said.holds`, `agrees`: whether an answer counts, and
whether the judge says the same. `settled.judged`: the answers that the last word was given on."""


class ReviewFile:
    """An open file. For any thread: one at a time is let in."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Take an open connection; see `open_file`."""
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A consistent look. Raises: RunError for what SQLite says."""
        with self._lock, _told(self.path):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One change, whole and on disk when the block has ended, or none. Raises: RunError."""
        with self._lock, _told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file; what SQLite put beside it goes with the last one who has it open."""
        with self._lock:
            self._connection.close()


_HINTS = {
    sqlite3.SQLITE_NOTADB: "this is no review; name another file with --file",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; take a copy that is whole",
    sqlite3.SQLITE_BUSY: "another process writes to it for long; try again when it has ended",
}
"""By what SQLite says; told to people."""


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        hint = _HINTS.get(
            getattr(error, "sqlite_errorcode", 0) & 0xFF,
            "see that the disk has room and that you may write there",
        )
        raise RunError(f"{path}: {error}\n  hint: {hint}") from error


def open_file(path: Path, *, make: bool = True) -> ReviewFile:
    """The review at `path`; with `make` an empty one where there is none.

    Raises: RunError where there is none, for a file of another program, of another rlaif's tables
    or at fault, and where it cannot be written.
    """
    if not make and not path.is_file():
        raise RunError(f"{path}: no such review\n  hint: `rlaif review RUN` makes one")
    with disk_errors(path), _told(path):
        connection = sqlite3.connect(
            path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(path, connection, make=make)
        except BaseException:
            connection.close()
            raise
    return ReviewFile(path, connection)


def open_to_read(path: Path) -> ReviewFile:
    """The review at `path`, where nothing is written. Raises: RunError, as `open_file`."""
    if not path.is_file():
        raise RunError(f"{path}: no such review\n  hint: `rlaif review RUN` makes one")
    with _told(path):
        uri = f"{path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(
            uri, uri=True, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        try:
            _refuse_foreign(path, connection)
            connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
    return ReviewFile(path, connection)


def _prepare(path: Path, connection: sqlite3.Connection, *, make: bool) -> None:
    if not _refuse_foreign(path, connection, may_be_empty=make):
        _as_log(connection)
        connection.execute("BEGIN IMMEDIATE")
        if not _refuse_foreign(path, connection, may_be_empty=True):
            for statement in _TABLES.split(";")[:-1]:
                connection.execute(statement)
            named = ("review_id", secrets.token_hex(16))
            connection.execute("INSERT INTO meta VALUES (?, ?)", named)
            connection.execute(f"PRAGMA application_id = {_MARK}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    _as_log(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")


def _as_log(connection: sqlite3.Connection) -> None:
    """Have writes go to a log, which SQLite does not wait for while others make the same file."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _refuse_foreign(
    path: Path, connection: sqlite3.Connection, *, may_be_empty: bool = False
) -> bool:
    """Whether there are tables; those of a review that this version reads. Raises: RunError."""
    there = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not there and may_be_empty:
        return False
    if mark != _MARK:
        raise RunError(f"{path}: not a review of rlaif\n  hint: name another file with --file")
    if version > VERSION:
        told = f"made by a newer rlaif (tables of version {version})"
        raise RunError(f"{path}: {told}\n  hint: pip install -U rlaif")
    if version < VERSION:
        told = f"made by an older rlaif (tables of version {version}; this one has {VERSION})"
        hint = "export its corrections with that rlaif, then make a review anew with --file"
        raise RunError(f"{path}: {told}\n  hint: {hint}")
    return True
