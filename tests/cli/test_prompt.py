"""`rlaif prompt`: exactly what the judge will see."""

from pathlib import Path

import pytest

from tests.cli.conftest import Rlaif, sample, write_samples

GIVEN = ("prompt", "rubric.yaml", "samples.jsonl", "--judge")


def test_each_question_is_shown_with_its_answers(rlaif: Rlaif) -> None:
    ran = rlaif(*GIVEN, "scripted", "--limit", 1)
    assert (ran.status, ran.err) == (0, "")
    assert [line for line in ran.out.splitlines() if line.startswith("===")] == [
        "=== s0 / kind",
        "=== s0 / warm",
        "=== s0 / flatters",
    ]
    assert "hello, my dear friend, how are you today? (0)" in ran.out
    assert "Is the greeting kind to the reader?" in ran.out
    assert "--> one of: No, Yes" in ran.out
    assert "--> one of: A, B, C" in ran.out


def test_as_json_lines_a_judge_of_text_has_no_ids(rlaif: Rlaif) -> None:
    rows = rlaif(*GIVEN, "scripted", "--format", "jsonl").rows
    assert len(rows) == 8 * 3
    assert set(rows[0]) == {
        *("sample_id", "criterion", "text", "token_ids", "untrusted_spans"),
        *("completion_span", "labels"),
    }
    assert rows[0]["token_ids"] == rows[0]["untrusted_spans"] == []
    assert rows[0]["labels"] == ["No", "Yes"]


def test_the_question_comes_after_the_completion(rlaif: Rlaif) -> None:
    for row in rlaif(*GIVEN, "scripted", "--format", "jsonl").rows:
        assert row["text"].index("Greet her.") < row["text"].index("greeting")


def test_what_the_prescreen_settles_has_no_prompt_and_that_is_said(rlaif: Rlaif) -> None:
    write_samples(Path("samples.jsonl"), [sample(0, completion="")])
    ran = rlaif(*GIVEN, "scripted")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == "the judge is asked nothing about these samples\n"


def test_it_needs_a_judge(rlaif: Rlaif) -> None:
    ran = rlaif("prompt", "rubric.yaml", "samples.jsonl")
    assert ran.status == 2
    assert "name one\n  hint: --judge" in ran.err


@pytest.mark.slow
def test_a_judge_of_token_ids_shows_them_and_the_spans_that_are_not_trusted(rlaif: Rlaif) -> None:
    pytest.importorskip("transformers")
    ran = rlaif(*GIVEN, "smollm2-135m", "--format", "jsonl", "--limit", 1)
    assert ran.status == 0
    for row in ran.rows:
        assert row["token_ids"]
        spans = [tuple(span) for span in row["untrusted_spans"]]
        assert tuple(row["completion_span"]) in spans
        assert all(0 <= first < past <= len(row["token_ids"]) for first, past in spans)
    assert " tokens)\n<|im_start|>system\n" in rlaif(*GIVEN, "smollm2-135m", "--limit", 1).out
