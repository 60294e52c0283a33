"""A hash of what a source holds, without reading its rows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from rlaif.storage.source_print import source_print


class Tagged(MemoryFileSystem):  # type: ignore[misc] # fsspec has no types
    """A store that says of each object what its content is known by."""

    protocol = "tagged"
    tag = '"one"'

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        plain = path.replace(f"{cls.protocol}://", "memory://")
        return str(super()._strip_protocol(plain))

    def info(self, path: str, **more: Any) -> dict[str, Any]:
        return {**super().info(path, **more), "ETag": self.tag}


def table(path: Path, *ids: str) -> None:
    pq.write_table(pa.table({"sample_id": ids}), path)


def test_the_same_bytes_have_the_same_print_wherever_they_lie(tmp_path: Path) -> None:
    one, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    one.write_bytes(b"x" * 3_000_000)
    other.write_bytes(b"x" * 3_000_000)
    assert source_print(str(one)) == source_print(str(other)) == source_print(f"file://{one}")
    before = source_print(str(one))
    with one.open("r+b") as stream:
        stream.seek(2_000_000)
        stream.write(b"y")
    assert source_print(str(one)) != before


def test_the_ending_counts_as_it_decides_how_bytes_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x")
    (tmp_path / "a.jsonl").write_bytes(b"x")
    assert source_print(str(tmp_path / "a.csv")) != source_print(str(tmp_path / "a.jsonl"))


def test_of_a_folder_it_is_the_files_with_their_names_in_the_order_of_reading(
    tmp_path: Path,
) -> None:
    table(tmp_path / "0.parquet", "a")
    table(tmp_path / "1.parquet", "b")
    before = source_print(str(tmp_path))
    (tmp_path / "note.txt").write_text("not read")
    assert source_print(str(tmp_path)) == before
    (tmp_path / "0.parquet").rename(tmp_path / "2.parquet")
    assert source_print(str(tmp_path)) not in (before, None)


def test_where_it_cannot_be_told_it_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    MemoryFileSystem().pipe_file("/b/x.jsonl", b"x")
    unknown = ("-", str(tmp_path / "absent"), str(tmp_path / "pipe"), "memory://b/x.jsonl")
    assert [source_print(name) for name in unknown] == [None] * 4
    assert source_print("nope://b/x") is None


def test_of_a_store_it_is_what_the_store_says_of_the_object(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fsspec.register_implementation("tagged", Tagged, clobber=True)
    MemoryFileSystem().pipe_file("/b/x.jsonl", b"x")
    one = source_print("tagged://b/x.jsonl")
    assert one == source_print("tagged://b/x.jsonl")
    monkeypatch.setattr(Tagged, "tag", '"two"')
    assert source_print("tagged://b/x.jsonl") not in (one, None)
    monkeypatch.setattr(Tagged, "tag", 'W/"weak"')
    assert source_print("tagged://b/x.jsonl") is None
