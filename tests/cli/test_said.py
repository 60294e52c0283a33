"""What a judge wrote, quoted and voted: in `show`, `explain` and `export`."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from rlaif.records.outcome import Ballot, Quote, Verdict
from rlaif.storage.run_folder import open_run
from tests.cli.conftest import Rlaif, sample, write_samples

OWN = {"id": "brief", "ask": "Is the greeting brief?", "levels": ["long", "short"]}
SAID = Verdict(
    (0.5, 0.5),
    0.5,
    "It is dear to her.",
    evidence=(Quote("hello", True), Quote("dearest", False)),
    ballots=(Ballot("vote 0", (0.0, 1.0), 0.5), Ballot("vote 1", (1.0, 0.0), 0.5)),
)


@pytest.fixture(autouse=True)
def a_run(rlaif: Rlaif, in_a_folder: None) -> None:
    """A run of eight samples, of which s6 brings a criterion of its own."""
    rows = [sample(n, **({"criteria": [OWN]} if n == 6 else {})) for n in range(8)]
    write_samples(Path("samples.jsonl"), rows)
    rlaif("grade", "rubric.yaml", "samples.jsonl", "--judge", "scripted", "--out", "run")


def say_more() -> None:
    """Grade s6 once more, by a judge that votes."""
    run = open_run(Path("run"))
    (graded,) = (grade for grade in run.grades() if grade.sample_id == "s6")
    outcomes = tuple(
        replace(one, outcome=SAID, value=0.5) if one.criterion in ("kind", "brief") else one
        for one in graded.outcomes
    )
    with run.lock(), run.writer() as writer:
        writer.append(replace(graded, attempt=2, outcomes=outcomes))


def test_a_run_in_which_nothing_more_was_said_has_the_keys_that_it_had(rlaif: Rlaif) -> None:
    keys = {key for row in rlaif("export", "run").rows for one in row["outcomes"] for key in one}
    assert keys == {
        *("criterion", "kind", "answer", "value", "probability", "label_mass"),
        *("stage", "reason", "message"),
    }


def test_export_tells_the_votes_and_their_variance_also_of_an_own_criterion(rlaif: Rlaif) -> None:
    before = rlaif("export", "run").rows
    say_more()
    after = rlaif("export", "run").rows
    assert [row for row in after if row["sample_id"] != "s6"] == [
        row for row in before if row["sample_id"] != "s6"
    ]
    by_id = {one["criterion"]: one for one in after[6]["outcomes"]}
    for name in ("kind", "brief"):
        assert by_id[name]["rationale"] == "It is dear to her."
        assert by_id[name]["evidence"][1] == {"text": "dearest", "found": False}
        assert by_id[name]["votes"][0] == {
            "by": "vote 0", "distribution": [0.0, 1.0], "label_mass": 0.5,
        }  # fmt: skip
        assert by_id[name]["variance"] == 0.25
    assert "votes" not in by_id["warm"]
    rows = list(csv.DictReader(io.StringIO(rlaif("export", "run", "--format", "csv").out)))
    assert (rows[6]["brief variance"], rows[5]["kind rationale"]) == ("0.25", "")


def test_explain_and_show_tell_them_line_by_line(rlaif: Rlaif) -> None:
    say_more()
    ran = rlaif("explain", "run", "s6")
    assert ran.status == 0
    assert 'NOT FOUND "dearest"' in ran.out
    assert "vote      vote 1: no 1.00, mass 0.50" in ran.out
    assert "variance of the votes' values: 0.2500" in ran.out
    assert rlaif("show", "run", "--sample", "s6").out == ran.out
    assert "evidence: 2 of 4 quotations not found" in rlaif("show", "run").out
    row = orjson.loads(rlaif("explain", "run", "s6", "--format", "json").out)
    kind = next(part for part in row["level"]["parts"] if part["criterion"] == "kind")
    assert kind["variance"] == 0.25
    assert kind["votes"][1]["distribution"] == {"no": 1.0, "yes": 0.0}


def test_a_sample_that_is_not_there_is_one_message(rlaif: Rlaif) -> None:
    ran = rlaif("show", "run", "--sample", "s99")
    assert (ran.status, ran.out) == (2, "")
    assert "no sample 's99'" in ran.err
