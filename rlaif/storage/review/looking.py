"""What was said, read back: by one annotator, by all of them, and of labelled samples."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from rlaif.storage.review.content import KEPT, Kept


class Own(NamedTuple):
    """One field as its annotator left it."""

    kind: str
    criterion: str
    says: int
    label: str | None
    text: str
    redacted: int
    holds: int
    """Whether it counts; see `storage/review/derived.py`."""
    question: str
    """What was answered."""


class Line(NamedTuple):
    """One field that stands."""

    annotator: str
    kind: str
    criterion: str
    label: str | None
    text: str
    redacted: int
    at: str
    grounds: int
    holds: int
    question: str
    done: int
    """Whether its annotator is done with the sample."""


class Settled(NamedTuple):
    """The last word on one criterion."""

    criterion: str
    label: str | None
    text: str
    annotator: str
    at: str
    holds: int
    """Whether all the answers that it judged still stand."""


def mine(connection: sqlite3.Connection, number: int, annotator: str) -> tuple[list[Own], int]:
    """The fields of one annotator, and the revision."""
    query = """SELECT kind, criterion, says, label, said.text, redacted, holds,
      coalesce(questions.text, '')
    FROM said LEFT JOIN questions ON questions.id = said.question
    WHERE number = ? AND annotator = ?"""
    found = [Own(*row) for row in connection.execute(query, (number, annotator))]
    row = connection.execute(
        "SELECT revision FROM reviewed WHERE annotator = ? AND number = ?", (annotator, number)
    ).fetchone()
    return found, row[0] if row else 0


def lines(connection: sqlite3.Connection, number: int) -> list[Line]:
    """All that stands of one sample, annotator by annotator."""
    query = """SELECT annotator, kind, criterion, label, said.text, redacted, at, grounds, holds,
      coalesce(questions.text, ''), coalesce(done, 0)
    FROM said LEFT JOIN questions ON questions.id = said.question
    LEFT JOIN reviewed USING (number, annotator)
    WHERE number = ? AND said.says ORDER BY annotator, kind, criterion"""
    return [Line(*row) for row in connection.execute(query, (number,))]


def settled(connection: sqlite3.Connection, number: int) -> list[Settled]:
    """The last words on one sample, also those that no longer hold."""
    query = """SELECT criterion, label, text, annotator, at, coalesce(disputed.settled, 0)
    FROM settled LEFT JOIN disputed USING (number, criterion) WHERE number = ?"""
    return [Settled(*row) for row in connection.execute(query, (number,))]


def settle_revision(connection: sqlite3.Connection, number: int, criterion: str) -> int:
    """Grows with every answer to the sample, every last word on the criterion, and every undo."""
    query = """SELECT coalesce(sum(1 + undone), 0) FROM acts
    WHERE number = ? AND (kind = 'answer' OR (kind = 'settle' AND criterion = ?))"""
    return int(connection.execute(query, (number, criterion)).fetchone()[0])


def disputed(connection: sqlite3.Connection, number: int) -> list[str]:
    """The criteria of one sample on which annotators who are done disagree."""
    query = "SELECT criterion FROM disputed WHERE number = ?"
    return [name for (name,) in connection.execute(query, (number,))]


def reviewed_samples(connection: sqlite3.Connection) -> Iterator[Kept]:
    """Each sample of which something is said, in the order of the numbers; one in memory."""
    query = f"""{KEPT} WHERE number IN (SELECT number FROM said WHERE says)
    ORDER BY number"""  # noqa: S608 - constants
    for row in connection.cursor().execute(query):
        yield Kept(*row)


def labels_of(connection: sqlite3.Connection, criterion: str) -> list[tuple[int, str, str | None]]:
    """(number, annotator, label) of samples in the queue; what is settled in place of the others'.

    In the order of the numbers.
    """
    query = """SELECT number, annotator, label FROM (
      SELECT number, annotator, label, criterion FROM said
      WHERE kind = 'answer' AND holds AND number NOT IN (
        SELECT number FROM disputed WHERE criterion = :criterion AND disputed.settled)
      UNION ALL SELECT number, annotator, label, criterion
      FROM settled JOIN disputed USING (number, criterion) WHERE disputed.settled)
    JOIN samples USING (number) WHERE criterion = :criterion AND place IS NOT NULL
    ORDER BY number, annotator"""
    return connection.execute(query, {"criterion": criterion}).fetchall()
