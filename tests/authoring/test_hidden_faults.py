"""Faults between fields are told beside faulty fields, and none is made up."""

from rlaif.authoring.rubric_file import read_rubric

HEAD = "rubric: h\nversion: 1.0.0\ntitle: T\ncriteria:\n"


def told(criteria: str) -> list[tuple[int, str]]:
    return [(p.line, p.message) for p in read_rubric("h.yaml", HEAD + criteria).problems]


def test_faults_between_fields_are_told_beside_a_faulty_field() -> None:
    found = told("  - id: a\n    ask: Short\n    levels: [a, b]\n    weight: -2\n    gate: c\n")
    assert found == [
        (6, "'ask' has 5 characters; it needs at least 8 characters"),
        (8, "levels with a negative weight"),
        (9, "the gate names no level: 'c'"),
    ]


def test_a_checks_range_is_told_beside_its_unknown_unit() -> None:
    found = told("  - id: b\n    check: length\n    unit: wrds\n    min: 5\n    max: 2\n")
    assert found == [(7, "'wrds' is not known here"), (9, "max 2 is less than min 5")]


def test_an_unknown_key_hides_nothing() -> None:
    found = told("  - id: c\n    wieght: 2\n    ask: Is it a question?\n    gate: yes\n")
    assert found == [(6, "unknown key 'wieght'"), (8, "expected true or false, not 'yes'")]


def test_a_faulty_field_that_others_are_measured_by_brings_no_second_fault() -> None:
    found = told("  - id: e\n    ask: Is it a question?\n    levels: q\n    gate: z\n")
    assert found == [(7, "'levels' is a list, not the text 'q'")]
