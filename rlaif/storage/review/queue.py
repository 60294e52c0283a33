"""The queue of one annotator, and how far all are: quick also with ten thousand samples."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from rlaif.errors import InputError
from rlaif.records.review import QueueRow, State

_SHORT = 3
"""Letters that a word has at least to be found by the index."""
_MOST_SHORT = 3
"""Shorter words in one search: for each of them every text is read."""

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
    shown: Callable[[str], str] | None = None,
) -> list[QueueRow]:
    """Rows of the queue from `first` on: those in a state, with all of `words` in them.

    Args: `shown`, what is shown of a text where not all is: no word is found in what is hidden.
    Raises: InputError for too many short words.
    """
    given: dict[str, object] = {"annotator": annotator}
    query = _ROWS
    if state is not None:
        query += f" AND {_STATE} = :state"
        given["state"] = state
    for place, (part, value) in enumerate(_conditions(words)):
        name = f"word{place}"
        query += f" AND {part.format(name)}"
        given[name] = value
    query += " ORDER BY s.place"
    if shown is None or not words.split():
        rows = connection.execute(
            f"{query} LIMIT :most OFFSET :first", {**given, "first": first, "most": most}
        )
        return [QueueRow(*row) for row in rows]
    found = (QueueRow(*row) for row in connection.execute(query, given))
    seen = (row for row in found if _is_seen(connection, row.number, words, shown))
    return list(islice(seen, first, first + most))


def _is_seen(
    connection: sqlite3.Connection, number: int, words: str, shown: Callable[[str], str]
) -> bool:
    query = "SELECT text FROM words WHERE rowid = ?"
    text = shown(connection.execute(query, (number,)).fetchone()[0]).casefold()
    return all(word.casefold() in text for word in words.replace("\0", " ").split())


def _conditions(words: str) -> Iterator[tuple[str, str]]:
    """By the index; a word of one or two letters is looked for in the texts themselves."""
    listed = words.replace("\0", " ").split()
    long = [word for word in listed if len(word) >= _SHORT]
    short = list(dict.fromkeys(word for word in listed if len(word) < _SHORT))
    if len(short) > _MOST_SHORT:
        raise InputError(f"a search has at most {_MOST_SHORT} words of one or two letters")
    if long:
        sought = " ".join('"' + word.replace('"', '""') + '"' for word in long)
        yield "s.number IN (SELECT rowid FROM words WHERE words MATCH :{})", sought
    for word in short:
        yield (
            r"s.number IN (SELECT rowid FROM words WHERE text LIKE :{} ESCAPE '\')",
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
    """Over the samples in the queue; disputes on those that the annotator is done with."""
    in_queue = "JOIN samples USING (number) WHERE place IS NOT NULL"
    (total,) = connection.execute("SELECT count(*) FROM samples WHERE place IS NOT NULL").fetchone()
    by = connection.execute(
        f"SELECT annotator, sum(done), sum(says AND NOT done) FROM reviewed {in_queue}"  # noqa: S608 - constants
        " GROUP BY annotator ORDER BY annotator"
    ).fetchall()
    disputed, adjudicated = connection.execute(
        f"""SELECT coalesce(sum(open > 0), 0), coalesce(sum(open = 0), 0) FROM (
        SELECT sum(NOT settled) AS open FROM disputed JOIN reviewed USING (number) {in_queue}
        AND annotator = ? AND done GROUP BY number)""",  # noqa: S608 - constants
        (annotator,),
    ).fetchone()
    done, begun = next(((d, b) for name, d, b in by if name == annotator), (0, 0))
    others = tuple((name, int(d)) for name, d, b in by if name != annotator and d + b)
    return Totals(total, int(done), int(begun), disputed, adjudicated, others)


def disputed_numbers(
    connection: sqlite3.Connection, annotator: str, first: int, most: int, *, others: bool
) -> list[int]:
    """Samples on which annotators disagree, unsettled ones first.

    Those that this annotator is done with; with `others` all.
    """
    query = """SELECT number FROM disputed JOIN samples USING (number)
    WHERE :others OR number IN (SELECT number FROM reviewed WHERE annotator = :annotator AND done)
    GROUP BY number ORDER BY min(settled), place IS NULL, place, number LIMIT :most OFFSET :first"""
    given = {"annotator": annotator, "first": first, "most": most, "others": others}
    return [number for (number,) in connection.execute(query, given)]


def tallies(
    connection: sqlite3.Connection, annotator: str
) -> list[tuple[str, str, int, str, int, int]]:
    """Each (criterion, the person's answer, whether the judge has one, the judge's, drawn, rows).

    The answers are coded; see `derived.label_of`.
    """
    query = """SELECT criterion, human, has, judge, drawn, rows FROM tally
    WHERE annotator = ? AND rows > 0"""
    return connection.execute(query, (annotator,)).fetchall()


def agreements(connection: sqlite3.Connection, annotator: str) -> list[tuple[bool, int, int]]:
    """(drawn at random, answers like the judge's, answers beside one) of each sample with any."""
    query = """SELECT drawn IS NOT NULL, agree, compared FROM reviewed JOIN samples USING (number)
    WHERE annotator = ? AND compared > 0"""
    rows = connection.execute(query, (annotator,)).fetchall()
    return [(bool(drawn), agree, compared) for drawn, agree, compared in rows]
