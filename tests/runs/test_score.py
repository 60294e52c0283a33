from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.errors import FileProblems
from rlaif.records.rubric import Rubric
from rlaif.runs.score import score_answers

Make = Callable[..., Any]
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write("a.jsonl", row, ...)`: a JSON Lines file."""

    def rows(name: str, *rows: dict[str, Any]) -> str:
        path = tmp_path / name
        path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        return str(path)

    return rows


@pytest.fixture
def three(rubric: Make) -> Rubric:
    """Yes/no for 3, levels for 2, a fault for 3."""
    made: Rubric = rubric(
        {"id": "steps", "weight": 3},
        {"id": "clear", "weight": 2, "levels": ["confusing", "followable", "clear"]},
        {"id": "invents", "weight": -3},
    )
    return made


def rows(rubric: Rubric, source: str, samples: str | None = None) -> list[dict[str, object]]:
    return [scored.row() for scored in score_answers(rubric, source, samples)]


def answers(sample_id: str = "s1", **said: str | None) -> dict[str, Any]:
    return {"sample_id": sample_id, "answers": said}


def one_row(rubric: Rubric, write: Write, row: dict[str, Any]) -> dict[str, object]:
    (found,) = rows(rubric, write("a.jsonl", row))
    return found


def test_labels_score_by_their_weights(three: Rubric, write: Write) -> None:
    found = one_row(three, write, answers(steps="yes", clear="followable", invents="no"))
    assert found == {"sample_id": "s1", "score": 0.8, "raw_score": 0.8}
    found = one_row(three, write, answers(steps="no", clear="followable", invents="yes"))
    assert found == {"sample_id": "s1", "score": 0.0, "raw_score": -0.4}


def test_values_score_by_degree(three: Rubric, write: Write) -> None:
    said = {"steps": 0.5, "clear": 0.25, "invents": 0.0}
    assert one_row(three, write, {"sample_id": "s1", "values": said})["score"] == 0.4


def test_labels_and_values_go_together(three: Rubric, write: Write) -> None:
    row = {"sample_id": "s1", "answers": {"steps": "yes", "invents": "no"}, "values": {"clear": 0}}
    assert one_row(three, write, row)["score"] == 0.6


def test_null_does_not_apply_and_leaves_the_fraction(three: Rubric, write: Write) -> None:
    assert one_row(three, write, answers(steps="yes", clear=None, invents="no"))["score"] == 1
    row = {"sample_id": "s1", "values": {"steps": None, "clear": 0.5, "invents": None}}
    assert one_row(three, write, row)["score"] == 0.5


def test_nothing_that_applies_is_no_score(three: Rubric, write: Write) -> None:
    found = one_row(three, write, answers(steps=None, clear=None, invents=None))
    assert (found["score"], found["reason"]) == (None, "nothing_applies")


def test_absent_is_not_answered_and_no_score(three: Rubric, write: Write) -> None:
    found = one_row(three, write, answers(clear="clear"))
    assert (found["score"], found["raw_score"]) == (None, None)
    assert found["reason"] == "not answered: steps, invents"


def test_an_unmet_gate_scores_zero_with_the_other_answers_absent(
    rubric: Make, write: Write
) -> None:
    asked = rubric({"id": "a"}, {"id": "g", "gate": True}, {"id": "b"})
    found = one_row(asked, write, answers(g="no"))
    assert found == {"sample_id": "s1", "score": 0.0, "raw_score": 0.0}


def test_a_value_can_leave_a_gate_on_levels_unmet(rubric: Make, write: Write) -> None:
    asked = rubric({"id": "l", "levels": ["x", "y", "z"], "gate": "y"})
    said = [{"sample_id": str(v), "values": {"l": v}} for v in (0.2, 0.3, 1)]
    assert [row["score"] for row in rows(asked, write("a.jsonl", *said))] == [0.0, 0.3, 1.0]


def test_each_annotator_has_a_row(three: Rubric, write: Write) -> None:
    said = answers(steps="yes", clear="clear", invents="no")
    source = write("a.jsonl", {**said, "annotator": "ann"}, {**said, "annotator": "bob"})
    assert [row["annotator"] for row in rows(three, source)] == ["ann", "bob"]


def test_every_answer_that_fits_nothing_is_named_with_the_mend(three: Rubric, write: Write) -> None:
    source = write(
        "a.jsonl",
        answers(stops="yes"),
        answers(clear="claer", steps="maybe"),
        {"sample_id": "s1", "values": {"inventz": 1}},
    )
    with pytest.raises(FileProblems) as raised:
        score_answers(three, source)
    found = [(p.line, p.message, p.hint) for p in raised.value.problems]
    assert found == [
        (1, "no criterion 'stops'", "did you mean 'steps'?"),
        (2, "'clear' has no answer 'claer'", "one of: confusing, followable, clear"),
        (2, "'steps' has no answer 'maybe'", "one of: no, yes"),
        (3, "no criterion 'inventz'", "did you mean 'invents'?"),
    ]


def test_sections_are_no_criteria_to_answer(rubric: Make, write: Write) -> None:
    asked = rubric({"section": "s", "criteria": [{"id": "a"}]})
    with pytest.raises(FileProblems, match="no criterion 's'"):
        score_answers(asked, write("a.jsonl", answers(s="yes")))


# With the samples


def sample_row(sample_id: str = "s1", **more: Any) -> dict[str, Any]:
    return {"sample_id": sample_id, "prompt": "2 + 2?", "completion": "It is 4.", **more}


def test_checks_that_nobody_answered_are_run_on_the_samples(rubric: Make, write: Write) -> None:
    asked = rubric({"id": "p", "check": "final_number", "weight": 3}, {"id": "a"})
    samples = write("s.jsonl", sample_row("s1", reference="4"), sample_row("s2", reference="5"))
    source = write("a.jsonl", answers("s1", a="no"), answers("s2", a="yes"))
    assert [row["score"] for row in rows(asked, source, samples)] == [0.75, 0.25]
    assert [row["score"] for row in rows(asked, source)] == [None, None]


def test_a_persons_answer_goes_before_the_checks(rubric: Make, write: Write) -> None:
    asked = rubric({"id": "p", "check": "final_number"})
    samples = write("s.jsonl", sample_row(reference="4"))
    assert rows(asked, write("a.jsonl", answers(p="no")), samples)[0]["score"] == 0


def test_what_does_not_apply_to_a_sample_need_not_be_answered(rubric: Make, write: Write) -> None:
    asked = rubric({"id": "a"}, {"id": "b", "when": {"kind": "x"}})
    samples = write(
        "s.jsonl",
        sample_row("s1", metadata={"kind": "x"}),
        sample_row("s2", metadata={"kind": "y"}),
    )
    source = write("a.jsonl", answers("s1", a="yes"), answers("s2", a="yes"))
    first, second = rows(asked, source, samples)
    assert (first["score"], first["reason"]) == (None, "not answered: b")
    assert second["score"] == 1


def test_a_samples_own_criteria_are_known_from_the_samples(rubric: Make, write: Write) -> None:
    own = [{"id": "own", "ask": "Is it its own?"}]
    samples = write("s.jsonl", sample_row(criteria=own))
    source = write("a.jsonl", answers(own="yes"))
    assert rows(rubric(), source, samples)[0]["score"] == 1
    with pytest.raises(FileProblems, match="name them with --samples"):
        rows(rubric(), source)


def test_a_person_may_answer_about_what_a_judge_would_never_see(rubric: Make, write: Write) -> None:
    samples = write("s.jsonl", sample_row(completion=" "))
    assert rows(rubric({"id": "a"}), write("a.jsonl", answers(a="yes")), samples)[0]["score"] == 1


def test_answers_about_a_sample_that_is_not_there_are_a_problem(
    three: Rubric, write: Write
) -> None:
    samples = write("s.jsonl", sample_row("other"))
    with pytest.raises(FileProblems, match=r"a\.jsonl:1:1: no sample 's1' in "):
        rows(three, write("a.jsonl", answers(steps="yes")), samples)


def test_nothing_is_scored_while_a_sample_does_not_fit(three: Rubric, write: Write) -> None:
    clash = [{"id": "steps", "ask": "Is it its own?"}]
    samples = write("s.jsonl", sample_row(criteria=clash))
    with pytest.raises(FileProblems, match="taken"):
        rows(three, write("a.jsonl", answers(steps="yes")), samples)
