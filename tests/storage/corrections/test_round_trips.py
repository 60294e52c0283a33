"""Corrections that go out and come back: nothing is lost, and what was edited is seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings

from rlaif.errors import FileProblems
from rlaif.records.correction import Correction
from rlaif.runs.corrections_import import Import, Imported, Tool, import_corrections
from rlaif.runs.corrections_records import RecordForm, export_records
from rlaif.runs.corrections_source import Wanted
from rlaif.runs.corrections_split import Split
from rlaif.storage.corrections.reading import read_corrections, write_corrections
from rlaif.storage.corrections.spool import Spooled
from tests.storage.corrections.made import correction, of_one_sample

TOOLS = ("argilla", "label-studio")


def out_and_back(
    tmp_path: Path, form: RecordForm, given: list[Correction], edit: Any = None
) -> tuple[list[Correction], Imported]:
    first, out, back = (str(tmp_path / name) for name in ("a.jsonl", "b.json", "c.jsonl"))
    write_corrections(given, first)
    list(export_records(first, form, out, Wanted(), Split()))
    if edit:
        records = orjson.loads(Path(out).read_bytes())
        edit(records)
        Path(out).write_bytes(orjson.dumps(records))
    tool: Tool = "argilla" if form == "argilla" else "label-studio"
    found = import_corrections(Import(out, tool, back))
    return [row.correction for row in read_corrections(back)], found


@pytest.mark.parametrize("form", TOOLS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(given=of_one_sample())
def test_what_goes_out_comes_back_the_same(
    tmp_path: Path, form: RecordForm, given: list[Correction]
) -> None:
    back, found = out_and_back(tmp_path, form, given)
    assert not found.problems
    assert sorted(back, key=lambda one: one.correction_id) == given


@pytest.mark.parametrize("form", TOOLS)
def test_an_answer_edited_in_the_tool_is_the_new_answer_and_its_score_is_gone(
    tmp_path: Path, form: RecordForm
) -> None:
    def edit(records: list[Any]) -> None:
        for record in records:
            if form == "argilla":
                record["responses"]["kind"][0]["value"] = "yes"
            else:
                record["annotations"][0]["result"][0]["value"]["choices"] = ["yes"]

    given = [correction(1, {"kind": "no", "warm": None}, human_score=0.25, source="review")]
    (back,), _ = out_and_back(tmp_path, form, given, edit)
    assert [one.human for one in back.criteria] == ["yes", None]
    assert (back.human_score, back.source) == (None, form)
    assert (back.correction_id, back.rubric) == ("c1-ann", given[0].rubric)


def test_another_annotator_of_an_exported_record_makes_a_correction_of_their_own(
    tmp_path: Path,
) -> None:
    def edit(records: list[Any]) -> None:
        other = {"value": "yes", "user_id": "11111111-1111-1111-1111-111111111111"}
        records[0]["responses"]["kind"].append(other)

    back, _ = out_and_back(tmp_path, "argilla", [correction(1, {"kind": "no"})], edit)
    assert [(one.annotator[:4], one.criteria[0].human) for one in back] == [
        ("ann", "no"),
        ("1111", "yes"),
    ]
    assert len({one.correction_id for one in back}) == 2


def test_a_draft_in_argilla_and_a_cancelled_annotation_are_no_answers(tmp_path: Path) -> None:
    def draft(records: list[Any]) -> None:
        records[0]["responses"]["kind"][0]["status"] = "draft"

    def cancelled(records: list[Any]) -> None:
        records[0]["annotations"][0]["was_cancelled"] = True

    given = [correction(1, {"kind": "no"}), correction(2, {"kind": "yes"})]
    for form, edit in (("argilla", draft), ("label-studio", cancelled)):
        back, found = out_and_back(tmp_path, form, given, edit)  # type: ignore[arg-type]  # one of TOOLS
        assert [one.sample_id for one in back] == ["s2"]
        assert found.silent == 1


_LABEL_STUDIO_KEEPS = ("result", "ground_truth", "was_cancelled", "lead_time", "completed_by")


def through_label_studio(records: list[Any]) -> None:
    """What its server makes of an import: rows of its own numbers, our `id` as `import_id`."""
    for number, record in enumerate(records):
        record["annotations"] = [
            {name: one[name] for name in _LABEL_STUDIO_KEEPS if name in one}
            | {"id": number, "import_id": one.get("id")}
            for one in record["annotations"]
        ]


def test_label_studio_keeps_by_which_a_correction_is_known(tmp_path: Path) -> None:
    given = [
        correction(1, {"kind": "no"}, human_score=0.25, by="ann"),
        correction(1, {"kind": "yes"}, by="bob"),
    ]
    back, found = out_and_back(tmp_path, "label-studio", given, through_label_studio)
    assert (back, found.problems) == (given, [])


def test_a_label_that_there_is_not_is_refused_on_the_way_back(tmp_path: Path) -> None:
    def edit(records: list[Any]) -> None:
        result = records[0]["annotations"][0]["result"][0]["value"]
        result["choices"] = ["perhaps"]
        records[1]["annotations"][0]["result"][0]["value"]["choices"] = ["no", "yes"]

    entry = {"criterion": "kind", "answers": ["no", "yes"], "human": "no"}
    given = [correction(n, criteria=[entry]) for n in (1, 2, 3)]
    back, found = out_and_back(tmp_path, "label-studio", given, edit)
    assert back == given[2:]
    assert [one.message for one in found.problems] == [
        "'kind' has no answer 'perhaps'; one of: no, yes",
        "'kind' has 2 answers, and takes one",
    ]


@pytest.mark.parametrize(
    "damage",
    [
        {"corrections": {"k": {"criteria": [1]}}},
        {"corrections": []},
        {"answers": {"kind": 5}},
        "{",
        7,
    ],
)
def test_what_was_kept_and_is_damaged_is_a_problem_of_that_record(
    tmp_path: Path, damage: Any
) -> None:
    def edit(records: list[Any]) -> None:
        records[0]["data"]["rlaif"] = damage

    given = [correction(n, {"kind": "no"}) for n in (1, 2)]
    back, found = out_and_back(tmp_path, "label-studio", given, edit)
    assert [one.sample_id for one in back] == ["s2"]
    assert "what is kept under 'rlaif' is damaged" in found.problems[0].message


def test_argillas_ids_are_unique_in_a_file(tmp_path: Path) -> None:
    given = [
        correction(n, {"kind": "no"}, sample_id=name, correction_id=f"c{n}")
        for n, name in enumerate(("s", "s", "s#2"))
    ]
    seen: list[str] = []
    back, _ = out_and_back(
        tmp_path, "argilla", given, lambda records: seen.extend(one["id"] for one in records)
    )
    assert sorted(back, key=lambda one: one.correction_id) == given
    assert len(set(seen)) == 3


def test_responses_without_a_status_are_told(tmp_path: Path) -> None:
    def edit(records: list[Any]) -> None:
        del records[0]["responses"]["kind"][0]["status"]

    _, found = out_and_back(tmp_path, "argilla", [correction(1, {"kind": "no"})], edit)
    assert found.unstated == 1


def test_nameless_answers_of_one_sample_stay_apart_and_0_is_an_id(tmp_path: Path) -> None:
    task = {
        "data": {"id": 0, "output": "Hi."},
        "annotations": [
            {"result": [{"from_name": "kind", "value": {"choices": [label]}}]}
            for label in ("yes", "yes", "no")
        ],
    }
    file, out = tmp_path / "t.json", tmp_path / "c.jsonl"
    file.write_bytes(orjson.dumps([task]))
    found = import_corrections(Import(str(file), "label-studio", str(out)))
    back = [row.correction for row in read_corrections(str(out))]
    assert ({one.sample_id for one in back}, found.nameless) == ({"0"}, 3)
    assert len({one.correction_id for one in back}) == 3


def test_samples_say_prompt_and_reference_of_what_comes_back(tmp_path: Path) -> None:
    given = [correction(1, {"kind": "no"})]
    first, out, back = (str(tmp_path / name) for name in ("a.jsonl", "b.json", "c.jsonl"))
    write_corrections(given, first)
    list(export_records(first, "argilla", out, Wanted(), Split()))
    samples = tmp_path / "s.jsonl"
    row = {"sample_id": "s1", "prompt": "Greet!", "completion": given[0].output, "reference": "Hi."}
    samples.write_bytes(orjson.dumps(row))
    import_corrections(Import(out, "argilla", back, str(samples)))
    (one,) = [row.correction for row in read_corrections(back)]
    assert (one.input, one.reference, one.correction_id) == ("Greet!", "Hi.", "c1-ann")


def test_of_lines_with_one_id_the_newest_counts(tmp_path: Path) -> None:
    with Spooled() as spool:
        first, second = correction(1, {"kind": "no"}), correction(1, {"kind": "yes"})
        spool.take([first, correction(2, {"kind": "no"}), second])
        assert [one.criteria[0].human for one in spool] == ["no", "yes"]
        assert (len(spool), spool.read) == (2, 3)


def test_a_bad_line_is_told_where_it_stands_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    write_corrections([correction(1, {"kind": "no"})], str(path))
    with path.open("ab") as file:
        file.write(b'{"correction_id": "x", "sample_id": "s", "output": "o", "wrong": 1}\n')
        file.write(b'{"correction_id": "x", "sample_id": "s", "output": [], "comment": "c"}\n')
    rows = read_corrections(str(path))
    assert next(rows).line == 1
    with pytest.raises(FileProblems) as raised:
        next(rows)
    told = str(raised.value)
    assert f"{path}:2:57: unknown key 'wrong'" in told
    assert f"{path}:3:42: output: a completion without an assistant message" in told
