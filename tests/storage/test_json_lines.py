from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from rlaif.errors import FileProblems, InputError
from rlaif.storage import lines
from rlaif.storage.samples import read_rows, read_samples

Build = Callable[..., dict[str, Any]]
Write = Callable[..., str]

GOOD = '"sample_id": "a", "prompt": "p", "completion": "c"'


def problems_of(source: str, **mapping: str) -> list[str]:
    with pytest.raises(FileProblems) as caught:
        list(read_samples(source, mapping))
    return [str(p).removeprefix(source) for p in caught.value.problems]


def test_lines_become_samples_in_order(write: Write, row: Build) -> None:
    samples = list(read_samples(write(row(i) for i in range(3))))
    assert [s.sample_id for s in samples] == ["s0", "s1", "s2"]


def test_gzip_and_zstd_read_as_plain_whatever_they_are_called(
    tmp_path: Path, write: Write, row: Build
) -> None:
    content = Path(write(row(i) for i in range(300))).read_bytes()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(content))
    with pa.CompressedOutputStream(str(tmp_path / "b.jsonl"), "zstd") as stream:
        stream.write(content)
    for name in ("a.jsonl.gz", "b.jsonl"):
        assert len(list(read_samples(str(tmp_path / name)))) == 300


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BufferedReader(io.BytesIO(b"{" + GOOD.encode() + b"}\nno\n"))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream))
    first, second = read_rows("-")
    assert first.sample is not None
    assert str(second.problems[0]).startswith("<stdin>:2:1: broken JSON")


def test_every_bad_line_is_told_with_its_number_and_the_good_ones_pass(write: Write) -> None:
    source = write(["{" + GOOD + "}", "", "{oops", "[1]", "{" + GOOD[:-1]])
    rows = list(read_rows(source))
    assert [r.sample is not None for r in rows] == [True, False, False, False]
    assert [r.line for r in rows] == [1, 3, 4, 5]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{oops", ":1:2: broken JSON"),
        ('{"a": 1', ":1:8: the JSON ends too early"),
        ('{"é": NaN}', ":1:7: not a number in JSON\n  hint: write null"),
        ('{"a": 1e999}', ":1:7: a number beyond all bounds"),
        ("[1]", ":1:1: expected an object, not a list\n  hint: JSON Lines has one JSON object"),
        ("{", ":1:2: the JSON ends too early\n  hint: JSON Lines has one JSON object a line"),
        ('{"prompt": "p", "completion": "c"}', ":1:1: 'sample_id' is missing\n  hint: --map"),
        ('{"sample_id": "a", "completion": "c"}', ":1:1: 'prompt' is missing"),
        (
            '{"id": 1, "prompt": "p", "completion": "c"}',
            ":1:1: 'sample_id' is missing\n  hint: --map sample_id=id",
        ),
        (
            '{"sample_id": "a", "prompt": "p", "completion": null}',
            ":1:35: 'completion' is null\n  hint: leave such rows out",
        ),
        (
            '{"sample_id": "a", "prompt": 5, "completion": "c"}',
            ":1:20: prompt: expected text, or a list of messages",
        ),
        ("{" + GOOD + ', "reference": 7}', ":1:54: reference: expected text, not 7"),
        ('{"sample_id": "a", "prompt": "\\ud800", "completion": "c"}', ":1:31: half of a surr"),
        ("{" + GOOD + ', "seed": 123456789012345678901}', ":1:1: a number of 21 digits"),
        ("{" + GOOD + ', "x": ' + "[" * 70 + "]" * 70 + "}", ":1:1: nested deeper than 64"),
        ("{" + GOOD + ', "metadata": 5}', ":1:54: metadata: expected an object"),
        ("{" + GOOD + ', "criteria": [{"weight": 1}]}', ":1:54: criteria[0]: a criterion needs"),
        ('{"sample_id": 1.5, "prompt": "p", "completion": "c"}', ":1:2: sample_id: expected text"),
        ('{"sample_id": " ", "prompt": "p", "completion": "c"}', ":1:2: sample_id: this must not"),
        (
            '{"sample_id": "a", "prompt": [{"role": "human", "content": "x"}], "completion": "c"}',
            ":1:20: prompt[0].role: 'human' is not one of: system, developer, user, assistant",
        ),
        (
            '{"sample_id": "a", "prompt": [{"role": "user", "content": [{"type": "image_url"}]}],'
            ' "completion": "c"}',
            ":1:20: prompt[0].content: 'image_url' content is not supported yet: text only",
        ),
        (
            '{"sample_id": "a", "prompt": "p", "completion": [{"role": "user", "content": "x"}]}',
            ":1:35: completion: a completion without an assistant message",
        ),
    ],
)
def test_a_bad_line_is_told_in_plain_words(write: Write, line: str, told: str) -> None:
    (found,) = problems_of(write([line]))
    assert found.startswith(told)


def test_text_that_is_not_utf8_is_told_at_its_column(tmp_path: Path) -> None:
    path = tmp_path / "latin.jsonl"
    path.write_bytes('{"sample_id": "é"}'.encode("latin-1"))
    assert problems_of(str(path)) == [":1:16: not UTF-8 text\n  hint: save the file as UTF-8"]


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "bom.jsonl"
    path.write_bytes(b"\xef\xbb\xbf{" + GOOD.encode() + b"}")
    assert len(list(read_samples(str(path)))) == 1


def test_twenty_problems_are_told_and_the_rest_counted(write: Write) -> None:
    with pytest.raises(FileProblems, match="and 30 more") as caught:
        list(read_samples(write(["{"] * 50)))
    assert (len(caught.value.problems), caught.value.more) == (20, 30)


def test_a_packed_file_that_is_cut_short_is_told(tmp_path: Path, write: Write, row: Build) -> None:
    content = Path(write(row(i) for i in range(300))).read_bytes()
    (tmp_path / "cut.gz").write_bytes(gzip.compress(content)[:-40])
    with pytest.raises(FileProblems, match="cut short or damaged"):
        list(read_samples(str(tmp_path / "cut.gz")))


def test_a_damaged_zstd_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.zst").write_bytes(b"\x28\xb5\x2f\xfd" + b"garbage" * 50)
    with pytest.raises(FileProblems, match="cut short or damaged"):
        list(read_samples(str(tmp_path / "x.zst")))


def test_an_endless_line_does_not_fill_the_memory(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 2**20)
    with pytest.raises(FileProblems, match="a line of more than 1 MiB"):
        list(read_samples(write(["x" * 2**21])))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none.jsonl", "no such file"),
        ("table.xlsx", ".xlsx files are not read"),
        ("nope://bucket/x.jsonl", "no known kind of store"),
        ("folder", "neither"),
    ],
)
def test_a_source_of_the_wrong_kind_is_refused(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "table.xlsx").write_text("a,b\n")
    (tmp_path / "folder").mkdir()
    source = name if "://" in name else str(tmp_path / name)
    with pytest.raises(InputError, match=told):
        list(read_rows(source))


def test_limit_reads_no_further(write: Write, row: Build) -> None:
    source = write([row(0), row(1), "{"])
    assert len(list(read_samples(source, limit=2))) == 2
