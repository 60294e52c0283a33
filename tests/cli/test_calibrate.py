"""`rlaif calibrate`, as it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("scipy")

from rlaif.authoring.judge_file import load_judge
from rlaif.cli.calibrate import _costs
from rlaif.errors import InputError
from rlaif.records.calibration import Costs

RUBRIC = """\
rubric: r
version: 1.0.0
title: T
criteria:
  - {id: kind, ask: Is it kind to the reader?}
"""


def labelled(folder: Path, rlaif: Any) -> None:
    """A run by the judge that answers by a hash, and somebody who mostly says no."""
    (folder / "r.yaml").write_text(RUBRIC)
    rows = [{"sample_id": f"s{n}", "prompt": f"Greet {n}.", "completion": f"good day to {n}"}
            for n in range(160)]  # fmt: skip
    (folder / "s.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    assert rlaif("grade", "r.yaml", "s.jsonl", "--judge", "scripted-hash", "-o", "run").status == 0
    said = [{"sample_id": f"s{n}", "answers": {"kind": "no" if n % 4 else "yes"}}
            for n in range(160)]  # fmt: skip
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
    every, single = _costs(["false-yes=5", "a:false-no=2"])
    assert every == Costs(false_yes=5)
    assert single == {"a": Costs(false_yes=5, false_no=2)}
    assert _costs([]) == (None, {})


@pytest.mark.parametrize("said", ["false-yes", "wrong=5", "false-yes=0", "a:false-yes=much"])
def test_a_cost_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(InputError, match="--cost"):
        _costs([said])
