"""The queue of one annotator, and how far all are: quick also with ten thousand samples."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from rlaif.records.review import QueueRow, State

_SHORT = 3
"""Letters that a word has at least to be found by the index."""

_STATE = """CASE
  WHEN r.done AND d.open THEN 'disputed' WHEN r.done AND d.open = 0 THEN 'adjudicated'
  WHEN r.done THEN 'done' WHEN r.says THEN 'mine' ELSE 'open' END"""
"""Who is not done does not hear that others disagree."""

_FROM = """
FROM samples s LEFT JOIN reviewed r ON r.annotator = :annotator AND r.number = s.number
LEFT JOIN (SELECT number, sum(NOT settled) AS open FROM disputed GROUP BY number) d
  ON d.number = s.number
"""

_ROWS = f"""
SELECT s.number, s.sample_id, {_STATE} AS state, s.score, s.why, coalesce(r.answered, 0),
  s.criteria, s.preview
{_FROM} WHERE s.place IS NOT NULL
"""

_AFTER = """
SELECT s.number FROM samples s
LEFT JOIN reviewed r ON r.annotator = :annotator AND r.number = s.number
WHERE s.place > :place AND NOT coalesce(r.done, 0) AND s.number <> :number
ORDER BY s.place LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Totals:
    """How far one annotator is, and all together."""

    total: int
    done: int
    begun: int
    disputed: int
    adjudicated: int
    others: tuple[tuple[str, int], ...]


def queue_rows(
    connection: sqlite3.Connection,
    annotator: str,
    state: State | None,
    words: str,
    first: int,
    most: int,
) -> list[QueueRow]:
    """Rows of the queue from `first` on: those in a state, with all of `words` in them."""
    given: dict[str, object] = {"annotator": annotator, "first": first, "most": most}
    query = _ROWS
    if state is not None:
        query += f" AND {_STATE} = :state"
        given["state"] = state
    for place, (part, value) in enumerate(_conditions(words)):
        name = f"word{place}"
        query += f" AND {part.format(name)}"
        given[name] = value
    query += " ORDER BY s.place LIMIT :most OFFSET :first"
    return [QueueRow(*row) for row in connection.execute(query, given)]


def _conditions(words: str) -> Iterator[tuple[str, str]]:
    """By the index; a word of one or two letters is looked for in the texts themselves."""
    listed = words.replace("\0", " ").split()
    long = [word for word in listed if len(word) >= _SHORT]
    if long:
        sought = " ".join('"' + word.replace('"', '""') + '"' for word in long)
        yield "s.number IN (SELECT rowid FROM words WHERE words MATCH :{})", sought
    for word in listed:
        if len(word) < _SHORT:
            yield (
                r"s.number IN (SELECT number FROM texts WHERE sample LIKE :{} ESCAPE '\')",
                "%" + "".join(f"\\{sign}" if sign in "%_\\" else sign for sign in word) + "%",
            )


def next_open(connection: sqlite3.Connection, annotator: str, number: int) -> int | None:
    """The next sample in the queue that the annotator has not finished, from the front at last."""
    row = connection.execute("SELECT place FROM samples WHERE number = ?", (number,)).fetchone()
    place = -1 if row is None or row[0] is None else row[0]
    for start in dict.fromkeys((place, -1)):
        given = {"annotator": annotator, "place": start, "number": number}
        found = connection.execute(_AFTER, given).fetchone()
        if found:
            return int(found[0])
    return None


def state_of(connection: sqlite3.Connection, annotator: str, number: int) -> State:
    """Of one sample for one annotator."""
    query = f"SELECT {_STATE} {_FROM} WHERE s.number = :number"
    given = {"annotator": annotator, "number": number}
    found: State = connection.execute(query, given).fetchone()[0]
    return found


def totals(connection: sqlite3.Connection, annotator: str) -> Totals:
    """Over the samples that are in the queue."""
    in_queue = "JOIN samples USING (number) WHERE place IS NOT NULL"
    (total,) = connection.execute("SELECT count(*) FROM samples WHERE place IS NOT NULL").fetchone()
    by = connection.execute(
        f"SELECT annotator, sum(done), sum(says AND NOT done) FROM reviewed {in_queue}"  # noqa: S608 - constants
        " GROUP BY annotator ORDER BY annotator"
    ).fetchall()
    disputed, adjudicated = connection.execute(
        f"""SELECT coalesce(sum(open > 0), 0), coalesce(sum(open = 0), 0) FROM (
        SELECT sum(NOT settled) AS open FROM disputed {in_queue} GROUP BY number)"""  # noqa: S608 - constants
    ).fetchone()
    done, begun = next(((d, b) for name, d, b in by if name == annotator), (0, 0))
    others = tuple((name, int(d)) for name, d, b in by if name != annotator and d + b)
    return Totals(total, int(done), int(begun), disputed, adjudicated, others)


def disputed_numbers(connection: sqlite3.Connection, first: int, most: int) -> list[int]:
    """Samples on which annotators disagree, unsettled ones first."""
    query = """SELECT number FROM disputed JOIN samples USING (number) GROUP BY number
    ORDER BY min(settled), place IS NULL, place, number LIMIT ? OFFSET ?"""
    return [number for (number,) in connection.execute(query, (most, first))]


def tallies(connection: sqlite3.Connection, annotator: str) -> list[tuple[str, str, int, str, int]]:
    """(criterion, the person's answer, whether the judge has one, the judge's, rows); coded."""
    query = "SELECT criterion, human, has, judge, rows FROM tally WHERE annotator = ? AND rows > 0"
    return connection.execute(query, (annotator,)).fetchall()
