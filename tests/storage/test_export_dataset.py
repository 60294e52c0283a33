"""Grades as a folder that Hugging Face's library reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from rlaif.errors import InputError
from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Failure, Verdict
from rlaif.storage.arrow_rows import dataset_files, stream_rows
from rlaif.storage.export import SCHEMA, export
from rlaif.storage.places import place_of


def grade(number: int) -> Grade:
    outcome = Verdict((0.25, 0.75), 0.9) if number % 2 else Failure("parse", "no JSON")
    return Grade(
        sample_id=f"s{number}",
        rubric="r@1.0.0",
        judge="j@1.0.0",
        score=0.75 if number % 2 else None,
        raw_score=0.75 if number % 2 else None,
        status="ok" if number % 2 else "failed",
        reason="",
        sections=(("style", 0.5),),
        outcomes=(Answered("c", outcome, "k", "yes", 0.75, 0.75),),
    )


def some(count: int) -> Iterator[tuple[Grade, Mapping[str, float]]]:
    return ((grade(number), {}) for number in range(count))


def rows_of(out: str) -> list[str]:
    files = dataset_files(place_of(out))
    assert files is not None
    found = [row for file in files for _, row in stream_rows(file)]
    return [row["sample_id"] for row in found if isinstance(row, dict)]


def test_we_read_back_what_was_written_here_and_in_a_store(tmp_path: Path) -> None:
    MemoryFileSystem().store.clear()
    for out in (str(tmp_path / "d"), "memory://b/d"):
        assert export(some(2500), out, "dataset") == 2500
        assert rows_of(out) == [f"s{n}" for n in range(2500)]
    MemoryFileSystem().store.clear()


@pytest.mark.slow  # loads the library
def test_the_library_itself_loads_it(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    out = str(tmp_path / "d")
    export(some(2500), out, "dataset")
    loaded = datasets.load_from_disk(out)
    assert len(loaded) == 2500
    assert loaded.features.arrow_schema.names == SCHEMA.names
    assert loaded[1]["outcomes"][0]["probability"] == 0.75
    assert loaded[0]["score"] is None
    assert loaded[0]["outcomes"][0]["stage"] == "parse"
    again = loaded.filter(lambda row: row["status"] == "ok", keep_in_memory=True)
    assert len(again) == 1250


def test_an_empty_export_is_a_dataset_of_no_rows(tmp_path: Path) -> None:
    assert export(some(0), str(tmp_path / "d"), "dataset") == 0
    assert rows_of(str(tmp_path / "d")) == []


def test_it_is_whole_or_not_there_and_takes_no_place_of_another(tmp_path: Path) -> None:
    def failing() -> Iterator[tuple[Grade, Mapping[str, float]]]:
        yield grade(1), {}
        raise KeyError

    with pytest.raises(KeyError):
        export(failing(), str(tmp_path / "d"), "dataset")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "mine").write_text("x")
    with pytest.raises(InputError, match="already there"):
        export(some(1), str(tmp_path / "d"), "dataset")
    with pytest.raises(InputError, match="a dataset is a folder"):
        export(some(1), "-", "dataset")


def test_a_parquet_export_goes_to_a_store_as_well() -> None:
    store = MemoryFileSystem()
    store.store.clear()
    assert export(some(3), "memory://b/x.parquet", "parquet") == 3
    assert export(some(3), "memory://b/x.csv", "csv") == 3
    with place_of("memory://b/x.parquet").table_file() as file:
        assert pa.parquet.read_table(file).column("sample_id").to_pylist() == ["s0", "s1", "s2"]
    assert store.cat_file("/b/x.csv").startswith(b"sample_id,")
    store.store.clear()
