"""What a review holds copies of: samples with their grades, and under what they were graded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from rlaif.storage.clean_text import clean_text

PREVIEW = 160
"""Characters of a completion's begin that the queue shows."""
LOOKED_AT = 4 * PREVIEW
"""Characters that are kept of it, so that names are hidden before it is cut."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One criterion of one sample."""

    criterion: str
    wanted: bool
    """Whether a person is to answer it before the sample is done."""
    has: bool
    """Whether the judge or a check answered it."""
    judge: str | None
    """The answer; None for "does not apply"."""
    judged: bool
    """Whether a judge is asked, and not a program."""
    question: str


@dataclass(frozen=True, slots=True)
class Copy:
    """One sample as a review keeps it."""

    sample_id: str
    sample_hash: str
    sample: str
    """As written, in JSON."""
    grade: str | None
    """In JSON; None where it is not graded yet."""
    items: str | None
    """What was graded, in JSON, where it is not the rubric's items and the sample's own."""
    score: float | None
    asked: Sequence[Asked]
    preview: str
    words: str
    """What is searched."""
    known: str
    """What decides how early it is shown, in JSON."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One sample read back."""

    number: int
    sample_hash: str
    place: int | None
    """None where the run no longer has it."""
    why: str
    drawn: int
    """1 where it was drawn at random."""
    sample: str
    grade: str | None
    items: str | None
    grounds: int


KEPT = """SELECT number, sample_hash, place, why, drawn IS NOT NULL, sample, grade, items, grounds
FROM samples JOIN texts USING (number)"""
"""Rows of `Kept`."""


def get_meta(connection: sqlite3.Connection, key: str) -> str:
    """One fact of the review; empty where there is none."""
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(found[0]) if found else ""


def set_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Keep one fact."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def put_grounds(connection: sqlite3.Connection, rubric: str, under: str, judge: str) -> int:
    """The number of a rubric's text, and of what names it and the judge; JSON, JSON."""
    row = (clean_text(rubric), under, judge)
    connection.execute(
        "INSERT OR IGNORE INTO grounds (rubric, rubric_under, judge_under) VALUES (?, ?, ?)", row
    )
    query = "SELECT id FROM grounds WHERE rubric = ? AND rubric_under = ? AND judge_under = ?"
    return int(connection.execute(query, row).fetchone()[0])


def get_grounds(connection: sqlite3.Connection, number: int) -> tuple[str, str, str]:
    """The rubric's text, and what names it and the judge."""
    query = "SELECT rubric, rubric_under, judge_under FROM grounds WHERE id = ?"
    rubric, under, judge = connection.execute(query, (number,)).fetchone()
    return rubric, under, judge


def put_copy(connection: sqlite3.Connection, copy: Copy, grounds: int) -> int:
    """Keep a sample, in place of what was known of the same text; its number, which stays."""
    key = (copy.sample_id, copy.sample_hash)
    query = "SELECT number FROM samples WHERE sample_id = ? AND sample_hash = ?"
    found = connection.execute(query, key).fetchone()
    number = int(found[0]) if found else _next_number(connection)
    if not found:
        connection.execute(
            "INSERT INTO samples VALUES (?, ?, ?, NULL, '', NULL, NULL, 0, ?)",
            (number, *key, clean_text(copy.preview)),
        )
        words = clean_text(copy.words).replace("\0", " ")
        connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, words))
    connection.execute(
        "INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?, ?, ?)",
        (number, copy.sample, copy.grade, copy.items, copy.known, grounds),
    )
    connection.execute("DELETE FROM asked WHERE number = ?", (number,))
    connection.executemany(
        "INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(number, *row) for row in map(partial(_asked, connection), copy.asked)],
    )
    wanted = sum(one.wanted for one in copy.asked)
    connection.execute(
        "UPDATE samples SET score = ?, criteria = ? WHERE number = ?", (copy.score, wanted, number)
    )
    return number


def _asked(connection: sqlite3.Connection, one: Asked) -> tuple[object, ...]:
    question = _question(connection, one.question)
    return one.criterion, one.wanted, one.has, one.judge, one.judged, question


def _question(connection: sqlite3.Connection, text: str) -> int:
    """The number of a question's text."""
    row = (clean_text(text),)
    found = connection.execute("SELECT id FROM questions WHERE text = ?", row).fetchone()
    if found:
        return int(found[0])
    return connection.execute("INSERT INTO questions (text) VALUES (?)", row).lastrowid or 0


def _next_number(connection: sqlite3.Connection) -> int:
    (most,) = connection.execute("SELECT max(number) FROM samples").fetchone()
    return 0 if most is None else int(most) + 1


def place_all(
    connection: sqlite3.Connection, placed: Iterable[tuple[int, str, int | None]]
) -> None:
    """Set the queue: (number, why, place in the draw) from the front; all others are out of it."""
    connection.execute("UPDATE samples SET place = NULL, drawn = NULL")
    connection.executemany(
        "UPDATE samples SET place = ?, why = ?, drawn = ? WHERE number = ?",
        ((place, why, drawn, number) for place, (number, why, drawn) in enumerate(placed)),
    )


def known_of_all(connection: sqlite3.Connection) -> Iterator[tuple[int, int | None, str]]:
    """(number, place in the draw, what decides how early it is shown) of what is in the queue."""
    query = "SELECT number, drawn, known FROM samples JOIN texts USING (number)"
    return iter(connection.execute(query + " WHERE place IS NOT NULL ORDER BY number").fetchall())


def kept_sample(connection: sqlite3.Connection, number: int) -> Kept | None:
    """One sample; None where there is none of that number."""
    query = f"{KEPT} WHERE number = ?"
    try:
        row = connection.execute(query, (number,)).fetchone()
    except OverflowError:
        return None
    return Kept(*row) if row else None


def reviewed_keys(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Id and content hash of every sample of which anything was said."""
    query = """SELECT sample_id, sample_hash FROM samples
    WHERE number IN (SELECT number FROM acts WHERE NOT undone)"""
    return [(name, content) for name, content in connection.execute(query)]


def labels_so_far(connection: sqlite3.Connection) -> dict[str, int]:
    """How many answers each criterion has, of all annotators."""
    query = "SELECT criterion, sum(rows) FROM tally GROUP BY criterion"
    return {name: int(count) for name, count in connection.execute(query)}
