"""`rlaif export`."""

from __future__ import annotations

import csv
import io
import os
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import PROGRAM, Rlaif, sample, scripted, write_samples


@pytest.fixture(autouse=True)
def a_run(rlaif: Rlaif, in_a_folder: None) -> None:
    """A run of eight samples, some of them failed."""
    scripted(Path("half.yaml"), failure_share=0.3)
    rlaif("grade", "rubric.yaml", "samples.jsonl", "--judge", "half.yaml", "--out", "run")


def test_rows_go_to_standard_output_as_json_lines(rlaif: Rlaif) -> None:
    ran = rlaif("export", "run")
    assert (ran.status, ran.err) == (0, "")
    assert [row["sample_id"] for row in ran.rows] == [f"s{n}" for n in range(8)]
    assert set(ran.rows[0]) == {
        *("sample_id", "rubric", "judge", "score", "raw_score"),
        *("status", "reason", "sections", "outcomes"),
    }
    assert {row["status"] for row in ran.rows} == {"ok", "failed"}
    assert rlaif("export", "run", "--out", "-") == ran


def test_an_export_leaves_the_run_whole(rlaif: Rlaif) -> None:
    for name in ("run/lock", "run/manifest.json", "./run/more/../grades.jsonl"):
        ran = rlaif("export", "run", "-o", name)
        assert ran.status == 2
        assert f"{name}: is inside the run run\n  hint: --out a path outside of it" in ran.err
    ran = rlaif("report", "run", "-o", "run/manifest.json")
    assert (ran.status, "is inside the run" in ran.err) == (2, True)
    assert rlaif("export", "run").status == 0


def test_csv_has_a_row_a_sample(rlaif: Rlaif) -> None:
    rows = list(csv.DictReader(io.StringIO(rlaif("export", "run", "--format", "csv").out)))
    assert [row["sample_id"] for row in rows] == [f"s{n}" for n in range(8)]
    failed = [row for row in rows if row["status"] == "failed"]
    assert failed
    assert all(row["score"] == "" for row in failed)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_a_file_gets_all_rows_and_standard_output_none(rlaif: Rlaif, kind: str) -> None:
    ran = rlaif("export", "run", "--format", kind, "-o", f"grades.{kind}")
    assert (ran.status, ran.out, ran.err) == (0, "", f"8 rows in grades.{kind}\n")
    if kind == "parquet":
        assert pq.read_table("grades.parquet").num_rows == 8
    else:
        assert Path(f"grades.{kind}").read_text() == rlaif("export", "run", "--format", kind).out


def test_parquet_needs_a_file(rlaif: Rlaif) -> None:
    ran = rlaif("export", "run", "--format", "parquet")
    assert (ran.status, ran.out) == (2, "")
    assert "name one with --out" in ran.err


def test_a_link_is_followed_and_not_replaced(rlaif: Rlaif) -> None:
    Path("real.jsonl").touch()
    Path("link.jsonl").symlink_to("real.jsonl")
    assert rlaif("export", "run", "-o", "link.jsonl").status == 0
    assert Path("link.jsonl").is_symlink()
    assert len(Path("real.jsonl").read_text().splitlines()) == 8


def test_a_device_is_not_replaced_by_a_file(rlaif: Rlaif) -> None:
    os.mkfifo("pipe")
    ran = rlaif("export", "run", "-o", "pipe")
    assert ran.status == 2
    assert "pipe: not a file" in ran.err
    assert Path("pipe").is_fifo()


@pytest.mark.parametrize("out", [".", "", "nowhere/grades.jsonl"])
def test_a_place_that_cannot_be_written_is_one_message(rlaif: Rlaif, out: str) -> None:
    ran = rlaif("export", "run", "-o", out)
    assert ran.status == 2
    assert ran.err.startswith("rlaif: ")
    assert ".tmp" not in ran.err


def test_a_pipe_that_is_closed_early_is_no_error(rlaif: Rlaif) -> None:
    write_samples(Path("many.jsonl"), map(sample, range(3000)))
    rlaif("grade", "rubric.yaml", "many.jsonl", "--judge", "scripted", "--out", "many")
    for command in (
        ("export", "many"),
        ("export", "many", "--format", "csv"),
        ("show", "many", "--samples"),
    ):
        with subprocess.Popen(
            [PROGRAM, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as job:
            assert job.stdout
            assert job.stderr
            assert job.stdout.readline()
            job.stdout.close()
            assert job.stderr.read() == b""
        assert job.returncode == 0


@pytest.mark.parametrize("command", ["export", "show"])
def test_what_is_no_run_is_said(rlaif: Rlaif, command: str) -> None:
    Path("empty").mkdir()
    for path, why in (("empty", "not a run"), ("gone", "no such folder")):
        ran = rlaif(command, path)
        assert ran.status == 2
        assert f"rlaif: {path}: {why}\n  hint: " in ran.err
