"""Queries of a person: what they find, what they are refused, and what they cannot reach."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

from rlaif.errors import InputError
from rlaif.storage.query_text import Asked, asking
from rlaif.storage.query_views import TABLES
from rlaif.storage.run_folder import RunFolder, make_run
from rlaif.storage.samples import read_rows
from tests.storage.conftest import grade_of, sample_row, state


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Five samples: s2 failed, s3 failed at first, s4 is not graded yet."""
    folder = tmp_path_factory.mktemp("queried")
    source = folder / "samples.jsonl"
    source.write_bytes(b"".join(orjson.dumps(sample_row(n)) + b"\n" for n in range(5)))
    run = make_run(folder / "run")
    with run.lock():
        run.take_in(read_rows(str(source)), str(source))
        state(run, "u1")
    waiting = list(run.pending())
    with run.writer(rows=2) as writer:
        for pending in waiting[:4]:
            writer.append(grade_of(pending, failed=pending.sample.sample_id in ("s2", "s3")))
        (*_, again) = [p for p in run.pending(retry_failed=True) if p.attempt == 2]
        writer.append(grade_of(again, probability=0.5))
    return run


@pytest.fixture(scope="module")
def asked(made: RunFolder) -> Iterator[Asked]:
    """The same, to be asked."""
    with asking(made) as opened:
        yield opened


def rows(asked: Asked, sql: str) -> list[tuple[Any, ...]]:
    return list(asked.find(sql).rows())


def test_the_effective_grade_of_each_sample_is_one_row(asked: Asked) -> None:
    found = rows(asked, "select sample_id, score, status, attempt from grades order by ordinal")
    assert found == [
        ("s0", 0.75, "ok", 1),
        ("s1", 0.75, "ok", 1),
        ("s2", None, "failed", 1),
        ("s3", 0.5, "ok", 2),
    ]


def test_an_outcome_is_one_row(asked: Asked) -> None:
    sql = "select sample_id, criterion, kind, value, stage, message from outcomes order by all"
    found = rows(asked, sql)
    assert len(found) == 8
    assert found[5] == ("s2", "c1", "failure", None, "backend", "gone")


def test_a_sample_is_one_row_with_its_texts(asked: Asked) -> None:
    found = rows(asked, "select prompt, completion, policy from samples where sample_id = 's4'")
    assert found == [("What is 4?", "4.", None)]


def test_every_column_that_is_told_is_there(asked: Asked) -> None:
    for name, columns in TABLES.items():
        found = rows(asked, f"describe {name}")
        typed = [(column, kind.replace('"', "")) for column, kind, *_ in found]
        assert typed == [column[:2] for column in columns]


def test_a_run_without_grades_has_the_same_columns(run: RunFolder) -> None:
    with asking(run) as opened:
        for name, columns in TABLES.items():
            assert opened.find(f"from {name}").names == [c[0] for c in columns]
        assert rows(opened, "select count(*) from samples") == [(5,)]


def test_columns_of_one_name_are_told_apart(asked: Asked) -> None:
    assert asked.find("select 1 as a, 2 as a, 3 as b").names == ["a", "a_2", "b"]


MORE_THAN_READING = (
    "copy grades to '{own}/parts/x.parquet'",
    "attach '{own}/x.db'",
    "install httpfs",
    "load json",
    "pragma database_list",
    "set memory_limit = '99GB'",
    "create table mine as select 1",
    "drop view grades",
    "checkpoint",
    "call pragma_version()",
    "use memory",
    "prepare p as select 1",
    "explain analyze select 1",
    "select 1; select 2",
    "",
    "-- nothing",
)


def test_what_does_more_than_read_is_refused(asked: Asked, made: RunFolder) -> None:
    before = sorted(made.path.rglob("*"))
    for sql in MORE_THAN_READING:
        with pytest.raises(InputError, match=r"a query only reads|give one SELECT"):
            asked.find(sql.format(own=made.path))
    assert sorted(made.path.rglob("*")) == before


BEYOND_THE_RUN = (
    "select * from read_text('{secret}')",
    "select * from read_csv('{secret}')",
    "select * from '{secret}'",
    "select * from read_parquet('{own}/parts/../../secret.txt')",
    "select * from glob('{secret}*')",
    "from query('select * from read_text(''{secret}'')')",
    "select * from 'https://localhost/x.parquet'",
    "select getenv('HOME')",
    "select * from mine",
)


def test_nothing_outside_the_run_can_be_read(asked: Asked, made: RunFolder) -> None:
    secret = made.path.parent / "secret.txt"
    secret.write_text("a,b\nnobody,sees\n")
    mine = pa.table({"a": [1]})
    for sql in BEYOND_THE_RUN:
        with pytest.raises(InputError, match="the query: "):
            rows(asked, sql.format(secret=secret, own=made.path))
    assert mine.num_rows == 1


def test_a_wrong_query_is_told_in_a_line_with_the_columns_there_are(asked: Asked) -> None:
    with pytest.raises(InputError) as refused:
        asked.find("select scor from grades")
    told, hint = str(refused.value).splitlines()
    assert told.startswith('the query: Referenced column "scor" not found')
    assert "grades(ordinal, sample_id, policy" in hint


def test_a_fault_that_shows_only_in_the_rows_is_told_too(asked: Asked) -> None:
    with pytest.raises(InputError, match="Could not convert string 's"):
        rows(asked, "select cast(sample_id as integer) from samples")


def test_what_needs_more_than_the_memory_spills_to_disk(asked: Asked) -> None:
    sql = "select count(*) from (select r from range(3000000) t(r) order by hash(r)) where r >= 0"
    assert rows(asked, sql) == [(3_000_000,)]


def test_a_run_may_lie_in_a_folder_of_any_name(tmp_path: Path, made: RunFolder) -> None:
    odd = tmp_path / "it's [a] *run*?"
    shutil.copytree(made.path, odd)
    with asking(RunFolder(odd, made.manifest)) as opened:
        assert rows(opened, "select count(*), min(score) from grades") == [(4, 0.5)]


@pytest.mark.parametrize(
    "sql",
    [
        "select 'infinity'::date as x",
        "select '290309-12-22'::date as x",
        "select 340282366920938463463374607431768211455::uhugeint as x",
        "select '101'::bit as x",
    ],
)
def test_a_value_that_would_be_shown_wrong_is_refused_with_the_mend(
    run: RunFolder, sql: str
) -> None:
    with asking(run) as asked, pytest.raises(InputError, match="VARCHAR"):
        list(asked.find(sql).rows())


def test_pivot_says_what_it_needs(run: RunFolder) -> None:
    with asking(run) as asked:
        with pytest.raises(InputError, match="name the values"):
            asked.find("pivot grades on policy using avg(score)")
        assert asked.find("pivot grades on status in ('ok') using count(*)").names
