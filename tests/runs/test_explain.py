"""`explain`: the steps end in exactly what the run holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console

from rlaif.errors import RunError
from rlaif.grading.combine import score_of
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.reporting.arithmetic import arithmetic_view
from rlaif.reporting.arithmetic_rows import arithmetic_row
from rlaif.runs.explain import explain
from rlaif.runs.grade import grade_run
from rlaif.runs.order import Order
from rlaif.storage.run_folder import open_run
from tests.runs.quiet import Quiet

Make = Callable[..., Any]
ITEMS: tuple[dict[str, Any], ...] = (
    {"id": "hello", "check": "contains", "text": "hello", "gate": True},
    {"id": "kind", "weight": 2},
    {"id": "warm", "levels": ["cold", "mild", "warm"]},
    {
        "section": "style",
        "saturates_at": 0.6,
        "cap": 0.9,
        "criteria": [{"id": "plain", "allow_na": True}, {"id": "late", "when": {"late": True}}],
    },
    {"section": "safe", "combine": "all", "criteria": [{"id": "rude", "weight": -1}]},
    {"id": "flat", "weight": -1},
)


@pytest.fixture
def graded(tmp_path: Path, rubric: Make) -> Callable[..., Path]:
    """`graded(judge, rows)`: a run of samples by a rubric with all that there is in rubrics."""

    def make(judge: Judge, rows: Iterable[dict[str, Any]], **more: Any) -> Path:
        source, out = tmp_path / "samples.jsonl", tmp_path / "run"
        given = [{"prompt": "Greet her.", **row} for row in rows]
        source.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in given))
        made: Rubric = rubric(*ITEMS)
        text = orjson.dumps(made.as_written()).decode()
        grade_run(Order(made, text, judge, str(source), out, **more), Quiet())
        return out

    return make


def rows(count: int) -> list[dict[str, Any]]:
    said = ("hello to you, my dear friend", "good evening to you", "hello, nice to meet you")
    return [{"sample_id": f"s{i}", "completion": f"{said[i % 3]}, {i}"} for i in range(count)]


def lines_of(folder: Path, sample_id: str, width: int = 60) -> list[str]:
    found = explain(folder, sample_id)
    console = Console(width=width, file=StringIO(), record=True)
    console.print(arithmetic_view(found.rubric, found.grade, found.working, found.remarks))
    return console.export_text().splitlines()


def test_every_explained_score_is_the_one_that_the_run_holds(
    graded: Callable[..., Path], judge: Make
) -> None:
    run = graded(judge("hash"), rows(30))
    seen = set()
    for grade in open_run(run).grades():
        found = explain(run, grade.sample_id)
        assert found.working is not None
        score = score_of(found.working)
        assert (score.score, score.raw_score) == (grade.score, grade.raw_score)
        assert (score.reason, score.sections) == (grade.reason, grade.sections)
        assert found.remarks == ()
        seen.add(grade.reason)
    assert seen == {"", "gate:hello"}


def test_the_rows_of_the_table_add_up_to_the_score(
    graded: Callable[..., Path], judge: Make
) -> None:
    run = graded(judge("hash"), rows(1))
    row = arithmetic_row(explain(run, "s0").grade, explain(run, "s0").working)
    level = row["level"]
    counts = [part["counts"] for part in level["parts"] if part["counts"] is not None]
    positive = [p["weight"] for p in level["parts"] if p["value"] is not None and p["weight"] > 0]
    assert row["raw_score"] == sum(counts) / sum(positive)
    assert row["score"] == min(max(row["raw_score"], 0), 1)
    style = next(part for part in level["parts"] if part.get("section") == "style")["level"]
    plain, late = style["parts"]
    assert style["raw"] == plain["value"]
    assert style["value"] == min(min(plain["value"] / 0.6, 1), 0.9)
    assert (late["kind"], late["reason"], late["value"]) == ("skipped", "when", None)
    assert orjson.dumps(row)


def test_a_check_says_how_it_read_the_completion(graded: Callable[..., Path], judge: Make) -> None:
    run = graded(judge("hash"), rows(2))
    assert "  contains 'hello'" in lines_of(run, "s0")
    shown = lines_of(run, "s1")
    assert "  lacks 'hello'" in shown
    assert "gate hello: NOT MET, the score is 0" in shown
    assert "  a gate that is not met made it needless" in shown


def test_a_section_that_a_gate_made_needless_is_not_said_to_be_inapplicable(
    graded: Callable[..., Path], judge: Make
) -> None:
    shown = lines_of(graded(judge("hash"), rows(2)), "s1", 100)
    assert "  nothing here counts: a gate that is not met made it needless" in shown
    assert not [line for line in shown if "nothing here applies" in line]


def test_a_yes_or_no_that_might_not_apply_shows_how_its_value_came_about(
    graded: Callable[..., Path], judge: Make
) -> None:
    run = graded(judge("hash"), rows(30))
    row = arithmetic_row(explain(run, "s3").grade, explain(run, "s3").working)
    style = next(part for part in row["level"]["parts"] if part.get("section") == "style")["level"]
    plain = style["parts"][0]
    no, yes, na = plain["distribution"].values()
    assert plain["value"] == pytest.approx(yes / (1 - na))
    told = f"no {no:.2f} worth 0, yes {yes:.2f} worth 1; over 1 - {na:.2f}, for it may not apply"
    assert f"    {told}" in lines_of(run, "s3", 100)


def test_a_prescreened_sample_names_its_rule(graded: Callable[..., Path], judge: Make) -> None:
    run = graded(judge("hash"), [{"sample_id": "s0", "completion": " "}])
    assert explain(run, "s0").working is None
    shown = lines_of(run, "s0")
    assert "prescreen: empty: the completion is empty" in shown
    assert shown[-1].split() == ["score", "0.0000"]


def test_a_failed_sample_says_what_failed_and_has_no_score(
    graded: Callable[..., Path], judge: Make
) -> None:
    answers = {"kind": "yes", "warm": "mild", "plain": "yes", "flat": "no"}
    run = graded(judge(answers), rows(1))
    shown = "\n".join(lines_of(run, "s0"))
    assert "rude, a fault: FAILED" in shown
    assert "parse: the judge file has no answer to 'rude'" in shown
    assert "no value, for these failed: rude" in shown
    assert "a failure is not a no: there is no score" in shown
    assert shown.splitlines()[0].split() == ["s0", "score", "none"]


def test_of_several_grades_the_effective_one_is_explained(
    graded: Callable[..., Path], judge: Make
) -> None:
    run = graded(judge({"kind": "yes"}), rows(1))
    assert explain(run, "s0").grade.score is None
    graded(judge({"kind": "yes"}), rows(1), retry_failed=True)
    assert explain(run, "s0").grade.attempt == 2
    graded(judge(), rows(1))
    found = explain(run, "s0").grade
    assert (found.status, found.attempt) == ("ok", 1)


def test_a_samples_own_criteria_are_part_of_the_sum(
    graded: Callable[..., Path], judge: Make
) -> None:
    own = [{"id": "own", "ask": "Is it a criterion of its own?", "weight": 5}]
    run = graded(judge(), [{**rows(1)[0], "criteria": own}])
    assert any(line.startswith("own: yes") for line in lines_of(run, "s0"))
    working = explain(run, "s0").working
    assert working is not None
    assert working.parts[-1].counts == 5


def test_a_kept_rubric_that_was_edited_or_lost_is_said_to_be_so(
    graded: Callable[..., Path], judge: Make
) -> None:
    run = graded(judge("hash"), rows(1))
    (kept,) = run.glob("rubric-*.yaml")
    kept.write_text(kept.read_text().replace('"weight":2.0', '"weight":9.0'))
    (remark,) = explain(run, "s0").remarks
    assert "or the rubric that it keeps was edited" in remark
    kept.unlink()
    lost = r"the kept rubric cannot be read \(there is no such file\)\n  hint: put the rubric by"
    with pytest.raises(RunError, match=lost):
        explain(run, "s0")


def test_an_unknown_id_names_the_nearest(graded: Callable[..., Path], judge: Make) -> None:
    run = graded(judge(), rows(20))
    with pytest.raises(RunError, match=r"no sample 's1x'\n  hint: the nearest ids: 's1', "):
        explain(run, "s1x")


@pytest.mark.parametrize("width", [24, 60, 200])
def test_lines_fit_the_terminal_and_nothing_is_cut(
    graded: Callable[..., Path], judge: Make, width: int
) -> None:
    run = graded(judge("hash"), rows(1))
    shown = lines_of(run, "s0", width)
    assert max(map(len, shown)) <= width
    assert "…" not in "".join(shown)
    assert "".join("".join(shown).split()).count("flat,afault:") == 1
