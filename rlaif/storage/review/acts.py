"""What annotators do: every act is a row that stays, and the state follows from those not undone.

A field is one thing that an annotator can say of a sample: the answer to a criterion, a comment, a
rewritten completion. What was said last, and not undone, holds. Every function takes a connection
inside `ReviewFile.writing`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rlaif.errors import StaleReview
from rlaif.storage.clean_text import clean_text
from rlaif.storage.review.derived import count_sample, find_dispute, move_tally

Kind = Literal["answer", "comment", "rewrite", "settle"]
Same = Callable[[str | None, str | None], bool]
"""Whether two answers to the criterion at hand agree."""


class Field(NamedTuple):
    """One thing that one annotator can say."""

    number: int
    annotator: str
    kind: Kind
    criterion: str = ""
    """Empty where it is about the whole sample."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said; `says` False takes it back."""

    says: bool
    label: str | None = None
    text: str = ""
    redacted: bool = False
    """Written over a text in which names were hidden."""


NOTHING_SAID = Saying(says=False)


@dataclass(frozen=True, slots=True)
class Said:
    """A field as it stands."""

    saying: Saying
    revision: int
    grounds: int = 0
    at: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """An act that was taken back, and what holds instead."""

    field: Field
    now: Saying


def say(
    connection: sqlite3.Connection,
    field: Field,
    saying: Saying,
    at: str,
    same: Same,
    revision: int | None = None,
) -> bool:
    """Write an act; whether there was anything to write, as nothing is said twice.

    Args: `at`, the time as ISO 8601 in UTC; `revision`, the state that it was said in view of.
    Raises: StaleReview where this field was changed since.
    """
    saying = Saying(saying.says, saying.label, clean_text(saying.text), saying.redacted)
    before = _settled(connection, field) if field.kind == "settle" else said(connection, field)
    if _alike(before.saying, saying):
        return False
    if revision is not None and before.revision > revision:
        raise StaleReview(
            "this was changed in another tab meanwhile, and nothing was written\n"
            "  hint: load the page again, look at what stands there, and say it once more"
        )
    grounds = _grounds(connection, field.number)
    connection.execute(
        "INSERT INTO acts (annotator, at, number, kind, criterion, says, label, text, redacted,"
        " grounds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (field.annotator, at, field.number, field.kind, field.criterion, saying.says,
         saying.label, saying.text, saying.redacted, grounds),
    )  # fmt: skip
    _apply(connection, field, Said(saying, 0, grounds, at), before.saying, same)
    return True


def last_act(connection: sqlite3.Connection, annotator: str) -> tuple[int, Field] | None:
    """The annotator's last act that is not undone; None where nothing is left."""
    query = """SELECT id, number, annotator, kind, criterion FROM acts
    WHERE annotator = ? AND NOT undone ORDER BY id DESC LIMIT 1"""
    row = connection.execute(query, (annotator,)).fetchone()
    return (row[0], Field(*row[1:])) if row else None


def undo(connection: sqlite3.Connection, act: int, field: Field, same: Same) -> Taken:
    """Take back an act of `last_act`; what was said before it holds again."""
    connection.execute("UPDATE acts SET undone = 1 WHERE id = ?", (act,))
    now = _last_said(connection, field)
    before = said(connection, field).saying
    _apply(connection, field, now, before, same)
    return Taken(field, now.saying)


def said(connection: sqlite3.Connection, field: Field) -> Said:
    """A field as it stands."""
    query = """SELECT says, label, text, redacted, revision, grounds, at FROM said
    WHERE number = ? AND annotator = ? AND kind = ? AND criterion = ?"""
    row = connection.execute(
        query, (field.number, field.annotator, field.kind, field.criterion)
    ).fetchone()
    return Said(_saying(row), *row[4:]) if row else Said(NOTHING_SAID, 0)


def _last_said(connection: sqlite3.Connection, field: Field) -> Said:
    """By the acts; of what is settled, by whoever spoke last."""
    anybody = field.kind == "settle"
    query = """SELECT says, label, text, redacted, grounds, at FROM acts
    WHERE number = ? AND kind = ? AND criterion = ? AND (? OR annotator = ?) AND NOT undone
    ORDER BY id DESC LIMIT 1"""
    row = connection.execute(
        query, (field.number, field.kind, field.criterion, anybody, field.annotator)
    ).fetchone()
    return Said(_saying(row), 0, *row[4:]) if row else Said(NOTHING_SAID, 0)


def _settled(connection: sqlite3.Connection, field: Field) -> Said:
    query = "SELECT label, text, annotator FROM settled WHERE number = ? AND criterion = ?"
    row = connection.execute(query, (field.number, field.criterion)).fetchone()
    # The same word of another adjudicator is an act of its own.
    if row is None or row[2] != field.annotator:
        return Said(NOTHING_SAID, 0)
    return Said(Saying(says=True, label=row[0], text=row[1]), 0)


def _apply(
    connection: sqlite3.Connection, field: Field, now: Said, before: Saying, same: Same
) -> None:
    if field.kind == "settle":
        _settle(connection, field)
        find_dispute(connection, field.number, field.criterion, same)
        return
    query = "SELECT revision FROM reviewed WHERE annotator = ? AND number = ?"
    row = connection.execute(query, (field.annotator, field.number)).fetchone()
    revision = row[0] + 1 if row else 1
    saying = now.saying
    connection.execute(
        "INSERT OR REPLACE INTO said VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*field, saying.says, saying.label, saying.text, saying.redacted, now.grounds, now.at,
         revision),
    )  # fmt: skip
    count_sample(connection, field.number, field.annotator, revision)
    if field.kind == "answer":
        for one, step in ((before, -1), (saying, 1)):
            if one.says:
                move_tally(
                    connection, field.number, field.annotator, field.criterion, one.label, step
                )
        find_dispute(connection, field.number, field.criterion, same)


def _settle(connection: sqlite3.Connection, field: Field) -> None:
    connection.execute(
        "DELETE FROM settled WHERE number = ? AND criterion = ?", (field.number, field.criterion)
    )
    connection.execute(
        """INSERT INTO settled SELECT number, criterion, label, text, annotator, at FROM acts
        WHERE number = ? AND kind = 'settle' AND criterion = ? AND NOT undone AND says
        ORDER BY id DESC LIMIT 1""",
        (field.number, field.criterion),
    )


def _grounds(connection: sqlite3.Connection, number: int) -> int:
    query = "SELECT grounds FROM texts WHERE number = ?"
    return int(connection.execute(query, (number,)).fetchone()[0])


def _saying(row: tuple[int, str | None, str, int]) -> Saying:
    return Saying(bool(row[0]), row[1], row[2], bool(row[3]))


def _alike(one: Saying, other: Saying) -> bool:
    if not (one.says or other.says):
        return True
    return (one.says, one.label, one.text) == (other.says, other.label, other.text)
