"""Inputs that would not fit the memory that the intake may have."""

from __future__ import annotations

from pathlib import Path

import orjson

from rlaif.storage.intake import take_in
from rlaif.storage.samples import read_rows


def test_long_texts_that_all_stand_twice_are_taken_in_once(tmp_path: Path) -> None:
    source = tmp_path / "samples.jsonl"
    with source.open("wb") as out:
        for _ in range(2):
            for n in range(4000):
                text = f"{n} " + f"{n % 97} " * 1500
                row = {"sample_id": f"s{n}", "prompt": "p", "completion": text}
                out.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
    taken = take_in(read_rows(str(source)), tmp_path / "samples", "x", None)
    assert (taken.samples.count, taken.samples.duplicates) == (4000, 4000)
