"""Rows for a trainer: from files and data sets, of one type a column, every fault at its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlaif.errors import FileProblems, InputError
from rlaif.runs.training_data import looked_at, write_rows
from rlaif.storage.export_dataset import write_dataset
from tests.runs.trained import rows_of, write_lines


def written(kind: str, source: Path, folder: Path) -> list[dict[str, Any]]:
    facts = looked_at(kind, [str(source)])
    write_rows(kind, [str(source)], facts, folder / "rows.arrow")
    with pa.OSFile(str(folder / "rows.arrow"), "r") as file, pa.ipc.open_stream(file) as reader:
        rows: list[dict[str, Any]] = reader.read_all().to_pylist()
    assert len(rows) == facts.rows
    return rows


def refused(kind: str, rows: list[dict[str, Any]], folder: Path) -> str:
    with pytest.raises(FileProblems) as raised:
        looked_at(kind, [str(write_lines(folder / "d.jsonl", rows))])
    return str(raised.value).replace(f"{folder}/", "")


@pytest.mark.parametrize("kind", ["sft", "reward", "dpo", "kto", "grpo"])
def test_lines_parquet_and_data_sets_give_the_same_rows_and_hash(kind: str, tmp_path: Path) -> None:
    rows = rows_of(kind, 3)
    lines = write_lines(tmp_path / "d.jsonl", rows)
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, tmp_path / "d.parquet")
    saved, loose = tmp_path / "saved", tmp_path / "loose"
    saved.mkdir()
    write_dataset(iter([table]), table.schema, saved)
    loose.mkdir()
    write_lines(loose / "d.jsonl", rows)
    (loose / "README.md").write_text("a card")
    sources = [lines, tmp_path / "d.parquet", saved, loose]
    first = written(kind, lines, tmp_path)
    assert len(first) == 3
    assert all(written(kind, one, tmp_path) == first for one in sources)
    assert len({looked_at(kind, [str(one)]).hash for one in sources}) == 1


def test_several_sources_are_read_one_after_the_other(tmp_path: Path) -> None:
    rows = rows_of("sft", 4)
    files = [write_lines(tmp_path / f"{n}.jsonl", rows[n : n + 2]) for n in (0, 2)]
    apart = looked_at("sft", [str(one) for one in files])
    assert apart.rows == 4
    assert apart.hash == looked_at("sft", [str(write_lines(tmp_path / "all.jsonl", rows))]).hash


def test_columns_that_only_later_rows_have_are_kept(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"prompt": f"p{n}"} for n in range(600)]
    rows[599] |= {"reference": "42", "level": 1.5}
    rows[1] |= {"level": 1}
    found = written("grpo", write_lines(tmp_path / "d.jsonl", rows), tmp_path)
    assert found[599] == {"prompt": "p599", "reference": "42", "level": 1.5}
    assert found[0] == {"prompt": "p0", "reference": None, "level": None}


def test_every_bad_row_is_told_at_its_line(tmp_path: Path) -> None:
    rows = rows_of("kto", 3)
    rows[1]["label"] = "yes"
    del rows[2]["completion"]
    told = refused("kto", rows, tmp_path)
    assert "d.jsonl:2:" in told
    assert "'label' must be true or false" in told
    assert "d.jsonl:3:1: 'completion' is missing" in told


def test_rows_of_two_forms_are_refused(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"prompt": "a", "completion": "b"}, {"text": "c"}]
    told = refused("sft", rows, tmp_path)
    assert "d.jsonl:2:1: 'prompt' is missing, and the rows before have it" in told
    mixed: list[dict[str, Any]] = [{"prompt": "a"}, {"prompt": [{"role": "user", "content": "b"}]}]
    told = refused("grpo", mixed, tmp_path)
    assert "'prompt' holds messages, and in the rows before text" in told


def test_a_margin_in_some_pairs_alone_is_refused(tmp_path: Path) -> None:
    rows = rows_of("reward", 2)
    del rows[0]["margin"]
    assert "'margin' is new: the rows before lack it" in refused("reward", rows, tmp_path)


def test_no_rows_are_an_error_and_so_is_a_folder_without_any(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there are no rows to train on"):
        looked_at("sft", [str(write_lines(tmp_path / "d.jsonl", []))])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no rows lie in this folder"):
        looked_at("sft", [str(tmp_path / "empty")])
    with pytest.raises(InputError, match="no such file or folder"):
        looked_at("sft", [str(tmp_path / "gone.jsonl")])


def test_only_chats_need_a_chat_template(tmp_path: Path) -> None:
    chats = write_lines(tmp_path / "c.jsonl", rows_of("dpo", 1))
    texts = write_lines(tmp_path / "t.jsonl", [{"text": "a"}])
    assert looked_at("dpo", [str(chats)]).conversational
    assert not looked_at("sft", [str(texts)]).conversational
