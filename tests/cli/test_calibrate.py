"""`rlaif calibrate`, as it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("scipy")

from rlaif.authoring.judge_file import load_judge
from rlaif.cli.calibrate_costs import costs_of
from rlaif.errors import InputError
from rlaif.grading.pair_calibrating import read_again
from rlaif.records.calibration import Costs
from rlaif.runs.kept import kept_rubric
from rlaif.storage.pair_folder import open_pairs
from rlaif.storage.run_folder import open_run

RUBRIC = """\
rubric: r
version: 1.0.0
title: T
criteria:
  - {id: kind, ask: Is it kind to the reader?}
"""


def drawn(number: int, value: float | None) -> str:
    """What somebody says who shares one in two of the judge's yeses, and most of its noes."""
    often = 2 if (value or 0) > 0.5 else 4
    return "no" if number % often else "yes"


def labelled(folder: Path, rlaif: Any) -> None:
    """A run by the judge that answers by a hash, and somebody who says no more often."""
    (folder / "r.yaml").write_text(RUBRIC)
    rows = [{"sample_id": f"s{n}", "prompt": f"Greet {n}.", "completion": f"good day to {n}"}
            for n in range(160)]  # fmt: skip
    (folder / "s.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    assert rlaif("grade", "r.yaml", "s.jsonl", "--judge", "scripted-hash", "-o", "run").status == 0
    said = [{"sample_id": one.sample_id, "answers": {"kind": drawn(n, one.outcomes[0].value)}}
            for n, one in enumerate(open_run(folder / "run").grades())]  # fmt: skip
    (folder / "l.jsonl").write_bytes(b"\n".join(map(orjson.dumps, said)))


def test_from_a_run_to_a_rescored_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rlaif: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    labelled(tmp_path, rlaif)
    options = ("--method", "temperature", "--cost", "false-yes=3", "--resamples", "100")
    done = rlaif("calibrate", "run", "l.jsonl", "-o", "j.yaml", *options, "--format", "json")
    assert done.status == 0
    told = orjson.loads(done.out)
    assert (told["version"], told["answers"], told["annotators"]) == ("1.1.0", 160, 1)
    (one,) = told["criteria"]
    assert one["map"]["method"] == "temperature"
    assert (
        one["figures"]["log_loss"]["after"]["value"] < one["figures"]["log_loss"]["before"]["value"]
    )
    judge = load_judge("j.yaml")
    assert judge.spec.calibration is not None
    again = rlaif("calibrate", "run", "l.jsonl", "-o", "j.yaml", *options)
    assert (again.status, "already there" in again.err) == (2, True)
    scored = rlaif("rescore", "run", "--judge", "j.yaml", "--no-ask")
    assert scored.status == 0
    assert "mean score" in scored.out
    turned = f"by its calibration the judge says yes of kind from {one['map']['yes_from']:.3g}"
    assert turned in scored.out
    assert f"(yes from {one['map']['yes_from']:.3g})" in rlaif("show", "run", "--samples").out
    steps = rlaif("explain", "run", "s1").out
    assert "stated: " in steps
    assert f"; yes from {one['map']['yes_from']:.3g}" in steps
    shown = rlaif("calibrate", "run", "l.jsonl", "-o", "k.yaml", *options, "--judge", "j.yaml")
    assert (shown.status, "--refit" in shown.err) == (2, True)
    whole = ("--refit", "--judge", "j.yaml")
    shown = rlaif("calibrate", "run", "l.jsonl", "-o", "k.yaml", *options, *whole)
    assert shown.status == 0
    assert "rlaif rescore run --judge k.yaml" in shown.out
    assert "kept aside" in shown.out
    neither = rlaif("rescore", "run")
    assert (neither.status, "say what is new" in neither.err) == (2, True)


def test_costs_are_read_for_all_and_for_one() -> None:
    every, single = costs_of(["false-yes=5", "a:false-no=2"])
    assert every == Costs(false_yes=5)
    assert single == {"a": Costs(false_yes=5, false_no=2)}
    assert costs_of([]) == (None, {})


@pytest.mark.parametrize("said", ["false-yes", "wrong=5", "false-yes=0", "a:false-yes=much"])
def test_a_cost_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(InputError, match="--cost"):
        costs_of([said])


def test_a_cost_that_is_misspelt_is_told_whole() -> None:
    with pytest.raises(InputError) as refused:
        costs_of(["correct:flase-yes=4"])
    assert str(refused.value) == (
        "--cost correct:flase-yes=4: no cost is called 'flase-yes'; did you mean 'false-yes'?\n"
        "  hint: false-yes=NUMBER or false-no=NUMBER, or CRITERION:false-yes=NUMBER"
    )


def test_labels_are_wanted_for_grades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rlaif: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    labelled(tmp_path, rlaif)
    done = rlaif("calibrate", "run", "-o", "j.yaml")
    assert (done.status, "LABELS are missing" in done.err) == (2, True)


def test_a_run_of_pairs_from_its_own_preferences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rlaif: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.yaml").write_text(RUBRIC)
    rows = [{"pair_id": f"p{n}", "prompt": f"Greet {n}.", "completion_a": f"good day {n}",
             "completion_b": f"hello {n}"} for n in range(160)]  # fmt: skip
    (tmp_path / "p.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    asked = ("compare", "r.yaml", "p.jsonl", "--judge", "scripted-hash", "-o", "run")
    assert rlaif(*asked).status == 0
    run = open_pairs(tmp_path / "run")
    items, told = kept_rubric(run).items, {}
    for pair, made in run.compared_pairs():
        assert made is not None
        given = {one.criterion: one for one in made.criteria}
        told[pair.pair_id] = read_again(items, given, "mean").margin or 0
    said = [{"pair_id": name, "human": "a" if margin > 0 else "b"} for name, margin in told.items()]
    (tmp_path / "l.jsonl").write_bytes(b"\n".join(map(orjson.dumps, said)))
    done = rlaif("calibrate", "run", "l.jsonl", "-o", "j.yaml", "--resamples", "100")
    assert done.status == 0
    assert "where people preferred one" in done.out
    assert "rlaif compare RUBRIC PAIRS --judge j.yaml --out run" in done.out
    again = rlaif("compare", "r.yaml", "p.jsonl", "--judge", "j.yaml", "-o", "run")
    assert again.status == 0
    assert rlaif("show", "run").status == 0
    random = [{**row, "human": "a" if n % 2 else "b"} for n, row in enumerate(said)]
    (tmp_path / "n.jsonl").write_bytes(b"\n".join(map(orjson.dumps, random)))
    none = rlaif("calibrate", "run", "n.jsonl", "-o", "k.yaml", "--judge", "j.yaml", "--resamples",
                 "100", "--format", "json")  # fmt: skip
    assert none.status == 1
    row = orjson.loads(none.out)
    assert (row["version"], row["map"], bool(row["why"])) == (None, None, True)
    assert not (tmp_path / "k.yaml").exists()
