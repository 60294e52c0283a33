"""The JSON Schemas: draft 7, true to the shipped files, never stricter than the loader."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from rlaif.authoring.document import parse_document
from rlaif.authoring.judge_file import read_judge
from rlaif.authoring.nodes import data
from rlaif.authoring.rubric_file import read_rubric
from rlaif.authoring.schema import judge_schema, rubric_schema
from rlaif.authoring.shipped import shipped_judges, shipped_rubrics
from rlaif.records.checks import CHECKS
from rlaif.records.written import plain

RUBRIC, JUDGE = Draft7Validator(rubric_schema()), Draft7Validator(judge_schema())
HEAD = "rubric: a\nversion: 1.0\ntitle: 3\nabout:\ncriteria:\n"


def as_an_editor_sees_it(text: str) -> Any:
    root = parse_document(text, "f.yaml").root
    assert root is not None
    return plain(data(root))


@pytest.mark.parametrize("validator", [RUBRIC, JUDGE])
def test_it_is_draft_7(validator: Draft7Validator) -> None:
    Draft7Validator.check_schema(validator.schema)
    text = json.dumps(validator.schema)
    for word in ("$defs", "prefixItems", "unevaluatedProperties", "discriminator", '"ge"'):
        assert word not in text


def test_the_shipped_files_are_valid() -> None:
    for path in shipped_rubrics().values():
        RUBRIC.validate(as_an_editor_sees_it(path.read_text()))
    for path in shipped_judges().values():
        JUDGE.validate(as_an_editor_sees_it(path.read_text()))


def test_every_check_is_one_closed_object_with_its_parameters_beside_the_id() -> None:
    parts = rubric_schema()["definitions"]
    for name, check in CHECKS.items():
        part = parts[f"Check_{name}"]
        assert part["additionalProperties"] is False
        assert {"id", "weight", "check"} <= part["properties"].keys()
        assert {f.alias or n for n, f in check.model_fields.items()} <= part["properties"].keys()


def test_fields_are_described_by_their_docstrings() -> None:
    weight = rubric_schema()["definitions"]["Judged"]["properties"]["weight"]
    assert weight["description"].startswith("Points if met; negative marks a fault")


ENTRIES = [
    "{id: 1, ask: 12345678}",
    "{id: true, ask: Is it really so?, weight: 0x10, gate: true}",
    "{id: a, ask: Is it really so?, levels: [1, true, null], gate: 1}",
    "{id: a, ask: Is it really so?, levels: [a: , b: 3, {c: {description: 4, points: 1}}]}",
    "{id: a, ask: Is it really so?, levels: [a, {b: {description: x}}], when: {a: [1, b]}}",
    "{id: a, ask: Is it really so?, levels: []}",
    "{id: a, ask: Is it really so?, levels: null}",
    "{id: a, ask: Is it really so?, weight: '3'}",
    "{id: a, ask: Is it really so?, wieght: 3}",
    "{id: a, ask: Is it really so?, check: exact}",
    "{id: a, ask: Is it really so?, needs: [reference]}",
    "{id: a, ask: [x]}",
    "{id: a}",
    "{ask: Is it really so?}",
    "{id: a, check: contains, text: 3}",
    "{id: a, check: contains, text: [3, x]}",
    "{id: a, check: contains, text: {a: b}}",
    "{id: a, check: contains}",
    "{id: a, check: {check: exact}}",
    "{id: a, check: exact, text: null, gate: true}",
    "{id: a, check: exact, gate: x}",
    "{id: a, check: length, min: 1e1, max: 20.0}",
    "{id: a, check: length, min: -1}",
    "{id: a, check: length, min: null}",
    "{id: a, check: final_number, equals: 3, tolerance: 0.1}",
    "{id: a, check: final_number, equals: x}",
    "{id: a, check: choice, options: 3}",
    "{id: a, check: nonsense}",
    "{section: s, cap: 0.5, combine: min, criteria: [{id: a, check: exact}]}",
    "{section: s, cap: 2, criteria: [{id: a, check: exact}]}",
    "{section: s, weight: -1, criteria: [{id: a, check: exact}]}",
    "{section: s}",
    "{id: a, check: python_function, cases: [{call: f(1), returns: }, {call: f(2), returns: 1}]}",
    "{id: a, check: python_function, cases: [{call: f(1), returns: null}]}",
    "{id: a, check: python_function, function: f, cases: [{arguments: [1, {a: b}], returns: [x]}],"
    " hidden: {count: 3, arguments: [{lists: {of: {booleans: {}}}}, {value: }, {one_of: [1, a]},"
    " {records: {a: {text: {alphabet: 01}}}}], reference: 'def f(*a): pass'}}",
    "{id: a, check: python_function, cases: [{call: f(1), returns: 1, wait: 3}]}",
    "{id: a, check: program, language: c, cases: [{stdout: 3, exit_code: any, arguments: [1]}]}",
    "{id: a, check: program, language: c, cases: [{stdout: 3, exit_code: null, files: {a: 1}}]}",
    "{id: a, check: program, language: c, cases: [{stdout: 3, exit_code: 300}]}",
    "{id: a, check: program, run: x, file: y, cases: [{stdin: }], processes: 0}",
    "{id: a, check: python_tests, tests: 'def test_a(): pass', packages: [numpy]}",
    "{id: a, check: python_tests, tests: [x]}",
    "{id: a, check: pytest_repo, file: a.py, files: {test_a.py: 3}, command: pytest}",
    "{id: a, check: pytest_repo, files: {test_a.py: 3}}",
    "x",
]
TEXTS = [f"{HEAD}  - {entry}\n" for entry in ENTRIES] + [
    "rubric: a\nversion: 1\ntitle: t\ncriteria: per-sample\n",
    "rubric: a\nversion: 1\ntitle: t\ncriteria: other\n",
    "rubric: a\nversion: 1\ntitle: t\n",
    HEAD + "  - {id: a, check: exact}\nprescreen: {max_characters: 10, off: [opener]}\n",
    HEAD + "  - {id: a, check: exact}\nprescreen: {max_characters: 0}\n",
    HEAD + "  - {id: a, check: exact}\nreasoning: judge\nlanguage: null\n",
    HEAD + "  - {id: a, check: exact}\n"
    "examples: [{prompt: 3, completion: [{role: assistant, content: 4, name: x}],"
    " metadata: {a: [1]}, reference: null, expect: {a: null}}]\n",
    HEAD + "  - {id: a, check: exact}\nexamples: [{prompt: 3}]\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_the_schema_refuses_the_loader_refuses(text: str) -> None:
    if not RUBRIC.is_valid(as_an_editor_sees_it(text)):
        assert read_rubric("f.yaml", text).problems


@pytest.mark.parametrize(
    "text",
    [
        "judge: a\nversion: 1.0\nbackend: scripted\nanswers: {a: true}\nlatency_s: 1\n",
        "judge: a\nversion: 1.0\nbackend: scripted\nanswers: other\n",
        "judge: 1\nversion: 2\nbackend: transformers\nmodel: 3\nrevision: null\nmax_length: 1e3\n",
        "judge: 1\nversion: 2\nbackend: transformers\n",
        "judge: 1\nversion: 2\nbackend: transformers\nmodel: a\nlabels: {yes: 1, no: 0}\n",
        "judge: 1\nversion: 2\nbackend: transformers\nmodel: a\nmin_label_mass: 2\n",
        "judge: 1\nversion: 2\nmodel: a\n",
        "judge: 1\nversion: 2\nbackend: openai\nmodel: a\nbase_url: http://a/v1\n",
        "judge: 1\nversion: 2\nbackend: openai\nmodel: a\nbase_url: [http://a/v1]\nrate_limit: 0\n",
        "judge: 1\nversion: 2\nbackend: vllm\nmodel: 3\noptions: {a: [1, x]}\nvotes: 1e0\n",
        "judge: 1\nversion: 2\nbackend: vllm\nmodel: 3\nlint_off: {no-effect: 3}\n",
        "judge: 1\nversion: 2\njury: [scripted, scripted-hash]\n",
        "judge: 1\nversion: 2\njury: [scripted]\n",
        "judge: 1\nversion: 2\ncascade: [scripted, scripted-hash]\nunsure: 1\n",
        "judge: 1\nversion: 2\njury: [scripted, scripted-hash]\nmodel: a\n",
    ],
)
def test_what_the_judge_schema_refuses_the_loader_refuses(text: str) -> None:
    if not JUDGE.is_valid(as_an_editor_sees_it(text)):
        assert read_judge("f.yaml", text).problems


def test_an_address_is_one_text_or_a_list_to_the_schema() -> None:
    head = {"judge": "a", "version": "1", "backend": "openai", "model": "m"}
    for url in ("http://a/v1", ["http://a/v1", "http://b/v1"]):
        assert JUDGE.is_valid({**head, "base_url": url})
    assert not JUDGE.is_valid({**head, "base_url": {"a": "b"}})


def test_a_panel_has_no_model_to_the_schema() -> None:
    head = {"judge": "a", "version": "1", "jury": ["a", "b"]}
    assert JUDGE.is_valid({**head, "rule": "majority"})
    assert not JUDGE.is_valid({**head, "model": "m"})
    assert not JUDGE.is_valid({**head, "cascade": ["a", "b"]})


def test_the_schema_sees_most_faults() -> None:
    refused = [text for text in TEXTS if not RUBRIC.is_valid(as_an_editor_sees_it(text))]
    sound = [text for text in TEXTS if not read_rubric("f.yaml", text).problems]
    unseen = [t for t in TEXTS if t not in refused and t not in sound]
    # The form of a number; points that do not stand at every level; a level called null.
    assert len(unseen) == 3
