"""A database in memory over Parquet files where they lie: DuckDB, spilling to disk."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from rlaif.errors import RunError

MEMORY = "512MB"
NARROW = "48MB"
"""Memory for what a job asks on its way: numbers only, however long the texts are."""
THREADS = 4
FEW_THREADS = 2
"""Each holds buffers of its own."""
BATCH = 2048
"""Rows handed over at once."""

_EMPTY_SAMPLES = """
CREATE VIEW {} AS SELECT 0::BIGINT ordinal, ''::VARCHAR sample_id, ''::VARCHAR sample_hash,
  ''::VARCHAR path, 0::BIGINT line, ''::VARCHAR sample
WHERE false
"""

_EMPTY_GRADES = """
CREATE VIEW {} AS SELECT ''::VARCHAR sample_id, ''::VARCHAR sample_hash, ''::VARCHAR under,
  0 attempt, NULL::DOUBLE score, ''::VARCHAR status, ''::VARCHAR reason, ''::VARCHAR filename,
  0 file_row_number, []::STRUCT(criterion VARCHAR, key VARCHAR, kind VARCHAR, answer VARCHAR,
  value DOUBLE, distribution DOUBLE[], label_mass DOUBLE, rationale VARCHAR,
  cases STRUCT(name VARCHAR, passed BOOLEAN, message VARCHAR)[])[] outcomes
  WHERE false
"""

_FILES = """
CREATE TABLE grades_files AS
SELECT unnest($files)::VARCHAR AS filename, generate_subscripts($files, 1) - 1 AS part
"""
"""The number of each part with grades."""


@contextmanager
def database(memory: str = MEMORY, **tables: Sequence[Path]) -> Iterator[Any]:
    """A connection with one view for each name, over the Parquet files given for it.

    Args: `memory`, beyond which it spills to disk.
    Raises: RunError for what DuckDB says while it reads them.
    """
    try:
        with duckdb.connect() as connection, tempfile.TemporaryDirectory(prefix="rlaif-") as spill:
            connection.execute(f"SET memory_limit = '{memory}'")
            connection.execute(f"SET temp_directory = {quoted(spill)}")
            threads = FEW_THREADS if memory == NARROW else THREADS
            connection.execute(f"SET threads = {min(threads, os.cpu_count() or 1)}")
            for name, files in tables.items():
                connection.execute(_view(name, files, slim=memory == NARROW))
                if name == "grades":
                    connection.execute(_FILES, {"files": [str(file.absolute()) for file in files]})
            yield connection
    except (duckdb.InterruptException, RuntimeError) as error:
        if "interrupted" in str(error).lower():  # by Ctrl-C, while DuckDB was at work
            raise KeyboardInterrupt from error
        raise
    except duckdb.Error as error:
        gone = [file for files in tables.values() for file in files if not file.exists()]
        if gone:
            hint = "the run is being compacted, perhaps: start the same command again"
            raise RunError(f"{gone[0]}: gone while it was read\n  hint: {hint}") from error
        raise RunError(f"the run cannot be read: {str(error).splitlines()[0]}") from error


_SLIM = "sample_id, sample_hash, under, attempt, status, outcomes, filename, file_row_number"


def refuse_unreadable_name(folder: Path) -> None:
    """Raises: RunError for a folder whose name DuckDB cannot be given."""
    name = str(folder.absolute())
    why = ""
    try:
        name.encode()
    except UnicodeEncodeError:
        why = "its name is not UTF-8"
    if "\\" in name and re.search(r"[\[*?]", name):
        why = "its name has a backslash and one of [ * ?"
    if str(folder).startswith("~"):
        why = "a name that begins with ~ stands for a home folder"
    if why:
        raise RunError(f"{folder}: {why}\n  hint: choose another name")


def _view(name: str, files: Sequence[Path], slim: bool = False) -> str:
    """A view of the files.

    Where columns are united by name, DuckDB holds what every file says of itself, 100 kB each. The
    columns that a job asks for have always been there, so that a slim view does without it.
    """
    if not files and name.startswith("grades"):
        return _EMPTY_GRADES.format(name)
    if not files:
        return _EMPTY_SAMPLES.format(name)
    listed = ", ".join(quoted(_literal(file)) for file in files)
    columns = _SLIM if slim and name.startswith("grades") else "*"
    united = "" if slim else "union_by_name = true, "
    return (
        f"CREATE VIEW {name} AS SELECT {columns} FROM read_parquet([{listed}], "  # noqa: S608 - a table of ours
        f"filename = true, file_row_number = true, {united}hive_partitioning = false)"
    )


def _literal(file: Path) -> str:
    """The path as a pattern that matches nothing else: `[`, `*` and `?` have no meaning in it."""
    return re.sub(r"[\[*?]", r"[\g<0>]", str(file.absolute()))  # a leading `~` is a name


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def rows(connection: Any, query: str) -> Iterator[Any]:
    """The rows of a result, read in batches."""
    for batch in batches(connection, query):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def batches(connection: Any, query: str, given: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """Batches of a result, on a cursor of its own, so that several can be read side by side."""
    with connection.cursor() as cursor:
        relation = cursor.sql(query, params=given)
        reader = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
        yield from reader(BATCH)
