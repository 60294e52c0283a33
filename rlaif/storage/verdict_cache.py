"""Verdicts of earlier runs by exactly what was asked. A convenience: it never fails a job."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from rlaif.records.outcome import Verdict
from rlaif.storage import verdict_file
from rlaif.storage.verdict_bytes import packed, unpacked

SECONDS = 1.0
ROWS = 8192
MOST_WAITING = 65_536
"""Verdicts kept in memory while another process holds the file; beyond it the oldest are let go."""

_LOG = logging.getLogger(__name__)
_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")
_DAY_S = 86_400
_AT_ONCE = 500
"""Keys asked for in one statement."""
_WAIT_S = 0.2
"""How long a job stands still for another process; what could not be written waits."""
_LAST_WAIT_S = 5.0
_KEY_BYTES = 16
_NEW_FILES = 3
"""How often one job begins a file anew."""

_KEEP = """
INSERT INTO verdicts (key, judge, day, content) VALUES (?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET judge = excluded.judge, day = excluded.day,
  content = excluded.content
"""
_FIND = "SELECT key, day, content FROM verdicts WHERE key IN ({})"
_JUDGE = "INSERT INTO judges (name) VALUES (?) ON CONFLICT DO NOTHING"
_USED = "UPDATE verdicts SET day = ? WHERE key = ?"


class VerdictStore:
    """A verdict cache in a folder; see verdict_file.py. For one thread at a time.

    Nothing is opened before it is used. What is put is written every second or so, by `put` or
    `tick`, and at `close` or the end of the `with` block. What is wrong with the cache is logged
    once, as a warning, and from then on nothing is known, or nothing more is kept.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take the folder; `now` gives seconds since 1970, for the day of last use."""
        self._path = folder / verdict_file.NAME
        self._clock, self._now = clock, now
        self._open: sqlite3.Connection | None = None
        self._number: int | None = None
        self._broken = self._full = False
        self._files_left = _NEW_FILES
        self._waiting: dict[bytes, tuple[Verdict, str]] = {}
        self._used: set[bytes] = set()
        self._oldest = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def get(self, keys: Iterable[str]) -> dict[str, Verdict]:
        """Those of `keys` that are known. Each counts as used today."""
        wanted = {raw: key for key in keys if (raw := _raw(key)) is not None}
        found = {raw: self._waiting[raw][0] for raw in wanted if raw in self._waiting}
        asked = [raw for raw in wanted if raw not in found]
        for start in range(0, len(asked), _AT_ONCE):
            found.update(self._guarded(self._look_up, asked[start : start + _AT_ONCE]) or {})
        return {key: found[raw] for raw, key in wanted.items() if raw in found}

    def put(self, key: str, verdict: Verdict, judge: str) -> None:
        """Keep a verdict, in place of an earlier one; `judge`, as `judge@version`, gave it.

        A key that is not 32 hex digits is not kept.
        """
        raw = _raw(key)
        if raw is None or self._broken or self._full:
            return
        self._note_age()
        self._waiting.pop(raw, None)
        self._waiting[raw] = verdict, judge
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        if len(self._waiting) % ROWS == 0:
            self.flush()
        else:
            self.tick()

    def tick(self) -> None:
        """Write if the oldest verdict has waited long enough; for callers with a timer."""
        if (self._waiting or self._used) and self._clock() - self._oldest >= SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is in memory; what cannot be written now is kept for the next try."""
        if self._waiting or self._used:
            self._guarded(self._write)
            self._oldest = self._clock()

    def close(self) -> None:
        """Write what is in memory, and let go of the file. It is opened again if it is used."""
        with suppress(sqlite3.Error):
            if self._open is not None:
                self._open.execute(f"PRAGMA busy_timeout = {int(_LAST_WAIT_S * 1000)}")
        self.flush()
        if self._waiting:
            _LOG.warning(
                "verdict cache %s: %d verdicts not kept; other processes hold it",
                self._path, len(self._waiting),
            )  # fmt: skip
        self._forget()
        self._shut()

    def _note_age(self) -> None:
        if not self._waiting and not self._used:
            self._oldest = self._clock()

    def _today(self) -> int:
        return int(self._now() // _DAY_S)

    def _look_up(
        self, connection: sqlite3.Connection, asked: Sequence[bytes]
    ) -> dict[bytes, Verdict]:
        query = _FIND.format(",".join("?" * len(asked)))
        rows = connection.execute(query, asked).fetchall()
        today = self._today()
        found = {}
        for key, day, content in rows:
            verdict = unpacked(key, content)
            if verdict is None:
                continue
            found[key] = verdict
            if day != today and not self._full:
                self._note_age()
                self._used.add(key)
        return found

    def _write(self, connection: sqlite3.Connection) -> None:
        today = self._today()
        connection.execute("BEGIN IMMEDIATE")
        try:
            names = {judge for _, judge in self._waiting.values()}
            connection.executemany(_JUDGE, [(name,) for name in names])
            judges = dict(connection.execute("SELECT name, id FROM judges").fetchall())
            rows = [
                (key, judges[judge], today, content)
                for key, (verdict, judge) in sorted(self._waiting.items())
                if (content := packed(key, verdict)) is not None
            ]
            connection.executemany(_KEEP, rows)
            connection.executemany(_USED, [(today, key) for key in sorted(self._used)])
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        self._forget()

    def _guarded(
        self,
        work: Callable[Concatenate[sqlite3.Connection, _Given], _Found],
        *given: _Given.args,
        **named: _Given.kwargs,
    ) -> _Found | None:
        """What `work` finds in the file; None where something is wrong with it."""
        if self._broken:
            return None
        try:
            return work(self._connection(), *given, **named)
        except (verdict_file.NotOurs, sqlite3.Error, OSError) as error:
            self._mishap(error)
        return None

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            self._number = verdict_file.file_number(self._path)
            self._open = verdict_file.connect(self._path, _WAIT_S)
            self._number = verdict_file.file_number(self._path)
        return self._open

    def _mishap(self, error: Exception) -> None:
        """Decide how the job goes on with its cache: it does so in any case."""
        if isinstance(error, sqlite3.Error) and self._open and verdict_file.in_use(error):
            return
        if isinstance(error, sqlite3.Error) and verdict_file.damaged(error) and self._files_left:
            self._begin_anew(error)
            return
        if self._open is None or not verdict_file.only_unwritable(error):
            self._broken = True
            told = "it is not used"
        else:
            self._full = True
            told = "nothing more is kept in it"
        self._forget()
        if self._broken:
            self._shut()
        _LOG.warning("verdict cache %s: %s; the job goes on, and %s", self._path, error, told)

    def _begin_anew(self, error: Exception) -> None:
        self._files_left -= 1
        self._shut()
        try:
            aside = verdict_file.set_aside(self._path, self._number)
        except OSError as refused:
            self._broken = True
            aside = None
            _LOG.warning("verdict cache %s: %s; it is not used", self._path, refused)
        if aside is not None:
            _LOG.warning(
                "verdict cache %s: damaged (%s); it is now %s, and a new one is begun",
                self._path, error, aside.name,
            )  # fmt: skip

    def _forget(self) -> None:
        self._waiting, self._used = {}, set()

    def _shut(self) -> None:
        if self._open is not None:
            with suppress(sqlite3.Error):
                self._open.close()
            self._open = None


def _raw(key: str) -> bytes | None:
    try:
        raw = bytes.fromhex(key)
    except ValueError:
        return None
    return raw if len(raw) == _KEY_BYTES else None
