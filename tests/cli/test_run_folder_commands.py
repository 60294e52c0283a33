"""`rlaif query`, `runs`, `verify` and `compact`, as they are typed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from rlaif.runs.compact import many_parts_note
from rlaif.storage.run_folder import open_run
from tests.cli.conftest import Rlaif, sample, scripted, write_samples


@pytest.fixture(autouse=True)
def a_run(rlaif: Rlaif, in_a_folder: None) -> None:
    """A run of eight samples, one of them with a completion that talks to the terminal."""
    rows = [sample(n, policy=f"p{n % 2}") for n in range(8)]
    rows[0]["completion"] = "hello \x1b[31mred\x1b[0m my dear friend \u202e"
    rows[1]["completion"] = "hello my friend " * 80
    write_samples(Path("samples.jsonl"), rows)
    scripted(Path("half.yaml"), failure_share=0.3)
    rlaif("grade", "rubric.yaml", "samples.jsonl", "--judge", "half.yaml", "--out", "run")


MEANS = "select policy, count(*) as n from grades group by all order by all"


def test_a_query_shows_a_table(rlaif: Rlaif) -> None:
    ran = rlaif("query", "run", MEANS)
    assert (ran.status, ran.err) == (0, "2 rows\n")
    assert [line.split() for line in ran.out.splitlines() if line.strip()][2:] == [
        ["p0", "4"],
        ["p1", "4"],
    ]


def test_without_a_query_the_tables_and_columns_are_listed(rlaif: Rlaif) -> None:
    told = rlaif("query", "run").out
    for name in ("grades", "outcomes", "samples", "label_mass", "raw_score", "metadata"):
        assert name in told


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_a_terminal_of_any_width_holds_it(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for arguments in ((), ("select * from outcomes",), ("select * from samples",)):
        out = rlaif("query", "run", *arguments).out
        assert max(map(len, out.splitlines())) <= width


def test_a_completion_cannot_talk_to_the_terminal_and_a_long_one_is_cut(rlaif: Rlaif) -> None:
    out = rlaif("query", "run", "select completion from samples order by ordinal limit 2").out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\\x1b[31m" in out
    assert "(1,280 characters)" in " ".join(out.split())


def test_many_rows_are_cut_and_said(rlaif: Rlaif) -> None:
    ran = rlaif("query", "run", "select range as n from range(1000)")
    assert "199" in ran.out
    assert "200" not in ran.out
    assert ran.err == "The first 200 rows; --format and --out give all.\n"


def test_rows_go_out_in_every_format(rlaif: Rlaif) -> None:
    wanted = [{"policy": "p0", "n": 4}, {"policy": "p1", "n": 4}]
    assert rlaif("query", "run", MEANS, "--format", "jsonl").rows == wanted
    assert orjson.loads(rlaif("query", "run", MEANS, "--format", "json").out) == wanted
    shown = rlaif("query", "run", MEANS, "--format", "csv").out
    assert list(csv.DictReader(io.StringIO(shown))) == [
        {name: str(value) for name, value in row.items()} for row in wanted
    ]
    ran = rlaif("query", "run", MEANS, "--format", "parquet", "-o", "out.parquet")
    assert (ran.status, ran.out, ran.err) == (0, "", "2 rows in out.parquet\n")
    assert pq.read_table("out.parquet").to_pylist() == wanted


def test_values_that_json_lacks_are_written(rlaif: Rlaif) -> None:
    sql = (
        "select 170141183460469231731687303715884105727 as huge, date '2026-01-31' as day, "
        "'nan'::double as nan, [1, 2] as list, {'a': 1.5::decimal(3, 1)} as inner_, "
        "'x'::blob as raw, interval 1 day as span, sum(1) as total"
    )
    (row,) = orjson.loads(
        rlaif("query", "run", sql, "--format", "json").out.replace(
            "170141183460469231731687303715884105727", "7"
        )
    )
    assert row == {
        "huge": 7,
        "day": "2026-01-31",
        "nan": None,
        "list": [1, 2],
        "inner_": {"a": 1.5},
        "raw": "78",
        "span": row["span"],
        "total": 1,
    }
    assert rlaif("query", "run", sql).status == 0


def test_csv_holds_no_formula(rlaif: Rlaif) -> None:
    out = rlaif("query", "run", "select '=1+1' as a", "--format", "csv").out
    assert out == "a\n'=1+1\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("select scor from grades",), "hint: there are grades("),
        (("copy grades to 'x.csv'",), "a query only reads, and COPY is more than that"),
        (("select 1", "--out", "x"), "name --format json, jsonl, csv or parquet"),
        (("select 1", "--format", "parquet"), "Parquet needs a file"),
        (("select 1", "--format", "csv", "--out", "no/x.csv"), "there is no folder"),
    ],
)
def test_what_is_wrong_with_a_query_is_one_message(
    rlaif: Rlaif, arguments: tuple[str, ...], told: str
) -> None:
    ran = rlaif("query", "run", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert told in ran.err
    assert not Path("x.csv").exists()


def test_a_run_of_pairs_is_asked_listed_and_verified(rlaif: Rlaif) -> None:
    pairs = [
        {
            "pair_id": f"q{n}",
            "prompt": "Greet.",
            "completion_a": f"hello {n}, dear friend",
            "completion_b": f"good evening to you, number {n}",
            "policy_a": "x",
            "policy_b": "y",
        }
        for n in range(3)
    ]
    write_samples(Path("pairs.jsonl"), pairs)
    ran = rlaif("compare", "rubric.yaml", "pairs.jsonl", "-j", "scripted-hash", "--out", "duel")
    assert ran.status == 0, ran.err
    sql = "select pair_id, prompt, policy_a, status from preferences join pairs using (pair_id)"
    rows = rlaif("query", "duel", f"{sql} order by all", "--format", "jsonl")
    assert "Ambiguous" in rows.err
    sql = "select pair_id, p.policy_a, status from preferences p join pairs using (pair_id)"
    rows = rlaif("query", "duel", f"{sql} order by all", "--format", "jsonl")
    assert rows.rows[0] == {"pair_id": "q0", "policy_a": "x", "status": "ok"}
    (criteria,) = rlaif("query", "duel", "select count(*) n from criteria", "--format=jsonl").rows
    assert criteria["n"] == 12
    assert "preferences" in rlaif("query", "duel").out
    assert rlaif("verify", "duel").status == 0
    (duel,) = orjson.loads(rlaif("runs", "duel", "--format", "json").out)
    assert (duel["kind"], duel["samples"], duel["graded"]) == ("pairs", 3, 3)
    refused = rlaif("compact", "duel")
    assert (refused.status, "a run of pairs is not compacted" in refused.err) == (2, True)
    (part,) = Path("duel/preferences").glob("*.jsonl")
    part.write_bytes(part.read_bytes().replace(b"q1", b"q7"))
    assert f"preferences/{part.name} is damaged" in rlaif("verify", "duel").out


def test_runs_are_listed_for_people_and_for_programs(rlaif: Rlaif) -> None:
    told = rlaif("runs", ".").out
    assert "greeting@1.0.0, judged by half@1.0.0" in told
    (found,) = orjson.loads(rlaif("runs", ".", "--format", "json").out)
    assert (found["path"], found["samples"], found["graded"]) == ("run", 8, 8)
    assert found["failed"] > 0
    assert rlaif("runs", "run/samples").out == "no runs below run/samples\n"
    assert rlaif("runs", "gone").status == 2


def test_a_sound_run_exits_0_and_a_damaged_one_1(rlaif: Rlaif) -> None:
    ran = rlaif("verify", "run")
    assert (ran.status, ran.out.splitlines()[0]) == (0, "sound")
    (kept,) = Path("run").glob("rubric-*.yaml")
    kept.write_text(kept.read_text().replace("A greeting", "A  greeting"))
    ran = rlaif("verify", "run")
    assert ran.status == 1
    assert f"{kept.name} is damaged" in ran.out
    ran = rlaif("verify", "run", "--format", "json")
    found = orjson.loads(ran.out)
    assert (ran.status, found["sound"], found["looked_at"]["samples"]) == (1, False, 8)
    assert rlaif("verify", "gone").status == 2


def test_compacting_says_what_it_did(rlaif: Rlaif) -> None:
    again = ("grade", "rubric.yaml", "samples.jsonl", "--judge", "half.yaml", "--out", "run")
    rlaif(*again, "--retry-failed")
    before = rlaif("export", "run").out
    planned = rlaif("compact", "run", "--dry-run")
    assert planned.out.startswith("now 2 parts, ")
    assert len(list(Path("run/parts").glob("*.parquet"))) == 2
    ran = rlaif("compact", "run")
    assert ran.status == 0
    assert ran.out.startswith("before: 2 parts, ")
    assert "now: 1 part, " in ran.out
    assert rlaif("export", "run").out == before
    assert rlaif("verify", "run").status == 0
    assert rlaif("compact", "run").out.startswith("nothing to do: 1 part")


def test_a_run_in_use_is_not_compacted(rlaif: Rlaif) -> None:
    with open_run(Path("run")).lock():
        ran = rlaif("compact", "run")
    assert (ran.status, "run: in use" in ran.err) == (2, True)


def test_a_run_of_many_parts_says_so(rlaif: Rlaif) -> None:
    run = open_run(Path("run"))
    assert many_parts_note(run) == ""
    for number in range(1000):
        (run.path / "parts" / f"{number}.parquet").touch()
    assert many_parts_note(run) == "the run has 1,001 parts: `rlaif compact run` lays them together"
