"""What was said, read back: by one annotator, by all of them, and of labelled samples."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from rlaif.storage.review.content import KEPT, Kept


class Line(NamedTuple):
    """One field that holds."""

    annotator: str
    kind: str
    criterion: str
    label: str | None
    text: str
    redacted: int
    at: str
    grounds: int


class Settled(NamedTuple):
    """The last word on one criterion."""

    criterion: str
    label: str | None
    text: str
    annotator: str
    at: str


def mine(
    connection: sqlite3.Connection, number: int, annotator: str
) -> tuple[list[tuple[str, str, int, str | None, str, int]], int]:
    """(kind, criterion, says, label, text, redacted) of one annotator, and the revision."""
    query = """SELECT kind, criterion, says, label, text, redacted FROM said
    WHERE number = ? AND annotator = ?"""
    found = connection.execute(query, (number, annotator)).fetchall()
    row = connection.execute(
        "SELECT revision FROM reviewed WHERE annotator = ? AND number = ?", (annotator, number)
    ).fetchone()
    return found, row[0] if row else 0


def lines(connection: sqlite3.Connection, number: int) -> list[Line]:
    """All that holds of one sample, annotator by annotator."""
    query = """SELECT annotator, kind, criterion, label, text, redacted, at, grounds FROM said
    WHERE number = ? AND says ORDER BY annotator, kind, criterion"""
    return [Line(*row) for row in connection.execute(query, (number,))]


def settled(connection: sqlite3.Connection, number: int) -> list[Settled]:
    """What is settled of one sample."""
    query = "SELECT criterion, label, text, annotator, at FROM settled WHERE number = ?"
    return [Settled(*row) for row in connection.execute(query, (number,))]


def disputed(connection: sqlite3.Connection, number: int) -> list[str]:
    """The criteria of one sample on which annotators disagree."""
    query = "SELECT criterion FROM disputed WHERE number = ?"
    return [name for (name,) in connection.execute(query, (number,))]


def reviewed_samples(connection: sqlite3.Connection) -> Iterator[Kept]:
    """Each sample of which something is said, in the order of the numbers; one in memory."""
    query = f"""{KEPT}
    WHERE number IN (SELECT number FROM said WHERE says UNION SELECT number FROM settled)
    ORDER BY number"""  # noqa: S608 - constants
    for row in connection.cursor().execute(query):
        yield Kept(*row)


def labels_of(connection: sqlite3.Connection, criterion: str) -> list[tuple[int, str, str | None]]:
    """(number, annotator, label) of samples in the queue; what is settled in place of the others'.

    In the order of the numbers.
    """
    query = """SELECT number, annotator, label FROM (
      SELECT number, annotator, label, criterion FROM said
      WHERE kind = 'answer' AND says AND number NOT IN (
        SELECT number FROM settled WHERE criterion = :criterion)
      UNION ALL SELECT number, annotator, label, criterion FROM settled)
    JOIN samples USING (number) WHERE criterion = :criterion AND place IS NOT NULL
    ORDER BY number, annotator"""
    return connection.execute(query, {"criterion": criterion}).fetchall()


def drawn_ids(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Id and content hash of the samples that were drawn at random, in the order of the draw."""
    query = "SELECT sample_id, sample_hash FROM samples WHERE drawn IS NOT NULL ORDER BY drawn"
    return iter(connection.execute(query).fetchall())
