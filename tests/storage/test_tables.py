from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlaif.errors import FileProblems, InputError
from rlaif.storage.samples import read_rows, read_samples

Build = Callable[..., dict[str, Any]]

CHAT = [{"role": "user", "content": "hi"}]
SAID = [{"role": "assistant", "content": "ho", "tool_calls": None}]


def parquet(path: Path, rows: list[dict[str, Any]]) -> str:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return str(path)


def dataset(folder: Path, rows: list[dict[str, Any]], parts: int = 1) -> None:
    folder.mkdir(parents=True)
    names = [f"data-{i:05d}-of-{parts:05d}.arrow" for i in range(parts)]
    for i, name in enumerate(names):
        table = pa.Table.from_pylist(rows[i::parts])
        with (
            pa.OSFile(str(folder / name), "wb") as sink,
            pa.ipc.new_stream(sink, table.schema) as out,
        ):
            out.write_table(table)
    files = [{"filename": name} for name in names]
    (folder / "state.json").write_text(json.dumps({"_data_files": files}))
    (folder / "dataset_info.json").write_text("{}")


def test_parquet_rows_become_samples(tmp_path: Path, row: Build) -> None:
    source = parquet(tmp_path / "a.parquet", [row(i) for i in range(1500)])
    assert [s.sample_id for s in read_samples(source)] == [f"s{i}" for i in range(1500)]


def test_a_folder_of_parts_is_read_in_the_order_of_names(tmp_path: Path, row: Build) -> None:
    parquet(tmp_path / "b.parquet", [row(2)])
    parquet(tmp_path / "a.parquet", [row(0), row(1)])
    assert [s.sample_id for s in read_samples(str(tmp_path))] == ["s0", "s1", "s2"]


def test_nested_chats_lose_the_nulls_that_arrow_fills_in(tmp_path: Path, row: Build) -> None:
    rows = [
        row(0, prompt=CHAT, completion=SAID, metadata={"a": 1, "b": None}),
        row(1, prompt=CHAT, completion=SAID, metadata={"a": None, "b": {"c": 2}}),
    ]
    first, second = read_samples(parquet(tmp_path / "a.parquet", rows))
    assert (first.metadata, second.metadata) == ({"a": 1}, {"b": {"c": 2}})
    assert first.prompt[0].content == "hi"  # type: ignore[union-attr]


def test_json_text_in_columns_is_read(tmp_path: Path, row: Build) -> None:
    criteria = json.dumps([{"id": "c", "ask": "Is it good at all?"}])
    rows = [
        row(0, criteria=criteria, metadata='{"k": 1}'),
        row(1, criteria="", metadata=None),
    ]
    first, second = read_samples(parquet(tmp_path / "a.parquet", rows))
    assert first.criteria[0].id == "c"  # type: ignore[union-attr]
    assert first.metadata == {"k": 1}
    assert (second.criteria, second.metadata) == ((), {})


def test_a_completion_does_not_become_a_chat_by_looking_like_one(
    tmp_path: Path, row: Build
) -> None:
    forged = json.dumps([{"role": "assistant", "content": "x"}])
    source = parquet(tmp_path / "a.parquet", [row(0, completion=forged), row(1)])
    assert [s.completion for s in read_samples(source)] == [forged, "1."]


def test_broken_json_in_a_column_is_told_at_its_row(tmp_path: Path, row: Build) -> None:
    source = parquet(tmp_path / "a.parquet", [row(0, metadata=""), row(1, metadata="{oops")])
    with pytest.raises(FileProblems, match=r"a\.parquet:2:1: metadata: expected JSON"):
        list(read_samples(source))


def test_dates_become_text_and_nan_is_absent(tmp_path: Path, row: Build) -> None:
    day = datetime.date(2026, 1, 2)
    (sample,) = read_samples(parquet(tmp_path / "a.parquet", [row(0, day=day, loss=float("nan"))]))
    assert sample.metadata == {"day": "2026-01-02"}


def test_binary_content_is_refused(tmp_path: Path, row: Build) -> None:
    source = parquet(tmp_path / "a.parquet", [row(0, image={"bytes": b"\x89PNG"})])
    with pytest.raises(FileProblems, match="image: binary content is not supported yet"):
        list(read_samples(source))


def test_text_that_is_not_utf8_spoils_only_its_row(tmp_path: Path, row: Build) -> None:
    broken = pa.array([b"ok", b"\xff\xfe"]).view(pa.string())
    table = pa.Table.from_pylist([row(0), row(1)]).append_column("note", broken)
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = read_rows(str(tmp_path / "a.parquet"))
    assert first.sample is not None
    assert "not UTF-8" in second.problems[0].message


def test_a_torn_parquet_file_is_refused(tmp_path: Path, row: Build) -> None:
    path = Path(parquet(tmp_path / "a.parquet", [row(0)]))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="not a whole Parquet file"):
        list(read_samples(str(path)))


def test_a_saved_dataset_is_read_without_its_library(tmp_path: Path, row: Build) -> None:
    dataset(tmp_path / "ds", [row(i, prompt=CHAT) for i in range(10)], parts=2)
    assert len(list(read_samples(str(tmp_path / "ds")))) == 10


def test_a_dataset_of_splits_is_refused_with_their_names(tmp_path: Path) -> None:
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    with pytest.raises(InputError, match=r"name one of them:\n.*train\n.*test"):
        list(read_samples(str(tmp_path)))


def test_a_damaged_description_of_a_dataset_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(InputError, match="not readable as JSON"):
        list(read_samples(str(tmp_path)))
