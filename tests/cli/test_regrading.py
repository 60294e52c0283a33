"""`rlaif retry`, `rescore`, `merge` and `grade --dry-run`, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import RUBRIC, Rlaif, scripted


@pytest.fixture
def a_run(rlaif: Rlaif, in_a_folder: None) -> None:
    scripted(Path("half.yaml"), failure_share=0.3)
    rlaif("grade", "rubric.yaml", "samples.jsonl", "--judge", "half.yaml", "--out", "run")


@pytest.mark.usefixtures("a_run")
def test_retry_says_what_failed_and_asks_it_again(rlaif: Rlaif) -> None:
    told = rlaif("retry", "run", "--dry-run")
    assert told.status == 0
    assert "failed grades\n  backend: " in told.out
    assert told.out.endswith("Nothing was asked and nothing was written.\n")
    ran = rlaif("retry", "run", "--stage", "backend", "--max-outage", "5")
    assert ran.status == 1
    assert "failed and got no score" in ran.out
    none = rlaif("retry", "run", "--stage", "parse")
    assert (none.status, none.err) == (0, "")
    assert none.out.endswith("none at the stage parse: nothing is asked\n")


@pytest.mark.usefixtures("in_a_folder")
def test_retry_of_a_sound_run_asks_nothing(rlaif: Rlaif) -> None:
    rlaif("grade", "rubric.yaml", "samples.jsonl", "--judge", "scripted", "--out", "run")
    assert rlaif("retry", "run").out == "no grade failed\n"
    assert rlaif("retry", "nowhere").status == 2


@pytest.mark.usefixtures("in_a_folder")
def test_rescore_shows_what_changed(rlaif: Rlaif) -> None:
    rlaif("grade", "rubric.yaml", "samples.jsonl", "--judge", "scripted-hash", "--out", "run")
    Path("new.yaml").write_text(RUBRIC.replace("weight: 2", "weight: 5"))
    dry = rlaif("rescore", "run", "--rubric", "new.yaml", "--dry-run")
    assert dry.status == 0
    assert "nothing is asked of the judge: every answer is known" in dry.out
    done = rlaif("rescore", "run", "--rubric", "new.yaml", "--no-ask")
    assert done.status == 0
    for told in ("kind: re-weighted", "mean score", "scores moved"):
        assert told in dry.out
        assert told in done.out
    Path("new.yaml").write_text(RUBRIC.replace("kind to the reader", "kind to its reader"))
    refused = rlaif("rescore", "run", "--rubric", "new.yaml", "--no-ask")
    assert refused.status == 2
    assert "would have to be asked; nothing was changed" in refused.err


@pytest.mark.usefixtures("in_a_folder")
def test_merge_joins_shards(rlaif: Rlaif) -> None:
    for shard in "12":
        given = ("--judge", "scripted-hash", "--shard", f"{shard}/2", "--out", f"shard-{shard}")
        rlaif("grade", "rubric.yaml", "samples.jsonl", *given)
    assert rlaif("merge", "all", "shard-1").status == 2
    merged = rlaif("merge", "all", "shard-1", "shard-2")
    assert merged.status == 0
    assert merged.out.startswith("2 shards of 2 joined: 8 of 8 samples graded\n")
    assert rlaif("verify", "all").status == 0


@pytest.mark.usefixtures("in_a_folder")
def test_a_dry_run_may_be_calibrated_and_nothing_else(rlaif: Rlaif) -> None:
    given = ("grade", "rubric.yaml", "samples.jsonl", "--judge", "scripted-hash")
    ran = rlaif(*given, "--dry-run", "--calibrate", "6")
    assert ran.status == 0
    assert "questions a second, loading not counted" in ran.out
    assert "they will be asked again" in ran.out
    assert rlaif(*given, "--out", "run", "--calibrate", "6").status == 2
