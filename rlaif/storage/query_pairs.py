"""The tables that a query of a run of pairs sees: its pairs, preferences, and their criteria."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pyarrow as pa

from rlaif.records.identity import canonical
from rlaif.records.pair import Pair
from rlaif.records.preference import Preference
from rlaif.storage.database import database
from rlaif.storage.export_preferences import preference_row
from rlaif.storage.pair_folder import PairFolder
from rlaif.storage.query_text import Asked, shut
from rlaif.storage.query_views import Columns

_PAIRS: Columns = (
    ("pair_id", "VARCHAR", ""),
    ("prompt", "VARCHAR", "the text; of a chat, its messages as JSON"),
    ("completion_a", "VARCHAR", "as prompt"),
    ("completion_b", "VARCHAR", "as prompt"),
    ("policy_a", "VARCHAR", ""),
    ("policy_b", "VARCHAR", ""),
    ("group_id", "VARCHAR", "pairs of one group share a prompt"),
    ("reference", "VARCHAR", ""),
    ("human", "VARCHAR", "which one people preferred: a, b or tie"),
    ("metadata", "JSON", "such as metadata->>'$.topic'"),
)
_PREFERENCES: Columns = (
    ("pair_id", "VARCHAR", ""),
    ("policy_a", "VARCHAR", ""),
    ("policy_b", "VARCHAR", ""),
    ("answer", "VARCHAR", "a, b or tie; null where something failed"),
    ("value", "DOUBLE", "in [0, 1]; 1 is a"),
    ("status", "VARCHAR", "ok or failed"),
    ("reason", "VARCHAR", ""),
    ("human", "VARCHAR", "which one people preferred: a, b or tie"),
    ("rubric", "VARCHAR", "name@version"),
    ("judge", "VARCHAR", "name@version"),
)
_CRITERIA: Columns = (
    ("pair_id", "VARCHAR", ""),
    ("criterion", "VARCHAR", "its id"),
    ("answer", "VARCHAR", "a, b or tie"),
    ("value", "DOUBLE", "in [0, 1]; 1 is a"),
    ("flipped", "BOOLEAN", "the two orders gave opposite answers"),
    ("stage", "VARCHAR", "of a failure: where it arose"),
    ("reason", "VARCHAR", "of what was skipped"),
    ("message", "VARCHAR", "of a failure"),
)
TABLES: Mapping[str, Columns] = {
    "pairs": _PAIRS,
    "preferences": _PREFERENCES,
    "criteria": _CRITERIA,
}
"""What a run of pairs can be asked."""

_TYPES: Mapping[str, Any] = {"DOUBLE": pa.float64(), "BOOLEAN": pa.bool_()}
_AT_ONCE = 1024
_Rows = dict[str, list[dict[str, Any]]]


@contextmanager
def asking_pairs(run: PairFolder) -> Iterator[Asked]:
    """The pairs and the effective preferences of a run, to be asked. Raises: RunError."""
    with database() as connection:
        for name, columns in TABLES.items():
            listed = ", ".join(f"{column} {kind}" for column, kind, _ in columns)
            connection.execute(f"CREATE TABLE {name} ({listed})")
        compared = run.compared_pairs()
        while some := list(islice(compared, _AT_ONCE)):
            for name, rows in _rows(some).items():
                _insert(connection, name, rows)
        shut(connection, set())
        yield Asked(connection, TABLES)


def _rows(compared: Sequence[tuple[Pair, Preference | None]]) -> _Rows:
    made: _Rows = {name: [] for name in TABLES}
    for pair, preference in compared:
        made["pairs"].append(_pair(pair.as_written()))
        if preference is not None:
            row = preference_row(pair, preference)
            made["preferences"].append(row)
            made["criteria"] += [{"pair_id": pair.pair_id, **one} for one in row["criteria"]]
    return made


def _pair(written: dict[str, Any]) -> dict[str, Any]:
    """The pair with what is no text as JSON."""
    return {
        name: value if value is None or isinstance(value, str) else canonical(value).decode()
        for name, value in written.items()
    }


def _insert(connection: Any, name: str, rows: list[dict[str, Any]]) -> None:
    fields = [(column, _TYPES.get(kind, pa.string())) for column, kind, _ in TABLES[name]]
    connection.register("coming", pa.Table.from_pylist(rows, schema=pa.schema(fields)))
    connection.execute(f"INSERT INTO {name} SELECT * FROM coming")  # noqa: S608 - ours
    connection.unregister("coming")
