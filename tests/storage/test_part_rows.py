from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlaif.storage import part_rows
from rlaif.storage.part_rows import rows_at


def names(batch: Any) -> list[str]:
    found: list[str] = batch.column("name").to_pylist()
    return found


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """Three parts of 50 rows, in row groups of 7."""
    made = []
    for part in range(3):
        made.append(tmp_path / f"{part}.parquet")
        table = pa.table({"name": [f"{part}-{row}" for row in range(50)]})
        pq.write_table(table, made[-1], row_group_size=7)
    return made


def test_rows_come_in_the_order_asked_for_wherever_they_lie(parts: list[Path]) -> None:
    places = [(50 * part + row, part, row) for part in range(3) for row in range(50)]
    places.sort(key=lambda place: (7 * place[0]) % 150)
    found = list(rows_at(parts, places, names))
    assert found == [(n, f"{part}-{row}") for n, part, row in places]


def test_a_row_that_is_asked_for_twice_comes_twice(parts: list[Path]) -> None:
    places = [(0, 1, 8), (1, 1, 8), (2, 0, 0)]
    assert list(rows_at(parts, places, names)) == [(0, "1-8"), (1, "1-8"), (2, "0-0")]


def test_only_row_groups_that_hold_a_row_are_read(
    parts: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    real = pq.ParquetFile.read_row_group

    def noted(self: Any, group: int, *rest: Any, **more: Any) -> Any:
        read.append(group)
        return real(self, group, *rest, **more)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", noted)
    list(rows_at(parts, [(0, 0, 9), (1, 0, 49), (2, 0, 8)], names))
    assert read == [1, 7]


def test_more_places_than_are_held_at_once_are_read_in_turn(
    parts: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_rows, "_AT_ONCE", 4)
    places = [(n, n % 3, n) for n in range(50)]
    assert [name for _, name in rows_at(parts, places, names)] == [
        f"{n % 3}-{n}" for n in range(50)
    ]
