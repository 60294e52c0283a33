"""What a judge will see, prompt by prompt."""

from pathlib import Path

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.errors import FileProblems
from rlaif.runs.files import rubric_and_text
from rlaif.runs.prompts import Shown, prompts

RUBRIC = """\
rubric: greeting
version: 1.0.0
title: A greeting
criteria:
  - {id: hello, check: contains, text: hello, gate: true}
  - {id: kind, ask: Is the greeting kind to the reader?}
  - {id: right, ask: Is the greeting that of the reference?, needs: [reference]}
  - {id: dutch, ask: Is the greeting in Dutch as it should be?, when: {language: nl}}
"""


@pytest.fixture
def rubric(tmp_path: Path) -> str:
    path = tmp_path / "rubric.yaml"
    path.write_text(RUBRIC)
    return str(path)


def shown(rubric: str, tmp_path: Path, *rows: dict[str, object]) -> list[Shown]:
    source = tmp_path / "samples.jsonl"
    given = ({"sample_id": f"s{n}", "prompt": "p", **row} for n, row in enumerate(rows))
    source.write_bytes(b"\n".join(map(orjson.dumps, given)))
    return list(prompts(rubric_and_text(rubric)[0], load_judge("scripted"), str(source), {}))


def test_only_what_is_asked_has_a_prompt(rubric: str, tmp_path: Path) -> None:
    found = shown(
        rubric,
        tmp_path,
        {"completion": "hello my friend", "reference": "hello"},
        {"completion": "hallo, mijn vriend", "metadata": {"language": "nl"}},
        {"completion": ""},
    )
    asked = [(one.sample_id, one.criterion) for one in found]
    assert asked == [("s0", "kind"), ("s0", "right"), ("s1", "kind"), ("s1", "dutch")]


def test_the_order_of_the_text_is_preamble_prompt_completion_question(
    rubric: str, tmp_path: Path
) -> None:
    row: dict[str, object] = {"prompt": "Greet the guest.", "completion": "hello my friend"}
    (one,) = shown(rubric, tmp_path, row)
    parts = ("system:", "Greet the guest.", "hello my friend", "Is the greeting kind")
    places = [one.text.index(part) for part in parts]
    assert places == sorted(places)
    assert one.labels == ("No", "Yes")


def test_the_text_is_the_same_every_time(rubric: str, tmp_path: Path) -> None:
    row: dict[str, object] = {"completion": "hello my friend"}
    assert shown(rubric, tmp_path, row) == shown(rubric, tmp_path, row)


def test_rows_at_fault_are_refused(rubric: str, tmp_path: Path) -> None:
    with pytest.raises(FileProblems, match="'completion' is missing"):
        shown(rubric, tmp_path, {})
