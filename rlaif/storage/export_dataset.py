"""A folder as `Dataset.save_to_disk` of Hugging Face writes it, without loading that library.

It is an Arrow stream and two small JSON files. The library would write all rows into its cache
first, copy them from there, and take seconds to load; a test reads the folder by it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from rlaif.storage.whole_files import disk_errors, write_whole

_ROWS = "data-00000-of-00001.arrow"
_INFO = "dataset_info.json"
_STATE = "state.json"
"""Comes last, also by name: without it the folder is no dataset."""


def write_dataset(tables: Iterator[pa.Table], schema: Any, folder: Path) -> int:
    """Write `tables` into the empty `folder`; how many rows they were. Raises: RunError.

    The library finds out the features of the columns from the Arrow schema.
    """
    count = 0
    path = folder / _ROWS
    with (
        disk_errors(path),
        pa.OSFile(str(path), "w") as file,
        pa.ipc.new_stream(file, schema) as writer,
    ):
        for table in tables:
            writer.write_table(table)
            count += table.num_rows
    write_whole(folder / _INFO, b"{}\n")
    write_whole(folder / _STATE, orjson.dumps(_state(), option=orjson.OPT_INDENT_2))
    return count


def _state() -> dict[str, Any]:
    return {
        "_data_files": [{"filename": _ROWS}],
        "_fingerprint": secrets.token_hex(8),
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": None,
    }
