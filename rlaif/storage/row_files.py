"""Rows of training data and the card that tells how they were made, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from rlaif.errors import InputError
from rlaif.records.row_rules import RowForm
from rlaif.storage.export import STANDARD_OUTPUT
from rlaif.storage.export_dataset import write_dataset
from rlaif.storage.placing import placed_both, placed_folder
from rlaif.storage.whole_files import write_whole

Kind = Literal["text", "chat", "number", "flag", "ids"]
"""What a column holds; `chat` are messages, `ids` a list of token ids."""

CARD = ".card.md"
"""Behind the name of a file, the name of its card."""
FOLDER_CARD = "README.md"
"""The card of a dataset, where the hub looks for it."""

_ROWS = 512
_PLAIN: Mapping[Kind, Any] = {
    "text": pa.string(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "ids": pa.list_(pa.int64()),
}
_CALL = pa.struct(
    [
        ("type", pa.string()),
        ("function", pa.struct([("name", pa.string()), ("arguments", pa.string())])),
    ]
)


@dataclass(frozen=True, slots=True)
class Columns:
    """What rows are made of."""

    kinds: Mapping[str, Kind]
    """By name, in their order."""
    tools: bool = False
    """Messages have `tool_calls`."""
    reasoning: bool = False
    """Messages have `reasoning_content`."""

    def schema(self) -> Any:
        """As Arrow states it."""
        message: list[Any] = [("role", pa.string()), ("content", pa.string())]
        if self.tools:
            message.append(("tool_calls", pa.list_(_CALL)))
        if self.reasoning:
            message.append(("reasoning_content", pa.string()))
        kinds = {**_PLAIN, "chat": pa.list_(pa.struct(message))}
        return pa.schema([(name, kinds[kind]) for name, kind in self.kinds.items()])


def write_rows_and_card(
    rows: Iterable[dict[str, Any]],
    columns: Columns,
    out: str,
    form: RowForm,
    card: Callable[[], str],
) -> tuple[str, ...]:
    """Write the rows to `out`, a path or a URL, and their card beside it; where both are.

    Nothing is written where there is no row. The card is asked for once all rows are through.
    Raises: InputError where nothing can be at `out`; RunError where it cannot be written: what was
    there before is then kept.
    """
    if out == STANDARD_OUTPUT or not out:
        raise InputError("rows and their card need a place: name a file with --out")
    stream = iter(rows)
    first = next(stream, None)
    if first is None:
        return ()
    stream = chain((first,), stream)
    if form == "dataset":
        with placed_folder(out) as folder:
            write_dataset(_tables(stream, columns.schema()), columns.schema(), folder)
            write_whole(folder / FOLDER_CARD, card().encode())
        return out, f"{out.rstrip('/')}/{FOLDER_CARD}"
    beside = f"{out}{CARD}"
    with placed_both(out, beside) as (file, card_file):
        _WRITERS[form](stream, columns, file)
        card_file.write(card().encode())
    return out, beside


def _write_jsonl(rows: Iterator[dict[str, Any]], _: Columns, file: IO[bytes]) -> None:
    for row in rows:
        file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


def _write_parquet(rows: Iterator[dict[str, Any]], columns: Columns, file: IO[bytes]) -> None:
    schema = columns.schema()
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for table in _tables(rows, schema):
            writer.write_table(table)


_WRITERS = {"jsonl": _write_jsonl, "parquet": _write_parquet}


def _tables(rows: Iterator[dict[str, Any]], schema: Any) -> Iterator[Any]:
    while batch := list(islice(rows, _ROWS)):
        yield pa.Table.from_pylist(batch, schema=schema)


def name_of(out: str) -> str:
    """The last name of a path or a URL."""
    return Path(out.rstrip("/")).name
