"""What follows from acts, kept beside them so that pages are quick: counts, tallies, disputes.

An answer holds while the question that was answered is the one that is asked now, and takes it.
Only answers that hold are counted, compared and disputed; the others are kept as they were said,
and hold again when the question is again what it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

import orjson


@dataclass(frozen=True, slots=True)
class Terms:
    """What one criterion of one sample takes now."""

    takes: Callable[[str | None], bool]
    same: Callable[[str | None, str | None], bool]
    """Whether two answers agree."""


TermsOf = Callable[[str], Terms | None]
"""By the id of a criterion; None where the sample does not have it."""

_COUNT = """
INSERT OR REPLACE INTO reviewed
SELECT :annotator, :number, :revision, answered, says, says AND answered >= criteria, agree,
  compared
FROM (SELECT coalesce(sum(holds AND wanted), 0) AS answered,
    coalesce(sum(agrees) FILTER (WHERE judged), 0) AS agree,
    count(agrees) FILTER (WHERE judged) AS compared
  FROM said JOIN asked USING (number, criterion)
  WHERE number = :number AND annotator = :annotator AND kind = 'answer'),
 (SELECT criteria, EXISTS (SELECT 1 FROM said
    WHERE number = :number AND annotator = :annotator AND says) AS says
  FROM samples WHERE number = :number)
"""

_TALLY = """
INSERT INTO tally
SELECT annotator, said.criterion, coalesce('=' || label, ''), coalesce(has, 0),
  coalesce('=' || judge, ''), drawn IS NOT NULL, sum(:step)
FROM said LEFT JOIN asked USING (number, criterion) JOIN samples USING (number)
WHERE kind = 'answer' AND holds {} GROUP BY 1, 2, 3, 4, 5, 6
ON CONFLICT DO UPDATE SET rows = rows + excluded.rows
"""

_ANSWERS = """
SELECT criterion, label, says AND said.question = asked.question, holds, has, judge, agrees
FROM said LEFT JOIN asked USING (number, criterion)
WHERE number = ? AND annotator = ? AND kind = 'answer'
"""

_STANDING = """
SELECT criterion, annotator, label, question FROM said JOIN reviewed USING (number, annotator)
WHERE number = ? AND kind = 'answer' AND holds AND done ORDER BY criterion, annotator
"""


def label_of(code: str) -> str | None:
    """A label of the tally, where "does not apply" is empty, read back."""
    return code[1:] if code else None


def tally_sample(connection: sqlite3.Connection, number: int, annotator: str, step: int) -> None:
    """Count an annotator's answers to a sample beside the judge's; with -1 no longer."""
    query = _TALLY.format("AND number = :number AND annotator = :annotator")
    connection.execute(query, {"number": number, "annotator": annotator, "step": step})


def tally_all(connection: sqlite3.Connection) -> None:
    """Count all of them anew."""
    connection.execute("DELETE FROM tally")
    connection.execute(_TALLY.format(""), {"step": 1})


def weigh_sample(
    connection: sqlite3.Connection, number: int, annotator: str, terms: TermsOf
) -> None:
    """Which of an annotator's answers hold, and how far that brings them with the sample."""
    query = "SELECT revision FROM reviewed WHERE annotator = ? AND number = ?"
    row = connection.execute(query, (annotator, number)).fetchone()
    revision = row[0] + 1 if row else 1
    for name, label, asked, held, has, judge, agreed in connection.execute(
        _ANSWERS, (number, annotator)
    ).fetchall():
        now = terms(name)
        holds = bool(asked) and now is not None and now.takes(label)
        agrees = now.same(label, judge) if now is not None and holds and has else None
        if (holds, agrees) != (held, agreed):
            connection.execute(
                """UPDATE said SET holds = ?, agrees = ?, revision = ?
                WHERE number = ? AND annotator = ? AND kind = 'answer' AND criterion = ?""",
                (holds, agrees, revision, number, annotator, name),
            )
    given = {"number": number, "annotator": annotator, "revision": revision}
    connection.execute(_COUNT, given)


def find_disputes(connection: sqlite3.Connection, number: int, terms: TermsOf) -> None:
    """On what those disagree who are done with a sample, and whether that is settled.

    A settlement holds while all the answers that it judged stand, and the criterion takes it.
    """
    connection.execute("DELETE FROM disputed WHERE number = ?", (number,))
    rows = connection.execute(_STANDING, (number,)).fetchall()
    for name, group in groupby(rows, key=lambda row: row[0]):
        now, given = terms(name), [row[1:] for row in group]
        if now is None or not _apart(now, [label for _, label, _ in given]):
            continue
        settled = _is_settled(connection, number, name, now, given)
        connection.execute("INSERT INTO disputed VALUES (?, ?, ?)", (number, name, settled))


def standing(connection: sqlite3.Connection, number: int, criterion: str) -> str:
    """What a settlement judges: [annotator, label, question] of all who are done, as JSON."""
    rows = connection.execute(_STANDING, (number,)).fetchall()
    return orjson.dumps([row[1:] for row in rows if row[0] == criterion]).decode()


def _apart(now: Terms, labels: list[str | None]) -> bool:
    return any(not now.same(one, other) for i, one in enumerate(labels) for other in labels[:i])


def _is_settled(
    connection: sqlite3.Connection,
    number: int,
    criterion: str,
    now: Terms,
    given: list[tuple[str, str | None, int]],
) -> bool:
    query = "SELECT label, judged FROM settled WHERE number = ? AND criterion = ?"
    row = connection.execute(query, (number, criterion)).fetchone()
    if row is None or not now.takes(row[0]):
        return False
    return {tuple(one) for one in orjson.loads(row[1])} <= set(given)
