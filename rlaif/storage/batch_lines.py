"""Lines by their key, on disk while they are needed: of millions only an index is held."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import orjson

from rlaif.errors import Problem, RunError
from rlaif.records.identity import digest
from rlaif.storage.json_rows import parse_line
from rlaif.storage.lines import read_lines, shown
from rlaif.storage.problems import Problems

_MOST_KEY = 64
"""Characters of a `custom_id`."""
_OK = 200
_FOLDERS = ("SQLITE_TMPDIR", "TMPDIR")
_ELSE = ("/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108 - only named: SQLite makes its file there


class BatchLines:
    """Use as a context. It lies in a temporary file, which is gone at the end."""

    def __enter__(self) -> Self:
        """Make the file. Raises: RunError, as all that follows, where there is no room for it."""
        self._base = sqlite3.connect("", isolation_level=None)  # "" is a temporary file
        for option in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16000"):
            self._rows(f"PRAGMA {option}")
        self._rows(
            "CREATE TABLE lines (key TEXT PRIMARY KEY, line BLOB, place TEXT, answers INTEGER, "
            "content TEXT, model TEXT, used INTEGER DEFAULT 0) WITHOUT ROWID"
        )
        self._rows("BEGIN")
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self._base.close()

    def fresh(self, key: str, place: str = "") -> bool:
        """Note `key`, and where it stands; whether it is met for the first time."""
        with _room():
            done = self._base.execute(
                "INSERT OR IGNORE INTO lines (key, place) VALUES (?, ?)", (key, place)
            )
        return done.rowcount > 0

    def place(self, key: str) -> str | None:
        """Where what was noted under `key` stands; None where nothing was."""
        found = self._one("SELECT place FROM lines WHERE key = ?", key)
        return None if found is None else str(found[0])

    def put(
        self,
        row: dict[str, Any],
        line: bytes,
        place: str,
        said: Callable[[dict[str, Any]], str] = lambda _: "",
    ) -> str:
        """Keep a result; the place of an answer under the same key that says otherwise, or nothing.

        An answer takes the place of an error, and the same content twice is no harm. Of two answers
        the first counts where `said` reads the same verdict in both; it gives nothing for what it
        cannot read.
        """
        key, body = row["custom_id"], _body(row)
        content = digest(repr(row.get("response")), repr(row.get("error")))
        before = self._one("SELECT place, answers, content, line FROM lines WHERE key = ?", key)
        if before and (before[2] == content or body is None):
            return ""
        if before and before[1]:
            verdict = said(row)
            same = verdict and verdict == said(orjson.loads(before[3]))
            return "" if same else str(before[0])
        model = body.get("model") if body else None
        self._rows(
            "INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?, ?, 0)",
            key,
            line,
            place,
            body is not None,
            content,
            model if isinstance(model, str) else "",
        )
        return ""

    def models(self, most: int = 1000) -> list[str]:
        """The models that the answers name, the one of most answers first; empty for no name."""
        asked = (
            "SELECT model FROM lines WHERE answers GROUP BY model "
            "ORDER BY count(*) DESC, model LIMIT ?"
        )
        return [str(row[0]) for row in self._rows(asked, most)]

    def take(self, key: str) -> bytes | None:
        """The line under `key`, and note that it was needed."""
        found = self._one("SELECT line FROM lines WHERE key = ?", key)
        if found is None:
            return None
        self._rows("UPDATE lines SET used = 1 WHERE key = ?", key)
        return bytes(found[0])

    def count(self) -> int:
        """How many there are."""
        found = self._one("SELECT count(*) FROM lines")
        return int(found[0]) if found else 0

    def unused(self, most: int = 3) -> tuple[int, list[str]]:
        """How many were never taken, and where the first of them stand."""
        found = self._one("SELECT count(*) FROM lines WHERE used = 0")
        asked = "SELECT place FROM lines WHERE used = 0 ORDER BY place LIMIT ?"
        return int(found[0]) if found else 0, [str(row[0]) for row in self._rows(asked, most)]

    def _one(self, statement: str, *values: object) -> Any:
        return next(iter(self._rows(statement, *values)), None)

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with _room():
            return self._base.execute(statement, values).fetchall()


@contextmanager
def _room() -> Iterator[None]:
    """Tell what the disk says of the temporary file."""
    try:
        yield
    except sqlite3.OperationalError as error:
        hint = "make room there, or name another folder: export TMPDIR=FOLDER"
        raise RunError(
            f"{_folder()}: the folder for temporary files does not take the lines ({error})\n"
            f"  hint: {hint}"
        ) from error


def _folder() -> str:
    """Where SQLite puts its temporary files."""
    named = filter(None, (os.environ.get(name) for name in _FOLDERS))
    fit = (path for path in (*named, *_ELSE) if Path(path).is_dir() and os.access(path, os.W_OK))
    return next(fit, ".")


def read_results(
    sources: Sequence[str],
    into: BatchLines,
    said: Callable[[dict[str, Any]], str] = lambda _: "",
) -> None:
    """Read files of results, also those of errors. `said` reads the verdict of one.

    Raises: FileProblems with every line that is no result, and every id with two answers;
    InputError for a file that cannot be read; RunError where there is no room for the lines.
    """
    problems = Problems()
    for source in sources:
        for number, line in read_lines(source):
            row = parse_line(source, number, line)
            if isinstance(row, Problem):
                problems.add([row])
            elif told := _fault(row):
                problems.add([Problem(shown(source), number, 1, *told)])
            elif twice := into.put(row, line, f"{shown(source)}:{number}", said):
                message = f"custom_id '{row['custom_id']}' has another answer at {twice}"
                hint = "give the results of one batch once"
                problems.add([Problem(shown(source), number, 1, message, hint)])
    problems.refuse()


def _fault(row: dict[str, Any]) -> tuple[str, str] | None:
    """What keeps a line from being a result, and the mend."""
    key = row.get("custom_id")
    if not isinstance(key, str) or not 0 < len(key) <= _MOST_KEY:
        return "no 'custom_id' of a request", "give the files that the batch API gave back"
    if "body" in row and "response" not in row:
        return "this is a request, not its result", "give the files that the batch API gave back"
    if "response" not in row and "error" not in row:
        return "neither 'response' nor 'error'", "give the files that the batch API gave back"
    return None


def _body(row: dict[str, Any]) -> dict[str, Any] | None:
    """The reply of a result that has an answer in it; some servers put errors there."""
    response = row.get("response")
    if row.get("error") or not isinstance(response, dict) or response.get("status_code") != _OK:
        return None
    body = response.get("body")
    return body if isinstance(body, dict) and isinstance(body.get("choices"), list) else None
