"""`rlaif show`: small and large runs, narrow and wide terminals, failures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Rlaif, sample, scripted, write_samples

GRADE = ("grade", "rubric.yaml", "samples.jsonl", "--out", "run", "--judge")


def test_a_small_run_shows_every_sample_and_what_decided(rlaif: Rlaif) -> None:
    rlaif(*GRADE, "scripted")
    shown = rlaif("show", "run")
    assert shown.status == 0
    assert shown.out.startswith("greeting 1.0.0, judged by scripted 1.0.0\n")
    assert all(re.search(rf"^ s{n} +\d\.\d\d  ", shown.out, re.MULTILINE) for n in range(8))
    assert "gate 'says-hello' not met: says-hello no" in shown.out
    assert "kind yes 1.00, warm warm 1.00" in shown.out
    assert "8 of 8 samples graded.\n2 scored 0 because of a gate that was not met: says-hello." in (
        shown.out
    )
    assert "Failures" not in shown.out


def test_a_large_run_shows_the_lowest_and_the_highest(rlaif: Rlaif) -> None:
    write_samples(Path("samples.jsonl"), map(sample, range(61)))
    rlaif(*GRADE, "scripted-hash")
    shown = rlaif("show", "run").out
    assert "Lowest scores" in shown
    assert "Highest scores" in shown
    assert len(re.findall(r"^ s\d+ ", shown, re.MULTILINE)) == 10
    every = rlaif("show", "run", "--samples").out
    assert len(re.findall(r"^ s\d+ ", every, re.MULTILINE)) == 61


@pytest.mark.parametrize("count", [8, 61])
def test_a_run_where_all_failed_shows_why_and_no_zero(rlaif: Rlaif, count: int) -> None:
    texts = [sample(n, completion=f"hello number {n} of them all") for n in range(count)]
    write_samples(Path("samples.jsonl"), texts)
    judge = scripted(Path("broken.yaml"), failure_share=1.0)
    assert rlaif(*GRADE, judge).status == 1
    shown = rlaif("show", "run")
    assert shown.status == 0
    assert "a failure that the judge file asks for" in shown.out
    assert f"{count} of them without a score because something failed" in shown.out
    assert "Lowest scores" not in shown.out
    assert "0.00" not in shown.out


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_lines_fit_the_terminal_and_nothing_is_cut(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    rows = [sample(n, policy="a-policy-with-a-rather-long-name") for n in range(8)]
    write_samples(Path("samples.jsonl"), rows)
    rlaif(*GRADE, scripted(Path("half.yaml"), failure_share=0.3))
    monkeypatch.setenv("COLUMNS", columns)
    shown = rlaif("show", "run").out
    assert max(map(len, shown.splitlines())) <= int(columns)
    assert "…" not in shown
    flat = re.sub(r"\s", "", shown)
    assert "samplesgraded" in flat


def test_a_pipe_gets_no_colour(rlaif: Rlaif) -> None:
    rlaif(*GRADE, "scripted")
    assert "\x1b" not in rlaif("show", "run").out


def test_the_policys_scores_are_compared(rlaif: Rlaif) -> None:
    rows = [sample(n, policy="new" if n % 2 else "old") for n in range(8)]
    write_samples(Path("samples.jsonl"), rows)
    rlaif(*GRADE, "scripted")
    shown = rlaif("show", "run").out
    assert re.search(r"^ old +4 +0\.\d+", shown, re.MULTILINE)
    assert re.search(r"^ all +8 +0\.\d+", shown, re.MULTILINE)


def test_reasoning_and_cut_completions_are_counted(rlaif: Rlaif) -> None:
    rows = [
        sample(0, completion="<think>Shall I?</think>hello to you, my friend"),
        sample(1, completion="hello to you, my fr", finish_reason="length"),
        sample(2, completion=""),
    ]
    write_samples(Path("samples.jsonl"), rows)
    rlaif(*GRADE, "scripted")
    shown = rlaif("show", "run").out
    assert "The policy's reasoning was taken out of 1 completion." in shown
    assert "1 completion had been cut off by the length limit." in shown
    assert "1 scored 0 before any question: empty." in shown
    assert "not worth judging: empty" in shown
