"""`rlaif score`: people's answers, and no judge."""

from pathlib import Path
from typing import Any

from tests.cli.conftest import Rlaif, write_samples

ALL = {"says-hello": "yes", "kind": "yes", "warm": "mild", "flatters": "no"}
JUDGED = {name: label for name, label in ALL.items() if name != "says-hello"}


def answers(*rows: dict[str, Any]) -> Path:
    return write_samples(Path("answers.jsonl"), rows)


def test_answers_become_scores(rlaif: Rlaif) -> None:
    source = answers(
        {"sample_id": "s0", "answers": ALL},
        {"sample_id": "s2", "answers": {**ALL, "flatters": "yes"}},
    )
    ran = rlaif("score", "rubric.yaml", source)
    assert (ran.status, ran.err) == (0, "")
    assert ran.rows == [
        {"sample_id": "s0", "score": 0.875, "raw_score": 0.875},
        {"sample_id": "s2", "score": 0.625, "raw_score": 0.625},
    ]


def test_each_annotator_gets_a_row(rlaif: Rlaif) -> None:
    rows = [{"sample_id": "s0", "annotator": name, "answers": ALL} for name in ("ann", "bob")]
    assert [r["annotator"] for r in rlaif("score", "rubric.yaml", answers(*rows)).rows] == [
        "ann",
        "bob",
    ]


def test_values_count_as_they_are(rlaif: Rlaif) -> None:
    values = {"says-hello": 1.0, "kind": 0.5, "warm": 0.0, "flatters": 0.0}
    ran = rlaif("score", "rubric.yaml", answers({"sample_id": "s0", "values": values}))
    assert [row["score"] for row in ran.rows] == [0.5]


def test_null_does_not_apply_and_leaves_the_fraction(rlaif: Rlaif) -> None:
    ran = rlaif(
        "score", "rubric.yaml", answers({"sample_id": "s0", "answers": {**ALL, "warm": None}})
    )
    assert [row["score"] for row in ran.rows] == [1.0]


def test_what_nobody_answered_is_no_zero(rlaif: Rlaif) -> None:
    ran = rlaif("score", "rubric.yaml", answers({"sample_id": "s0", "answers": JUDGED}))
    assert ran.status == 1
    reason = "not answered: says-hello (with --samples, checks are run)"
    assert ran.rows == [{"sample_id": "s0", "score": None, "raw_score": None, "reason": reason}]


def test_with_the_samples_the_checks_are_run(rlaif: Rlaif) -> None:
    source = answers(*({"sample_id": f"s{n}", "answers": JUDGED} for n in (0, 1)))
    ran = rlaif("score", "rubric.yaml", source, "--samples", "samples.jsonl")
    assert ran.status == 0
    assert ran.rows == [
        {"sample_id": "s0", "score": 0.875, "raw_score": 0.875},
        {"sample_id": "s1", "score": 0.0, "raw_score": 0.0},
    ]


def test_answers_that_fit_nothing_are_told_all_at_once(rlaif: Rlaif) -> None:
    source = answers(
        {"sample_id": "s0", "answers": {"knid": "yes", "warm": "hot"}},
        {"sample_id": "s1", "answers": {"kind": "maybe"}},
    )
    ran = rlaif("score", "rubric.yaml", source)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        "answers.jsonl:1:1: no criterion 'knid'\n  hint: did you mean 'kind'?\n"
        "answers.jsonl:1:1: 'warm' has no answer 'hot'\n  hint: one of: cold, mild, warm\n"
        "answers.jsonl:2:1: 'kind' has no answer 'maybe'\n  hint: one of: no, yes\n"
    )


def test_an_answer_about_no_sample_is_an_error(rlaif: Rlaif) -> None:
    source = answers({"sample_id": "s99", "answers": ALL})
    ran = rlaif("score", "rubric.yaml", source, "--samples", "samples.jsonl")
    assert ran.status == 2
    assert "answers.jsonl:1:1: no sample 's99' in samples.jsonl" in ran.err
