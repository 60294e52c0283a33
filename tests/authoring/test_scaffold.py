"""The starter folder: sound, complete, and never written over anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlaif.authoring.lint import lint_paths
from rlaif.authoring.rubric_file import load_rubric
from rlaif.authoring.scaffold import init_folder
from rlaif.errors import InputError
from rlaif.records.checks import Contains, Length
from rlaif.records.criterion import Checked
from rlaif.records.sample import Sample


def test_the_starter_is_sound(tmp_path: Path) -> None:
    written = init_folder(tmp_path / "new" / "folder")
    assert [path.name for path in written] == ["rubric.yaml", "samples.jsonl", "rubric.schema.json"]
    assert lint_paths([tmp_path]) == []
    samples = [Sample.model_validate(json.loads(x)) for x in written[1].read_text().splitlines()]
    assert len(samples) == 3


def test_the_modeline_names_the_schema_beside_it(tmp_path: Path) -> None:
    rubric, _, schema = init_folder(tmp_path)
    line = rubric.read_text().splitlines()[0]
    assert line == "# yaml-language-server: $schema=.rlaif/rubric.schema.json"
    assert schema == tmp_path / ".rlaif" / "rubric.schema.json"
    assert json.loads(schema.read_text())["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_its_examples_agree_with_its_checks(tmp_path: Path) -> None:
    rubric = load_rubric(init_folder(tmp_path)[0])
    checks = {item.id: item.check for item in rubric.items if isinstance(item, Checked)}
    assert set(checks) == {"names-the-period", "short-enough"}
    contains, length = checks["names-the-period"], checks["short-enough"]
    assert isinstance(contains, Contains)
    assert isinstance(length, Length)
    assert length.max is not None
    for example in rubric.examples:
        text = str(example.completion)
        assert (example.expect["names-the-period"] == "yes") == (str(contains.text) in text)
        assert (example.expect["short-enough"] == "yes") == (len(text.split()) <= length.max)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "samples.jsonl").write_text("mine")
    with pytest.raises(InputError, match=r"not overwritten: .*samples\.jsonl"):
        init_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["samples.jsonl"]


def test_a_file_in_the_folders_place_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        init_folder(tmp_path / "x")
