"""What follows from acts, kept beside them so that pages are quick: counts, tallies, disputes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

_ANSWERED = """
SELECT count(*) FROM said JOIN asked USING (number, criterion)
WHERE number = :number AND annotator = :annotator AND kind = 'answer' AND says AND wanted
"""
_COUNT = f"""
INSERT OR REPLACE INTO reviewed
SELECT :annotator, :number, :revision, answered, says, says AND answered >= criteria
FROM (SELECT ({_ANSWERED}) AS answered, criteria, EXISTS (SELECT 1 FROM said
  WHERE number = :number AND annotator = :annotator AND says) AS says
  FROM samples WHERE number = :number)
"""  # noqa: S608 - constants

_MOVE = """
INSERT INTO tally
SELECT :annotator, :criterion, :human, coalesce(has, 0), coalesce('=' || judge, ''), :step
FROM (SELECT 1) LEFT JOIN asked ON number = :number AND criterion = :criterion
WHERE true
ON CONFLICT DO UPDATE SET rows = rows + excluded.rows
"""

_TALLY = """
INSERT INTO tally
SELECT annotator, said.criterion, coalesce('=' || label, ''), coalesce(has, 0),
  coalesce('=' || judge, ''), count(*)
FROM said LEFT JOIN asked USING (number, criterion)
WHERE kind = 'answer' AND says GROUP BY 1, 2, 3, 4, 5
"""


def coded(label: str | None) -> str:
    """A label as the tally has it: "does not apply" is empty."""
    return "" if label is None else f"={label}"


def label_of(code: str) -> str | None:
    """`coded`, read back."""
    return code[1:] if code else None


def count_sample(
    connection: sqlite3.Connection, number: int, annotator: str, revision: int
) -> None:
    """How far one annotator is with one sample."""
    given = {"number": number, "annotator": annotator, "revision": revision}
    connection.execute(_COUNT, given)


def move_tally(
    connection: sqlite3.Connection,
    number: int,
    annotator: str,
    criterion: str,
    label: str | None,
    step: int,
) -> None:
    """Count an answer beside the judge's; with a step of -1 no longer."""
    given = {"number": number, "annotator": annotator, "criterion": criterion}
    connection.execute(_MOVE, {**given, "human": coded(label), "step": step})


def find_dispute(
    connection: sqlite3.Connection,
    number: int,
    criterion: str,
    same: Callable[[str | None, str | None], bool],
) -> None:
    """Note whether annotators disagree on a criterion, and whether that is settled."""
    query = """SELECT label FROM said
    WHERE number = ? AND kind = 'answer' AND criterion = ? AND says ORDER BY annotator"""
    labels = [label for (label,) in connection.execute(query, (number, criterion))]
    apart = any(not same(one, other) for i, one in enumerate(labels) for other in labels[:i])
    connection.execute(
        "DELETE FROM disputed WHERE number = ? AND criterion = ?", (number, criterion)
    )
    if apart:
        connection.execute(
            """INSERT INTO disputed SELECT :number, :criterion, EXISTS (
            SELECT 1 FROM settled WHERE number = :number AND criterion = :criterion)""",
            {"number": number, "criterion": criterion},
        )


def recount(connection: sqlite3.Connection) -> None:
    """All of it anew but disputes, after the samples' grades or criteria have changed."""
    found = connection.execute("SELECT number, annotator, revision FROM reviewed").fetchall()
    for number, annotator, revision in found:
        count_sample(connection, number, annotator, revision)
    connection.execute("DELETE FROM tally")
    connection.execute(_TALLY)


def drop_answer(
    connection: sqlite3.Connection, number: int, annotator: str, criterion: str
) -> None:
    """Let an answer that the criterion no longer takes hold no more; its act stays."""
    connection.execute(
        """UPDATE said SET says = 0, label = NULL, revision = revision + 1
        WHERE number = ? AND annotator = ? AND kind = 'answer' AND criterion = ?""",
        (number, annotator, criterion),
    )
    connection.execute(
        "UPDATE reviewed SET revision = revision + 1 WHERE annotator = ? AND number = ?",
        (annotator, number),
    )
