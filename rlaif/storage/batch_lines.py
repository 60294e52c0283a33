"""Lines by their key, on disk while they are needed: of millions only an index is held."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Self

from rlaif.errors import Problem
from rlaif.records.identity import digest
from rlaif.storage.json_rows import parse_line
from rlaif.storage.lines import read_lines, shown
from rlaif.storage.problems import Problems

_MOST_KEY = 64
"""Characters of a `custom_id`."""
_OK = 200


class BatchLines:
    """Use as a context. It lies in a temporary file, which is gone at the end."""

    def __enter__(self) -> Self:
        """Make the file."""
        self._base = sqlite3.connect("", isolation_level=None)  # "" is a temporary file
        for option in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16000"):
            self._base.execute(f"PRAGMA {option}")
        self._base.execute(
            "CREATE TABLE lines (key TEXT PRIMARY KEY, line BLOB, place TEXT, answers INTEGER, "
            "content TEXT, used INTEGER DEFAULT 0) WITHOUT ROWID"
        )
        self._base.execute("BEGIN")
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self._base.close()

    def fresh(self, key: str) -> bool:
        """Note `key`; whether it is met for the first time."""
        done = self._base.execute("INSERT OR IGNORE INTO lines (key) VALUES (?)", (key,))
        return done.rowcount > 0

    def put(self, key: str, line: bytes, place: str, content: str, *, answers: bool) -> str:
        """Keep a result; the place of another answer under the same key, or nothing.

        An answer takes the place of an error, and the same content twice is no harm.
        """
        before = self._one("SELECT place, answers, content FROM lines WHERE key = ?", key)
        if before and (before[2] == content or not answers):
            return ""
        if before and before[1]:
            return str(before[0])
        self._base.execute(
            "INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?, 0)",
            (key, line, place, answers, content),
        )
        return ""

    def take(self, key: str) -> bytes | None:
        """The line under `key`, and note that it was needed."""
        found = self._one("SELECT line FROM lines WHERE key = ?", key)
        if found is None:
            return None
        self._base.execute("UPDATE lines SET used = 1 WHERE key = ?", (key,))
        return bytes(found[0])

    def count(self) -> int:
        """How many there are."""
        found = self._one("SELECT count(*) FROM lines")
        return int(found[0]) if found else 0

    def unused(self, most: int = 3) -> tuple[int, list[str]]:
        """How many were never taken, and where the first of them stand."""
        found = self._one("SELECT count(*) FROM lines WHERE used = 0")
        asked = "SELECT place FROM lines WHERE used = 0 ORDER BY place LIMIT ?"
        with closing(self._base.execute(asked, (most,))) as rows:
            return int(found[0]) if found else 0, [str(row[0]) for row in rows]

    def _one(self, statement: str, *values: object) -> Any:
        with closing(self._base.execute(statement, values)) as rows:
            return rows.fetchone()


def read_results(sources: Sequence[str], into: BatchLines) -> str:
    """Read files of results, also those of errors; the model that the first answer names.

    Raises: FileProblems with every line that is no result, and every id with two answers;
    InputError for a file that cannot be read.
    """
    problems = Problems()
    model = ""
    for source in sources:
        for number, line in read_lines(source):
            row = parse_line(source, number, line)
            if isinstance(row, Problem):
                problems.add([row])
                continue
            where = f"{shown(source)}:{number}"
            if told := _fault(row):
                problems.add([Problem(shown(source), number, 1, *told)])
                continue
            body = _body(row)
            content = digest(repr(row.get("response")), repr(row.get("error")))
            answers = body is not None
            twice = into.put(row["custom_id"], line, where, content, answers=answers)
            if twice:
                message = f"custom_id '{row['custom_id']}' has another answer at {twice}"
                hint = "give the results of one batch once"
                problems.add([Problem(shown(source), number, 1, message, hint)])
            if not model and body and isinstance(named := body.get("model"), str):
                model = named
    problems.refuse()
    return model


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
    """The reply of a result that is no error."""
    response = row.get("response")
    if row.get("error") or not isinstance(response, dict) or response.get("status_code") != _OK:
        return None
    body = response.get("body")
    return body if isinstance(body, dict) else None
