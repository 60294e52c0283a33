"""`rlaif pairs`, `rlaif select` and `rlaif unpaired`, as a person types them."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.cli.conftest import Rlaif, sample, write_samples


@pytest.fixture
def run(rlaif: Rlaif) -> str:
    """Eight graded completions of four prompts, two each."""
    rows = [{**sample(n), "prompt": f"Greet number {n // 2}."} for n in range(8)]
    write_samples(Path("samples.jsonl"), rows)
    rlaif("grade", "rubric.yaml", "samples.jsonl", "-j", "scripted-hash", "-o", "run")
    return "run"


def test_pairs_are_written_and_the_last_line_says_what_was_left_out(run: str, rlaif: Rlaif) -> None:
    ran = rlaif("pairs", run, "-o", "pairs.jsonl", "--strategy", "margin", "--min-margin", "0.01")
    assert (ran.status, ran.out) == (0, "")
    where, last = ran.err.splitlines()
    assert where == "4 pairs in pairs.jsonl, with their card in pairs.jsonl.card.md"
    assert last.startswith("kept 4 pairs of 8 samples and 4 prompts; the chosen one is longer in ")
    ran = rlaif("pairs", run, "-o", "wide.jsonl", "--min-margin", "0.2")
    assert ran.err.endswith("; left out 1 prompt: 1 below the least margin\n")
    rows = [orjson.loads(line) for line in Path("pairs.jsonl").read_bytes().splitlines()]
    assert all(row["score_chosen"] > row["score_rejected"] for row in rows)
    assert "| `min_margin` | `0.01` |" in Path("pairs.jsonl.card.md").read_text()


def test_a_selection_and_good_and_bad_ones_are_written(run: str, rlaif: Rlaif) -> None:
    ran = rlaif("select", run, "-o", "s", "--format", "dataset", "--as", "messages", "--dedupe")
    assert ran.status == 0
    assert ran.err.startswith("4 completions in s, with their card in s/README.md\n")
    ran = rlaif("unpaired", run, "-o", "u.jsonl", "--good-from", "0.4", "--bad-to", "0.1")
    assert ran.status == 0
    assert "between good and bad" in ran.err


def test_the_help_breaks_no_strategy_inside_its_name(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = rlaif("pairs", "--help").out
    for name in ("best_worst", "mean_minus_2sd", "margin", "per_criterion_gap"):
        assert f"{name}:" in told


def test_options_out_of_bounds_are_all_told(run: str, rlaif: Rlaif) -> None:
    ran = rlaif("pairs", run, "-o", "p.jsonl", "--min-margin", "2", "--length-matched", "0.5")
    assert ran.status == 2
    assert ran.err == (
        "rlaif: --min-margin: 2 is not between 0 and 1\n"
        "  hint: scores, and so their differences, are\n"
        "--length-matched: 0.5 is no ratio of lengths\n"
        "  hint: between 1 and 1000: 1.2 lets the longer one be a fifth longer than the shorter "
        "one\n"
    )
    ran = rlaif("unpaired", run, "-o", "u.jsonl", "--bad-to", "0.9")
    assert "--bad-to: bad_to (0.9) is not below good_from (0.7)" in ran.err
    ran = rlaif("select", run, "-o", "s.jsonl", "--top-k", "0")
    assert "--top-k: 0 is too few\n  hint: 1 at least" in ran.err
    assert not list(Path().glob("*.card.md"))


def test_nothing_kept_is_told_and_nothing_is_written(run: str, rlaif: Rlaif) -> None:
    ran = rlaif("pairs", run, "-o", "p.jsonl", "--min-margin", "1")
    assert ran.status == 1
    assert ran.err == (
        "rlaif: no pair kept: nothing was written\n"
        "of 8 samples: left out 4 prompts: 4 below the least margin\n"
    )
    assert not Path("p.jsonl").exists()


def test_a_run_with_one_completion_a_prompt_says_how_to_have_more(rlaif: Rlaif) -> None:
    rows = [{**sample(n), "prompt": f"Greet number {n}."} for n in range(3)]
    write_samples(Path("one.jsonl"), rows)
    rlaif("grade", "rubric.yaml", "one.jsonl", "-j", "scripted-hash", "-o", "one")
    ran = rlaif("pairs", "one", "-o", "p.jsonl")
    assert ran.status == 1
    assert "rlaif: no pair kept: every prompt has one completion, and a pair takes two\n" in ran.err
    assert "`rlaif rollout --per-prompt 8`" in ran.err


def test_a_run_whose_grades_failed_says_that_and_not_to_generate_more(rlaif: Rlaif) -> None:
    rows = [{**sample(n), "criteria": [{"id": "own", "ask": "Is it so?"}]} for n in range(2)]
    write_samples(Path("two.jsonl"), rows)
    Path("fails.yaml").write_text(
        "judge: fails\nversion: 1.0.0\nbackend: scripted\nanswers: hash\nfailure_share: 1\n"
    )
    rlaif("grade", "rubric.yaml", "two.jsonl", "-j", "fails.yaml", "-o", "two")
    ran = rlaif("pairs", "two", "-o", "p.jsonl")
    assert ran.status == 1
    assert "no prompt has two completions with a score" in ran.err
    assert "`rlaif retry two`" in ran.err
