"""The reference pages: every key with its meaning, as the records have it today."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from rlaif.authoring.document import parse_document
from rlaif.authoring.including import shared_of
from rlaif.authoring.judge_file import read_judge
from rlaif.authoring.reference import judge_reference, rubric_reference
from rlaif.authoring.reference_examples import SHOWN
from rlaif.authoring.reference_words import PARTS
from rlaif.authoring.rubric_file import read_rubric
from rlaif.authoring.schema import judge_schema, rubric_schema, shared_schema
from rlaif.authoring.shipped import shipped_folder
from rlaif.records.backends import BACKENDS
from rlaif.records.checks import CHECKS

DOCS = Path(__file__).parents[2] / "docs"
HEAD = "rubric: a\nversion: 1.0.0\ntitle: T\n"
PAGES = [("rubric", rubric_reference), ("judge", judge_reference)]


def keys(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(part, key, schema) of every key of a file."""
    for name, part in [("", schema), *schema["definitions"].items()]:
        if name != "Message":  # chats of other tools, whose keys are theirs
            for key, value in part.get("properties", {}).items():
                yield name, key, value


@pytest.mark.parametrize(("kind", "page"), PAGES)
def test_the_page_is_up_to_date(kind: str, page: Any) -> None:
    told = f"run: rlaif schema {kind} --format markdown > docs/reference-{kind}-file.md"
    assert (DOCS / f"reference-{kind}-file.md").read_text() == page(), told


@pytest.mark.parametrize("schema", [rubric_schema(), judge_schema(), shared_schema()])
def test_every_key_has_a_meaning(schema: dict[str, Any]) -> None:
    assert [
        f"{part}.{key}" for part, key, value in keys(schema) if "description" not in value
    ] == []


@pytest.mark.parametrize(
    ("schema", "page"),
    [
        (rubric_schema(), rubric_reference()),
        (shared_schema(), rubric_reference()),
        (judge_schema(), judge_reference()),
    ],
)
def test_every_key_is_on_the_page_with_its_meaning(schema: dict[str, Any], page: str) -> None:
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for _, key, value in keys(schema):
        told = value["description"].replace("<think>", "`<think>`")
        assert any(row.startswith(f"| `{key}` |") and told in row for row in rows), key


def test_types_defaults_and_bounds_are_told() -> None:
    page = rubric_reference()
    for row in (
        "| `ask` | text, at least 8 characters | required |",
        "| `weight` | number, above 0 | `1` |",
        "| `cap` | number, above 0, at most 1 |  |",
        "| `unit` | `words` or `characters` or `sentences` | `words` |",
        "| `steps` | whole number, at least 2, at most 26 | `11` |",
        "| `allow_na` | true or false | `false` |",
        "| `off` | list of `symbols` or `opener` or `degenerate` |  |",
    ):
        assert row in page


def test_every_part_and_check_and_backend_has_its_heading_and_a_link_leads_to_one() -> None:
    page = rubric_reference()
    for heading in (*(p.heading for p in PARTS), *(f"check: {name}" for name in CHECKS)):
        assert f"# {heading}\n" in page
    for name in BACKENDS:
        assert f"## backend: {name}\n" in judge_reference()
    for name in ("jury", "cascade"):
        assert f"## {name}\n" in judge_reference()
    for text in (page, judge_reference()):
        found = {line.lstrip("# ").lower().replace(" ", "-") for line in text.splitlines()
                 if line.startswith("#")}  # fmt: skip
        assert {link.partition(")")[0] for link in text.split("](#")[1:]} <= found


ENTRIES = ["Judged", "levels", "choices", "Range", "Checked", "Section", *CHECKS]


@pytest.mark.parametrize("name", [name for name in ENTRIES if name in SHOWN])
def test_every_entry_that_is_shown_is_sound(name: str) -> None:
    assert read_rubric("f.yaml", f"{HEAD}criteria:\n{SHOWN[name]}\n").problems == ()


def _indented(text: str, by: int) -> str:
    return "".join(" " * by + line for line in text.splitlines(keepends=True)) + "\n"


def test_every_part_of_a_check_on_code_that_is_shown_is_sound() -> None:
    start = f"{HEAD}criteria:\n  - id: a\n    check: python_function\n    function: largest\n"
    called = f"{start}    cases:\n{_indented(SHOWN['FunctionCase'], 6)}"
    drawn = start + _indented(SHOWN["Hidden"], 4)
    strategies = SHOWN["Hidden"].replace("(numbers, count)", "(a, b, c)")
    head, _, rest = strategies.partition("    - lists")
    strategies = head + _indented(SHOWN["Strategy"], 4) + rest[rest.index("  reference") :]
    run = f"{HEAD}criteria:\n  - id: a\n    check: program\n    language: python\n    cases:\n"
    program = run + _indented(SHOWN["ProgramCase"], 6)
    for text in (called, drawn, start + _indented(strategies, 4), program):
        assert read_rubric("f.yaml", text).problems == ()


def test_every_file_that_is_shown_is_sound() -> None:
    assert read_rubric("f.yaml", SHOWN["rubric"]).problems == ()
    assert shared_of(parse_document(SHOWN["shared"], "f.yaml"))[1] == []
    for name in (*BACKENDS, "jury", "cascade"):
        if name in SHOWN:
            path = shipped_folder("judges") / "shown.yaml"
            assert read_judge(path, SHOWN[name]).problems == ()
    asked = SHOWN["Judged"] + "\n" + SHOWN["levels"] + "\n"
    whole = f"{HEAD}{SHOWN['Prescreen']}\ncriteria:\n{asked}{SHOWN['Example']}\n"
    assert read_rubric("f.yaml", whole).problems == ()


def test_an_include_that_is_shown_is_sound(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    both = SHOWN["shared"] + "\n  - {id: says-when-to-call, ask: Does it say when to call?}\n"
    (tmp_path / "shared/safety.yaml").write_text(both)
    text = f"{HEAD}criteria:\n{SHOWN['Include']}\n"
    assert read_rubric(tmp_path / "f.yaml", text).problems == ()


def test_the_schema_knows_includes_wherever_the_loader_does() -> None:
    validator = Draft7Validator(rubric_schema())
    entry, asked = {"include": "s.yaml", "only": ["a"]}, {"id": "a", "ask": "Is it really so?"}
    head = {"rubric": "a", "version": "1", "title": "t"}
    assert validator.is_valid({**head, "criteria": [entry]})
    assert validator.is_valid({**head, "criteria": [{"section": "s", "criteria": [asked, entry]}]})
    assert not validator.is_valid({**head, "criteria": [{**entry, "weight": 2}]})
    assert not validator.is_valid({**head, "criteria": [{**entry, "only": []}]})
    example = {"prompt": "p", "completion": "c", "score": 1, "criteria": [entry]}
    assert not validator.is_valid({**head, "criteria": [asked], "examples": [example]})


def test_the_schema_of_shared_criteria_takes_what_the_loader_takes() -> None:
    validator = Draft7Validator(shared_schema())
    asked = {"id": "a", "ask": "Is it really so?"}
    assert validator.is_valid({"shared": "s", "criteria": [asked]})
    assert not validator.is_valid({"shared": "s", "criteria": [{"include": "other.yaml"}]})
    assert not validator.is_valid({"shared": "s", "version": "1", "criteria": [asked]})
