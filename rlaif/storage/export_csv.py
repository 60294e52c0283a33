"""Grades as CSV for a spreadsheet: one row a sample, two columns a criterion."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

import orjson

_PLAIN = ("sample_id", "rubric", "judge", "score", "raw_score", "status", "reason")
_SAID = ("rationale", "variance")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(rows: Iterable[dict[str, Any]], stream: IO[bytes]) -> int:
    """Write export rows: the plain fields, each section's value, each criterion's value and answer.

    A criterion's rationale and variance have columns too, if some row has one.
    Which criteria there are is known only after the last row, since samples may bring their own: so
    the rows wait in a temporary file.
    """
    with tempfile.TemporaryFile() as waiting:
        columns: dict[str, None] = dict.fromkeys(_PLAIN)
        count = 0
        for row in rows:
            flat = _flat(row)
            columns.update(dict.fromkeys(flat))
            waiting.write(orjson.dumps(flat, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
        waiting.seek(0)
        _write(list(columns), map(orjson.loads, waiting), stream)
    return count


def _write(columns: list[str], rows: Iterator[dict[str, Any]], stream: IO[bytes]) -> None:
    text = io.TextIOWrapper(stream, "utf-8", newline="", write_through=True)
    writer = csv.DictWriter(text, columns, restval=None, lineterminator="\n")
    writer.writerow({name: safe_cell(name) for name in columns})
    writer.writerows({name: safe_cell(cell) for name, cell in row.items()} for row in rows)
    text.detach()


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Names made here hold a space, which no criterion's id does: none takes another's column."""
    flat = {name: row[name] for name in _PLAIN}
    for section in row["sections"]:
        flat[f"section {section['section']}"] = section["value"]
    for outcome in row["outcomes"]:
        name = outcome["criterion"]
        flat[f"{name} value" if name in _PLAIN else name] = outcome["value"]
        flat[f"{name} answer"] = outcome["answer"]
        flat.update({f"{name} {key}": outcome[key] for key in _SAID if key in outcome})
    return flat


def safe_cell(cell: Any) -> Any:
    """`cell`, with an apostrophe before text that a spreadsheet would take for a formula."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return cell
