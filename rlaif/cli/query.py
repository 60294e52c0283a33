"""`rlaif query`."""

from __future__ import annotations

from enum import StrEnum
from itertools import islice
from typing import Annotated, cast

import typer

from rlaif.cli.console import print_table, tell
from rlaif.cli.options import RunPath
from rlaif.errors import InputError
from rlaif.reporting.query import Rows, tables_view
from rlaif.reporting.text import count_of
from rlaif.runs.query import asked, tables_of
from rlaif.storage.export import STANDARD_OUTPUT
from rlaif.storage.place_names import told
from rlaif.storage.query_rows import Format, json_text, plain, write_found
from rlaif.storage.query_text import Found

_MOST = 200
"""Rows shown to a person."""


class As(StrEnum):
    """How rows are shown or written."""

    text = "text"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"


def run(
    folder: RunPath,
    sql: Annotated[
        str | None,
        typer.Argument(
            metavar="SQL", help="One SELECT; without it, the tables and columns are listed."
        ),
    ] = None,
    format_: Annotated[As, typer.Option("--format", help="How.")] = As.text,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", metavar="PATH", help="Where, also a URL; standard output if not given."
        ),
    ] = None,
) -> None:
    """Ask a run in SQL.

    The tables are `grades` (the effective grade of each sample), `outcomes` (one row a criterion)
    and `samples`; of a run of pairs `preferences`, `criteria` and `pairs`. DuckDB answers. The
    query can read the run, and nothing else. The first rows are shown; --format and --out give all.
    """
    if out is not None and format_ is As.text:
        raise InputError("text is for the terminal: name --format json, jsonl, csv or parquet")
    if sql is None:
        print_table(*tables_view(tables_of(folder)))
        return
    with asked(folder) as run_:
        found = run_.find(sql)
        if format_ is As.text:
            _show(found)
            return
        destination = STANDARD_OUTPUT if out is None else out
        count = write_found(found, destination, cast("Format", format_.value))
    if destination != STANDARD_OUTPUT:
        tell(f"{count_of(count, 'row')} in {told(destination)}", err=True)


def _show(found: Found) -> None:
    first = [[_short(plain(value)) for value in row] for row in islice(found.rows(), _MOST + 1)]
    print_table(Rows(found.names, first[:_MOST]))
    if len(first) > _MOST:
        tell(f"The first {_MOST} rows; --format and --out give all.", err=True)
    else:
        tell(count_of(len(first), "row"), err=True)


def _short(value: object) -> object:
    return json_text(value).decode() if isinstance(value, list | dict) else value
