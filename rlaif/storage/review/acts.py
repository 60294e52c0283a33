"""What annotators do: every act is a row that stays, and the state follows from those not undone.

A field is one thing that an annotator can say of a sample: the answer to a criterion, a comment, a
rewritten completion. What was said last, and not undone, stands. Every function takes a connection
inside `ReviewFile.writing`.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rlaif.errors import StaleReview
from rlaif.storage.clean_text import clean_text
from rlaif.storage.review import derived, looking
from rlaif.storage.review.derived import TermsOf

Kind = Literal["answer", "comment", "rewrite", "settle"]


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
    holds: bool = False
    """Whether it counts: an answer to what is asked now, a settlement whose answers stand."""
    revision: int = 0
    grounds: int = 0
    at: str = ""
    question: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """An act that was taken back, and what stands instead."""

    field: Field
    now: Saying
    holds: bool


def say(
    connection: sqlite3.Connection,
    field: Field,
    saying: Saying,
    at: str,
    terms: TermsOf,
    revision: int | None = None,
) -> bool:
    """Write an act; whether there was anything to write, as nothing is said twice.

    Args: `at`, the time as ISO 8601 in UTC; `revision`, the state that it was said in view of.
    Raises: StaleReview where this field was changed since.
    """
    saying = Saying(saying.says, saying.label, clean_text(saying.text), saying.redacted)
    before = said(connection, field)
    if _alike(before.saying, saying) and before.holds == saying.says:
        return False
    if revision is not None and before.revision > revision:
        raise StaleReview(_STALE[field.kind == "settle"])
    judged = ""
    if field.kind == "settle":
        judged = derived.standing(connection, field.number, field.criterion)
    grounds, question = _grounds(connection, field)
    connection.execute(
        "INSERT INTO acts (annotator, at, number, kind, criterion, says, label, text, redacted,"
        " grounds, question, judged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (field.annotator, at, field.number, field.kind, field.criterion, saying.says,
         saying.label, saying.text, saying.redacted, grounds, question, judged),
    )  # fmt: skip
    _apply(connection, field, terms)
    return True


def last_act(connection: sqlite3.Connection, annotator: str) -> tuple[int, Field] | None:
    """The annotator's last act that is not undone; None where nothing is left."""
    query = """SELECT id, number, annotator, kind, criterion FROM acts
    WHERE annotator = ? AND NOT undone ORDER BY id DESC LIMIT 1"""
    row = connection.execute(query, (annotator,)).fetchone()
    return (row[0], Field(*row[1:])) if row else None


def undo(connection: sqlite3.Connection, act: int, field: Field, terms: TermsOf) -> Taken:
    """Take back an act of `last_act`; what was said before it stands again."""
    connection.execute("UPDATE acts SET undone = 1 WHERE id = ?", (act,))
    _apply(connection, field, terms)
    now = said(connection, field, anybody=True)
    return Taken(field, now.saying, now.holds)


def said(connection: sqlite3.Connection, field: Field, *, anybody: bool = False) -> Said:
    """A field as it stands; of what is settled by another only with `anybody`."""
    if field.kind == "settle":
        return _settled(connection, field, anybody=anybody)
    query = """SELECT says, label, text, redacted, holds, revision, grounds, at, question FROM said
    WHERE number = ? AND annotator = ? AND kind = ? AND criterion = ?"""
    row = connection.execute(
        query, (field.number, field.annotator, field.kind, field.criterion)
    ).fetchone()
    return Said(_saying(row), bool(row[4]), *row[5:]) if row else Said(NOTHING_SAID)


def _settled(connection: sqlite3.Connection, field: Field, *, anybody: bool) -> Said:
    """The same word of another adjudicator is an act of its own."""
    found = looking.settled(connection, field.number)
    one = next((one for one in found if one.criterion == field.criterion), None)
    revision = looking.settle_revision(connection, field.number, field.criterion)
    if one is None or not (anybody or one.annotator == field.annotator):
        return Said(NOTHING_SAID, revision=revision)
    return Said(Saying(says=True, label=one.label, text=one.text), bool(one.holds), revision)


def _apply(connection: sqlite3.Connection, field: Field, terms: TermsOf) -> None:
    """Bring up to date all that follows from the acts on one field."""
    if field.kind == "settle":
        _settle(connection, field)
    else:
        derived.tally_sample(connection, field.number, field.annotator, -1)
        _put(connection, field)
        derived.weigh_sample(connection, field.number, field.annotator, terms)
        derived.tally_sample(connection, field.number, field.annotator, 1)
    derived.find_disputes(connection, field.number, terms)


def _put(connection: sqlite3.Connection, field: Field) -> None:
    """What stands of a field, by its acts."""
    query = """SELECT says, label, text, redacted, grounds, at, question FROM acts
    WHERE number = ? AND annotator = ? AND kind = ? AND criterion = ? AND NOT undone
    ORDER BY id DESC LIMIT 1"""
    row = connection.execute(
        query, (field.number, field.annotator, field.kind, field.criterion)
    ).fetchone()
    says, label, text, redacted, grounds, at, question = row or (0, None, "", 0, 0, "", 0)
    connection.execute(
        """INSERT OR REPLACE INTO said VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL,
        coalesce((SELECT revision FROM reviewed WHERE annotator = ? AND number = ?), 0) + 1)""",
        (*field, says, label, text, redacted, grounds, at, question, says,
         field.annotator, field.number),
    )  # fmt: skip


def _settle(connection: sqlite3.Connection, field: Field) -> None:
    connection.execute(
        "DELETE FROM settled WHERE number = ? AND criterion = ?", (field.number, field.criterion)
    )
    connection.execute(
        """INSERT INTO settled SELECT number, criterion, label, text, annotator, at, judged
        FROM acts
        WHERE number = ? AND kind = 'settle' AND criterion = ? AND NOT undone AND says
        ORDER BY id DESC LIMIT 1""",
        (field.number, field.criterion),
    )


def _grounds(connection: sqlite3.Connection, field: Field) -> tuple[int, int]:
    """Under which rubric it is said, and to which question; 0 where it is no answer to one."""
    query = """SELECT grounds, coalesce((SELECT question FROM asked
      WHERE number = ? AND criterion = ?), 0) FROM texts WHERE number = ?"""
    row = connection.execute(query, (field.number, field.criterion, field.number)).fetchone()
    return int(row[0]), int(row[1])


_HINT = "\n  hint: load the page again, look at what stands there, and say it once more"
_STALE = (
    f"this was changed meanwhile, as in another tab, and nothing was written{_HINT}",
    "somebody has settled this, or answered anew, meanwhile, and nothing was written" + _HINT,
)


def _saying(row: tuple[int, str | None, str, int]) -> Saying:
    return Saying(bool(row[0]), row[1], row[2], bool(row[3]))


def _alike(one: Saying, other: Saying) -> bool:
    if not (one.says or other.says):
        return True
    return (one.says, one.label, one.text) == (other.says, other.label, other.text)
