"""A query in SQL by a person: one statement that reads, over a run's tables and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from rlaif.errors import InputError
from rlaif.storage.database import BATCH, database, quoted
from rlaif.storage.query_views import TABLES, Columns, lay_views
from rlaif.storage.run_folder import RunFolder

_SHUT = (
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
"""From here on the query reads the run's own files and no other, and cannot take this back."""

_MISNAMED = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)


@dataclass(frozen=True, slots=True)
class Found:
    """What a query has found: columns, and rows as they are read."""

    schema: Any
    """Of Arrow; the names differ from one another."""
    batches: Iterator[Any]

    @property
    def names(self) -> list[str]:
        """Of the columns."""
        names: list[str] = self.schema.names
        return names

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows, in Python's types."""
        for batch in self.batches:
            try:
                columns = [column.to_pylist() for column in batch.columns]
            except (OverflowError, ValueError) as error:
                hint = "cast it to VARCHAR, such as CAST(x AS VARCHAR)"
                told = f"the query: a value that cannot be shown ({error})"
                raise InputError(f"{told}\n  hint: {hint}") from error
            yield from zip(*columns, strict=True)


_NOT_SHOWN = frozenset({"UHUGEINT", "VARINT", "BIGNUM", "BIT"})


class Asked:
    """A run that can be asked in SQL."""

    def __init__(self, connection: Any, tables: Mapping[str, Columns]) -> None:
        """Take a database with the tables, which reads nothing else any more."""
        self._connection = connection
        self.tables = tables

    def find(self, sql: str) -> Found:
        """What `sql` finds, read as it is taken.

        Raises: InputError for what is no single statement that reads, and for a wrong one, with
        the columns there are.
        """
        with self._told():
            self._refuse(self._connection.extract_statements(sql))
            relation = self._connection.sql(sql)
            if relation is None:
                raise InputError("the query finds no rows to show: begin it with SELECT")
            self._refuse_types(relation)
            reader = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
            found = reader(BATCH)
        schema = _renamed(found.schema)
        return Found(schema, self._read(found, schema))

    def _read(self, reader: Any, schema: Any) -> Iterator[Any]:
        with self._told():
            for batch in reader:
                yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)

    def _refuse(self, statements: Sequence[Any]) -> None:
        if len(statements) != 1:
            told = "several statements" if statements else "no statement"
            raise InputError(f"the query has {told}: give one SELECT")
        if statements[0].type != duckdb.StatementType.SELECT:
            kind = statements[0].type.name
            if kind == "MULTI":
                raise InputError(
                    "PIVOT has to name the values that become columns\n"
                    "  hint: pivot grades on policy in ('a', 'b') using avg(score)"
                )
            raise InputError(
                f"a query only reads, and {kind} is more than that\n"
                "  hint: one SELECT; what it finds goes into a file with --format and --out"
            )

    def _refuse_types(self, relation: Any) -> None:
        """What Arrow would show as something else: numbers of 128 bits without a sign, and bits."""
        for name, kind in zip(relation.columns, relation.types, strict=True):
            if str(kind) in _NOT_SHOWN:
                raise InputError(
                    f"the query: the column '{name}' is a {kind}, which cannot be shown\n"
                    "  hint: cast it to VARCHAR, such as CAST(x AS VARCHAR)"
                )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What DuckDB says of a query, in one line, with what could have been asked."""
        try:
            yield
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            hint = f"\n  hint: {self._there()}" if isinstance(error, _MISNAMED) else ""
            raise InputError(f"the query: {_in_short(error)}{hint}") from error

    def _there(self) -> str:
        tables = (f"{name}({', '.join(c[0] for c in cs)})" for name, cs in self.tables.items())
        return "there are " + ", ".join(tables)


@contextmanager
def asking(run: RunFolder) -> Iterator[Asked]:
    """The samples and the effective grades of a run, to be asked. Raises: RunError."""
    samples, grades = run.files()
    with database(samples_raw=samples, grades_raw=grades) as connection:
        lay_views(connection, run.manifest.under, graded=bool(grades))
        shut(connection, {file.parent for file in (*samples, *grades)})
        yield Asked(connection, TABLES)


def shut(connection: Any, folders: set[Path]) -> None:
    """Let the connection read below `folders`, and nothing else from now on."""
    named = [f"{folder.absolute()}/" for folder in sorted(folders)]
    named += [re.sub(r"[\[*?]", r"[\g<0>]", name) for name in named]  # as the views name them
    allowed = ", ".join(map(quoted, dict.fromkeys(named)))
    connection.execute(f"SET allowed_directories = [{allowed}]")
    for statement in _SHUT:
        connection.execute(statement)


def _renamed(schema: Any) -> Any:
    """The schema with a number behind each name that stood there before."""
    seen: set[str] = set()
    fields = []
    for field in schema:
        name, number = field.name, 1
        while name in seen:
            number += 1
            name = f"{field.name}_{number}"
        seen.add(name)
        fields.append(field.with_name(name))
    return pa.schema(fields)


def _in_short(error: Exception) -> str:
    """The first paragraph of a message of DuckDB's, without its kind and without the query."""
    paragraph = str(error).partition("\n\n")[0]
    text = " ".join(paragraph.split())
    kind, colon, rest = text.partition(" Error: ")
    return rest if colon and len(kind.split()) <= 3 else text
