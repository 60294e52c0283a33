from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from rlaif.errors import InputError, RunError
from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Ballot, Case, Failure, Quote, Skipped, Verdict
from rlaif.storage.export import export
from rlaif.storage.export_rows import export_row

OK = Grade(
    sample_id="=cmd()",
    rubric="r@1.0.0",
    judge="j@1.0.0",
    score=0.0,
    raw_score=-0.5,
    status="ok",
    reason="",
    sections=(("style", 0.5),),
    outcomes=(
        Answered("right", Verdict((0.25, 0.75), 0.9), "k", "yes", 0.75, 0.75),
        Answered("score", Skipped("gate")),
    ),
)
FAILED = Grade(
    sample_id="b",
    rubric="r@1.0.0",
    judge="j@1.0.0",
    score=None,
    raw_score=None,
    status="failed",
    reason="failed:own",
    sections=(),
    outcomes=(Answered("own", Failure("backend", "gone"), "k2"),),
)

SAID = replace(
    FAILED,
    sample_id="c",
    outcomes=(
        Answered(
            "kind",
            Verdict(
                (0.25, 0.75),
                0.5,
                "=It is kind.",
                (),
                (Quote("dear", True),),
                (Ballot("vote 0", (0.0, 1.0), 0.5), Ballot("vote 1", (0.5, 0.5))),
            ),
            "k3",
            "yes",
            0.75,
            0.75,
        ),
        Answered("own", Skipped("na", Verdict((0.0, 0.0, 1.0), 0.5, "It says nothing of it."))),
        Answered("code", Verdict((1.0, 0.0), None, "code: the block", (Case("f", False),)), "k4"),
    ),
)
EVIDENCE = [{"text": "dear", "found": True}]
VOTES = [
    {"by": "vote 0", "distribution": [0.0, 1.0], "label_mass": 0.5},
    {"by": "vote 1", "distribution": [0.5, 0.5], "label_mass": None},
]


def plain(*grades: Grade) -> list[tuple[Grade, dict[str, float]]]:
    return [(grade, {}) for grade in grades]


def test_a_row_tells_what_a_judge_said_only_where_it_said_something() -> None:
    kind, own, code = export_row(SAID, {"kind": 0.0625})["outcomes"]
    assert (kind["rationale"], kind["evidence"]) == ("=It is kind.", EVIDENCE)
    assert (kind["votes"], kind["variance"]) == (VOTES, 0.0625)
    assert (own["kind"], own["rationale"]) == ("skipped", "It says nothing of it.")
    assert not {"rationale", "evidence", "votes", "variance"} & code.keys()
    assert not {"evidence", "votes", "variance"} & own.keys()


def test_parquet_has_what_a_judge_said(tmp_path: Path) -> None:
    out = tmp_path / "grades.parquet"
    export([(OK, {}), (SAID, {"kind": 0.0625})], str(out), "parquet")
    kind = pq.read_table(out).to_pylist()[1]["outcomes"][0]
    assert (kind["rationale"], kind["evidence"]) == ("=It is kind.", EVIDENCE)
    assert (kind["votes"], kind["variance"]) == (VOTES, 0.0625)


def test_csv_has_a_column_of_rationales_where_some_row_has_one(tmp_path: Path) -> None:
    out = tmp_path / "grades.csv"
    export([(OK, {}), (SAID, {"kind": 0.0625})], str(out), "csv")
    first, second = csv.DictReader(io.StringIO(out.read_text()))
    assert first["kind rationale"] == ""
    assert (second["kind rationale"], second["kind variance"]) == ("'=It is kind.", "0.0625")
    assert "right rationale" not in first
    assert "code rationale" not in first


def test_a_row_has_what_the_contract_says() -> None:
    row = export_row(OK)
    assert list(row) == [
        "sample_id", "rubric", "judge", "score", "raw_score", "status", "reason", "sections",
        "outcomes",
    ]  # fmt: skip
    assert row["sections"] == [{"section": "style", "value": 0.5}]
    assert row["outcomes"][0] == {
        "criterion": "right",
        "kind": "verdict",
        "answer": "yes",
        "value": 0.75,
        "probability": 0.75,
        "label_mass": 0.9,
        "stage": None,
        "reason": None,
        "message": None,
    }
    assert row["outcomes"][1]["reason"] == "gate"
    failed = export_row(FAILED)["outcomes"][0]
    assert (failed["kind"], failed["stage"], failed["message"]) == ("failure", "backend", "gone")


def test_json_lines_hold_the_rows(tmp_path: Path) -> None:
    out = tmp_path / "grades.jsonl"
    assert export(plain(OK, FAILED), str(out), "jsonl") == 2
    rows = [orjson.loads(line) for line in out.read_bytes().splitlines()]
    assert rows == [export_row(OK), export_row(FAILED)]


def test_parquet_holds_the_rows(tmp_path: Path) -> None:
    out = tmp_path / "grades.parquet"
    assert export(plain(OK, FAILED), str(out), "parquet") == 2
    more = {"rationale": None, "evidence": None, "votes": None, "variance": None}
    for found, grade in zip(pq.read_table(out).to_pylist(), (OK, FAILED), strict=True):
        row = export_row(grade)
        row["outcomes"] = [{**outcome, **more} for outcome in row["outcomes"]]
        assert found == row


def test_csv_has_a_column_for_every_criterion_met_anywhere(tmp_path: Path) -> None:
    out = tmp_path / "grades.csv"
    export(plain(OK, FAILED), str(out), "csv")
    first, second = csv.DictReader(io.StringIO(out.read_text()))
    assert (first["right"], first["right answer"], first["section style"]) == ("0.75", "yes", "0.5")
    assert (first["score"], first["score value"], first["own"]) == ("0.0", "", "")
    assert (second["reason"], second["right"]) == ("failed:own", "")


def test_csv_text_is_never_a_formula_and_numbers_stay_numbers(tmp_path: Path) -> None:
    out = tmp_path / "grades.csv"
    export(plain(OK), str(out), "csv")
    (row,) = csv.DictReader(io.StringIO(out.read_text()))
    assert (row["sample_id"], row["raw_score"]) == ("'=cmd()", "-0.5")


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_an_export_that_breaks_off_leaves_the_old_file(tmp_path: Path, kind: str) -> None:
    out = tmp_path / "grades"
    out.write_text("old")

    def broken() -> Iterator[tuple[Grade, dict[str, float]]]:
        yield OK, {}
        raise RunError("the run cannot be read")

    with pytest.raises(RunError):
        export(broken(), str(out), kind)  # type: ignore[arg-type]
    assert [p.name for p in tmp_path.iterdir()] == ["grades"]
    assert out.read_text() == "old"


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_no_grades_make_a_whole_file(tmp_path: Path, kind: str) -> None:
    assert export([], str(tmp_path / "grades"), kind) == 0  # type: ignore[arg-type]
    assert (tmp_path / "grades").exists()


def test_a_dash_is_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    export(plain(OK), "-", "jsonl")
    assert orjson.loads(capfdbinary.readouterr().out) == export_row(OK)
    with pytest.raises(InputError, match="Parquet needs a file"):
        export(plain(OK), "-", "parquet")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        export(plain(OK), str(tmp_path / "none" / "a.jsonl"), "jsonl")


def test_a_device_and_a_folder_are_no_files_to_put_an_export_in_the_place_of(
    tmp_path: Path,
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for out in (tmp_path / "pipe", tmp_path):
        with pytest.raises(InputError, match="not a file"):
            export(plain(OK), str(out), "jsonl")
    assert (tmp_path / "pipe").is_fifo()
