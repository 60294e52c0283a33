"""Rows come from anywhere: with junk at any place, each is read, or refused with a reason."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from rlaif.authoring.importers.formats import FORMATS, looks_like
from rlaif.authoring.importers.imported import BadRow, Tally

FIVE = {f"score{i}_description": f"worth {i}" for i in range(1, 6)}
CHAT = [{"role": "user", "content": "Why?"}]
OPTIONS = [{"label": "a", "value": 0}, {"label": "b", "value": 1}, {"label": "c", "na": True}]
JUNK: tuple[Any, ...] = (
    *(None, True, 0, -1, 7, 1e300, "", " ", "x", "[", '["x"]', '{"x": 1}'),
    *([], {}, [None], [[]], [{}], ["x"], {"x": []}, [{"role": "user"}]),
)

ROWS: dict[str, Any] = {
    "healthbench": {
        "prompt_id": "p",
        "prompt": CHAT,
        "example_tags": ["t"],
        "rubrics": [{"criterion": "Says so.", "points": 2, "tags": ["t"]}],
        "ideal_completions_data": {
            "ideal_completion": "best",
            "ideal_completions_ref_completions": ["a"],
        },
    },
    "prbench": {
        "task": "t",
        "turns": 2,
        "field": "f",
        "prompt_0": "a",
        "response_0": "b",
        "reference_texts_0": ["r"],
        "prompt_1": "c",
        "response_1": "d",
        "rubric": [
            {
                "id": "r",
                "title": "Says so",
                "annotations": {
                    "weight_class": "important",
                    "criteria_category": "c",
                    "important_weight": 2,
                },
            }
        ],
    },
    "rar": {
        "question": "q",
        "reference_answer": "r",
        "question_source": "s",
        "rubric": [{"title": "t", "description": "Pitfall Criteria: Avoids it", "weight": -1}],
    },
    "researchrubrics": {
        "sample_id": "s",
        "prompt": "p",
        "domain": "d",
        "rubrics": [{"criterion": "Says so", "weight": 1, "axis": "a"}],
    },
    "profbench": {
        "task_id": "t",
        "domain": "d",
        "prompt": "p",
        "rubrics": [
            {
                "criterion_description": "Says so",
                "criterion_type": ["a"],
                "criterion_weight": "Major",
                "o3_fulfilment": True,
            }
        ],
        "o3_response": "r",
    },
    "biggen": {
        "id": "i",
        "system_prompt": "s",
        "input": "i",
        "reference_answer": "r",
        "score_rubric": {"criteria": "Is it good?", **FIVE},
        "response": "r",
        "model_name": "m",
        "human_score": 3,
    },
    "prometheus": {
        "orig_criteria": "Is it good?",
        "orig_instruction": "i",
        "orig_response": "r",
        **{f"orig_{key}": text for key, text in FIVE.items()},
    },
    "wildbench": {
        "session_id": "s",
        "conversation_input": CHAT,
        "checklist": ["Is it so?"],
        "primary_tag": "t",
        "references": {"m": "r"},
    },
    "infobench": {
        "id": "i",
        "instruction": "i",
        "input": "d",
        "decomposed_questions": ["Is it so?"],
        "question_label": [["Format"]],
    },
    "multichallenge": {
        "context": CHAT,
        "rubric": [{"question": "Is it so?", "pass_criteria": "NO", "weight": 1}],
    },
    "open-instruct": {
        "messages": CHAT,
        "ground_truth": [{"query": "q", "rubrics": [{"description": "Says so", "weight": 1}]}],
    },
    "humaneval": {
        "task_id": "H/1",
        "prompt": "def one():\n",
        "entry_point": "one",
        "canonical_solution": "    return 1\n",
        "test": "def check(candidate):\n    assert candidate() == 1\n",
    },
    "mbpp": {
        "task_id": 1,
        "text": "Write one.",
        "code": "def one():\n    return 1\n",
        "test_list": ["assert one() == 1", "assert one() != none"],
        "test_setup_code": "none = None",
        "test_imports": ["import math"],
        "challenge_test_list": ["assert one() > 0"],
    },
    "stdio": {
        "id": 1,
        "question": "Write one.",
        "input_output": {"inputs": [[1]], "outputs": [[1]], "fn_name": "one"},
        "solutions": {"language": [3], "solution": ["def one(n):\n    return 1\n"]},
        "starter_code": "def one(n: int) -> int:",
        "difficulty": "easy",
    },
    "paperbench": {
        "id": "r",
        "requirements": "R",
        "weight": 1,
        "score": 0.5,
        "sub_tasks": [
            {"id": "a", "requirements": "A", "weight": 1, "score": 0.5, "sub_tasks": []},
            {"id": "b", "requirements": "B", "weight": 2, "score": 0.5, "valid_score": True},
        ],
    },
    "verifiers": {"criteria": [{"name": "n", "text": "t", "weight": 1, "choices": ["a", "b"]}]},
    "autorubric": {
        "name": "n",
        "prompt": "p",
        "rubric": {
            "guidelines": "g",
            "sections": [
                {"name": "s", "criteria": [{"name": "a", "requirement": "Says so", "weight": 1}]},
                {"name": "b", "requirement": "How well?", "options": OPTIONS},
            ],
        },
        "items": [{"submission": "s", "description": "d", "ground_truth": ["MET", "a"]}],
    },
}


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    listed = enumerate(value) if isinstance(value, list) else ()
    for key, part in value.items() if isinstance(value, dict) else listed:
        yield from _places(part, (*at, key))


def _with_junk(row: Any, at: tuple[Any, ...], junk: Any) -> Any:
    if not at:
        return junk
    made = copy.deepcopy(row)
    part = made
    for step in at[:-1]:
        part = part[step]
    part[at[-1]] = copy.deepcopy(junk)
    return made


def _read(name: str, row: Any) -> bool:
    """Whether it was read; False where it was refused with a reason."""
    form = FORMATS[name]
    try:
        if form.document:
            assert form.document(row, "name", Tally()).rubric
        elif form.row:
            entry = form.row(row, Tally(place=1))
            assert entry.criteria
            assert entry.prompt_id
    except BadRow:
        return False
    return True


@pytest.mark.parametrize("name", list(ROWS))
def test_junk_at_any_place_is_read_or_refused(name: str) -> None:
    assert _read(name, ROWS[name])
    places = [at for at in _places(ROWS[name]) if at or FORMATS[name].document]
    outcomes = {_read(name, _with_junk(ROWS[name], at, junk)) for at in places for junk in JUNK}
    assert outcomes == {True, False}


@pytest.mark.parametrize("name", list(ROWS))
def test_every_format_is_known_by_its_marks_and_junk_by_none(name: str) -> None:
    assert looks_like(ROWS[name]) == name
    for junk in JUNK:
        assert looks_like(junk) is None


def test_every_format_but_tables_has_a_row_here() -> None:
    assert set(ROWS) == {name for name, form in FORMATS.items() if form.kind != "table"}
