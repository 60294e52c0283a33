"""Samples from stores; `memory://` and a faulty store stand for all."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fsspec.registry import _registry

from rlaif.errors import FileProblems, InputError, MissingExtra
from rlaif.storage.answers import read_answers
from rlaif.storage.pair_rows import read_pairs
from rlaif.storage.places import place_of
from rlaif.storage.samples import read_samples
from tests.storage.conftest import Write
from tests.storage.stores import STORE, Breaking, Faulty, csv, lines, parquet, put, rows, zstd
from tests.storage.stores import stores as stores


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("/b/x.jsonl", lines),
        ("/b/x.jsonl.gz", lambda r: gzip.compress(lines(r))),
        ("/b/x.jsonl.zst", lambda r: zstd(lines(r))),
        ("/b/x.csv", csv),
        ("/b/x.parquet", parquet),
        ("/b/no-ending", parquet),
        ("/b/folder/part-0.parquet", parquet),
    ],
)
def test_samples_of_every_form_are_read_from_a_url(
    name: str, packed: Callable[[list[dict[str, Any]]], bytes]
) -> None:
    url = put(name, packed(rows(5)))
    found = list(read_samples(url.removesuffix("/part-0.parquet")))
    assert [one.sample_id for one in found] == ["s0", "s1", "s2", "s3", "s4"]


def test_a_star_stands_for_all_that_fit_in_the_order_of_their_names(write: Write) -> None:
    put("/b/part-1.jsonl", lines(rows(2, 2)))
    put("/b/part-0.jsonl", lines(rows(2)))
    put("/b/other.txt", b"nothing")
    found = [one.sample_id for one in read_samples("memory://b/part-*.jsonl")]
    assert found == ["s0", "s1", "s2", "s3"]
    local = Path(write(rows(1)))
    assert [one.sample_id for one in read_samples(f"{local.parent}/*{local.suffix}")] == ["s0"]
    with pytest.raises(InputError, match="nothing fits this name"):
        list(read_samples("memory://b/none-*.jsonl"))


def test_a_star_reads_no_hidden_file_unless_the_name_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines(rows(1)))
    (tmp_path / ".tmp-1-b.jsonl").write_bytes(lines(rows(1, 1)))
    put("/b/a.jsonl", lines(rows(1)))
    put("/b/.tmp-1-b.jsonl", lines(rows(1, 1)))
    for folder in (str(tmp_path), "memory://b"):
        assert [one.sample_id for one in read_samples(f"{folder}/*.jsonl")] == ["s0"]
        assert [one.sample_id for one in read_samples(f"{folder}/.*.jsonl")] == ["s1"]
    (tmp_path / "a.jsonl").unlink()
    with pytest.raises(InputError, match="nothing fits this name"):
        list(read_samples(f"{tmp_path}/*.jsonl"))


def test_pairs_and_answers_come_from_the_same_places() -> None:
    pair = {"prompt": "p", "chosen": "a", "rejected": "b"}
    url = put("/b/pairs.jsonl", lines([pair]))
    assert [row.pair is not None for row in read_pairs(url)] == [True]
    url = put("/b/answers.jsonl.gz", gzip.compress(lines([{"sample_id": "s", "answers": {}}])))
    assert [(row.path, row.line) for row in read_answers(url)] == [(url, 1)]


def test_a_bad_line_is_told_at_its_url() -> None:
    url = put("/b/x.jsonl", lines(rows(1)) + b"{broken\n")
    with pytest.raises(FileProblems, match=rf"^{url}:2:2: broken JSON"):
        list(read_samples(url))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("memory://b/none.jsonl", "memory://b/none.jsonl: no such object or bucket"),
        ("nope://b/x.jsonl", "'nope://' is no known kind of store"),
        ("zip://x.jsonl::memory://b/x.zip", "a URL inside a URL is not read"),
        ("faulty://b/forbidden.jsonl", "the store gives no right to this"),
        ("faulty://b/unsigned.jsonl", "the store gives no right to this"),
        ("faulty://b/plain.jsonl", r"breaks off after 100 bytes \(reset at https://host"),
        ("faulty://b/silent.jsonl", "breaks off after 100 of 620 bytes"),
        ("faulty://b/plain.parquet", "reset at https://host"),
    ],
)
def test_what_goes_wrong_is_told_in_one_error(url: str, told: str) -> None:
    for name in ("forbidden", "unsigned", "plain", "silent"):
        put(f"/b/{name}.jsonl", lines(rows(8))[:620])
    put("/b/plain.parquet", parquet(rows(40)))
    with pytest.raises(InputError, match=told) as refused:
        list(read_samples(url))
    assert "SECRET" not in str(refused.value)


def test_a_driver_that_is_missing_is_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(_registry, "s3", raising=False)
    with pytest.raises(MissingExtra) as refused:
        place_of("s3://bucket/x.jsonl")
    assert str(refused.value) == "'s3fs' is not installed; run: pip install 'rlaif[s3]'"


def test_bytes_are_read_as_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "faulty://b/whole.jsonl"
    put("/b/whole.jsonl", lines(rows(20_000)))
    read: list[int] = []

    class Counting(Breaking):
        def read(self, size: int = -1) -> bytes:
            read.append(size)
            return bytes(self._found.read(size))

    monkeypatch.setattr(
        Faulty, "_open", lambda self, path, *_, **__: Counting(STORE.open(path), True)
    )
    samples = read_samples(url)
    next(samples)
    assert 0 < sum(read) <= 2**20 < STORE.size("/b/whole.jsonl")
