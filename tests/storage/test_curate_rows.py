"""Texts as they are kept, and the first reading of them."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlaif.errors import FileProblems, InputError
from rlaif.records.identity import digest
from rlaif.storage.curate_rows import TextRow, text_rows
from rlaif.storage.curate_spool import Surveyed, survey, unchanged
from rlaif.storage.samples import Row


def lines(path: Path, rows: Iterable[Any]) -> str:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return str(path)


def read(source: str, **mapping: str) -> list[TextRow | Row]:
    return list(text_rows(source, "Write a text.", mapping))


def surveyed(source: str, draw: int, seed: int = 0) -> Surveyed:
    return survey(text_rows(source, "Write a text.", {}), draw, seed)


def names(found: Surveyed) -> list[str]:
    return [one.text for one in found.drawn]


def test_a_row_has_a_text_or_a_prompt_and_a_completion(tmp_path: Path) -> None:
    chat = [{"role": "user", "content": "Who?"}]
    answer = [{"role": "assistant", "content": "Me."}]
    rows: list[Mapping[str, Any]] = [
        {"text": "Alone.", "url": "http://a", "metadata": {"k": 1}},
        {"prompt": "Who?", "completion": "Me.", "reference": "You."},
        {"prompt": chat, "completion": answer},
    ]
    one, two, three = read(lines(tmp_path / "t.jsonl", rows))
    for found in (one, two, three):
        assert isinstance(found, TextRow)
    assert isinstance(one, TextRow)
    assert isinstance(two, TextRow)
    assert isinstance(three, TextRow)
    assert one.row.sample is not None
    assert (one.row.sample.prompt, one.text, one.raw) == ("Write a text.", "Alone.", rows[0])
    assert two.row.sample is not None
    assert (two.row.sample.prompt, two.row.sample.reference) == ("Who?", "You.")
    assert two.text == three.text == "Who?\n\nMe."
    assert two.key == three.key != one.key


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_are_read_alike_and_columns_can_be_named(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"t.{form}"
    if form == "csv":
        path.write_text("content,n\nOne text,1\nTwo texts,2\n")
    else:
        pq.write_table(pa.table({"content": ["One text", "Two texts"], "n": [1, 2]}), path)
    found = read(str(path), text="content")
    assert [one.text for one in found if isinstance(one, TextRow)] == ["One text", "Two texts"]
    assert isinstance(found[0], TextRow)
    assert found[0].raw["content"] == "One text"


def test_rows_without_a_text_are_all_told_where_they_stand(tmp_path: Path) -> None:
    source = lines(
        tmp_path / "t.jsonl", [{"body": "a"}, {"text": 3}, {"text": "b"}, {"prompt": "p"}]
    )
    with pytest.raises(FileProblems) as told:
        surveyed(source, 5)
    found = str(told.value).replace(source, "t.jsonl")
    assert found.splitlines() == [
        "t.jsonl:1:1: no text in this row: neither 'text' nor both of 'prompt' and 'completion'",
        "  hint: --map text=COLUMN, where the columns are: body",
        "t.jsonl:2:2: text: expected text",
        "t.jsonl:4:1: 'completion' is missing beside 'prompt'",
        "  hint: --map completion=COLUMN, where the columns are: prompt",
    ]


def test_what_can_be_read_only_once_and_unknown_fields_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="read twice"):
        read("-")
    with pytest.raises(InputError, match="no field 'txet'\n  hint: did you mean 'text'"):
        read("x.jsonl", txet="a")
    with pytest.raises(InputError, match="there are no texts"):
        surveyed(lines(tmp_path / "t.jsonl", []), 5)


def test_texts_that_differ_in_white_space_are_duplicates_of_the_first(tmp_path: Path) -> None:
    texts = ["a b", "c", " a\n\tb ", "a b c", "c", "a b"]
    found = surveyed(lines(tmp_path / "t.jsonl", [{"text": one} for one in texts]), 10)
    assert list(found.duplicate) == [0, 0, 1, 0, 1, 1]
    assert (found.rows, found.duplicates) == (6, 3)
    assert sorted(names(found)) == ["a b", "a b c", "c"]


def test_a_larger_draw_begins_with_every_smaller_one_in_whatever_order(tmp_path: Path) -> None:
    rows = [{"text": f"text {n % 150}"} for n in range(200)]
    source = lines(tmp_path / "t.jsonl", rows)
    large = names(surveyed(source, 40))
    assert len(set(large)) == 40
    assert names(surveyed(source, 7)) == large[:7]
    random.Random(1).shuffle(rows)  # noqa: S311 - no secret
    other = lines(tmp_path / "other.jsonl", rows)
    assert names(surveyed(other, 40)) == large
    assert names(surveyed(source, 40, seed=1)) != large
    assert len(names(surveyed(source, 1000))) == 150


@pytest.mark.parametrize("change", ["other", "more", "fewer"])
def test_texts_that_change_between_two_readings_are_told(tmp_path: Path, change: str) -> None:
    rows = [{"text": f"text {n}"} for n in range(9)]
    found = surveyed(lines(tmp_path / "t.jsonl", rows), 5)
    assert len(list(unchanged(text_rows(str(tmp_path / "t.jsonl"), "p", {}), found))) == 9
    if change == "other":
        rows[3] = {"text": "another one"}
    rows = {"other": rows, "more": [*rows, {"text": "x"}], "fewer": rows[:-1]}[change]
    source = lines(tmp_path / "t.jsonl", rows)
    with pytest.raises(InputError, match="changed while they were read"):
        list(unchanged(text_rows(source, "p", {}), found))


def test_memory_does_not_grow_with_the_texts() -> None:
    def texts() -> Iterator[TextRow]:
        for number in range(4_000):
            text = f"text {number} " * 250
            yield TextRow(Row("t", number, None), {"text": text}, text, digest(text))

    tracemalloc.start()
    found = survey(texts(), 50, 0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.rows, len(found.drawn)) == (4_000, 50)
    assert most < 3_000_000  # the texts are 10 MB
