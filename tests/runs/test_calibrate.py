"""From a run and labels to a judge that means what it says, and back to the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import exp, log, nan
from pathlib import Path
from typing import Any

import orjson
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("scipy")

from rlaif.authoring.judge_file import load_judge
from rlaif.errors import FileProblems, InputError, RunError
from rlaif.records.calibrated import CalibrationOrder
from rlaif.records.calibration import Costs
from rlaif.records.grade import Grade
from rlaif.records.identity import digest
from rlaif.records.judge import Judge
from rlaif.reporting.arithmetic_rows import arithmetic_row
from rlaif.runs.calibrate import OTHERS, Calibrating, CalibrationReport, calibrate
from rlaif.runs.calibrate_judge import target
from rlaif.runs.calibrate_labels import Split
from rlaif.runs.estimate import estimate
from rlaif.runs.explain import explain
from rlaif.runs.grade import grade_run
from rlaif.runs.kept_maps import kept_thresholds
from rlaif.runs.rescore import rescoring, unasked
from rlaif.runs.verify import verify_run
from rlaif.storage.run_folder import open_run
from tests.runs.counted import CountedBackend, put_in_place
from tests.runs.quiet import Quiet
from tests.runs.test_estimate import order_of

RUBRIC = """\
rubric: kindness
version: 1.0.0
title: Kindness
criteria:
  - {id: kind, ask: Is the greeting kind to the reader?, weight: 2}
  - {id: warm, ask: Is the greeting warm as a whole?}
  - {id: deep, ask: How deep is the greeting?, range: {worst: 1, best: 5}}
"""
TEACHING = """\
examples:
  - {prompt: Greet her., completion: good day, expect: {kind: yes, warm: no, deep: 2}, teach: true}
"""
JUDGE = """\
# Ours
judge: served
version: "1.0.0"   # the first
backend: openai
model: m   # the good one
base_url: https://models.example/v1
api: chat

# The end
"""
COUNT = 320


def chance(name: str) -> float:
    return int(digest(name)[:8], 16) / 2**32


def rows() -> list[dict[str, Any]]:
    return [
        {"sample_id": f"s{n}", "prompt": f"Greet {n // 2}.", "completion": f"good evening, {n}"}
        for n in range(COUNT)
    ]


def people(run: Path, to: Path) -> str:
    """Answers of somebody who says yes far less often, and less surely, than the judge."""
    with to.open("wb") as file:
        for grade in open_run(run).grades():
            said = {}
            for one in grade.outcomes[:2]:
                share = min(max(one.value or 0, 1e-3), 1 - 1e-3)
                means = 1 / (1 + exp(-(0.4 * log(share / (1 - share)) - 1.0)))
                drawn = chance(f"{grade.sample_id} {one.criterion}")
                said[one.criterion] = "yes" if drawn < means else "no"
            line = {"sample_id": grade.sample_id, "annotator": "ann", "answers": said}
            file.write(orjson.dumps(line) + b"\n")
    return str(to)


class Made:
    """A graded run with labels beside it, and the judge file that graded it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.judge = folder / "judge.yaml"
        self.judge.write_text(JUDGE)
        self.order = replace(
            order_of(folder, RUBRIC, rows()), cache=False, judge=load_judge(self.judge)
        )
        grade_run(self.order, Quiet())
        self.run = self.order.out
        self.labels = people(self.run, folder / "labels.jsonl")

    def calibrated(self, out: Path, **more: Any) -> CalibrationReport:
        order = CalibrationOrder(**({"draws": 100} | more.pop("order", {})))
        given: dict[str, Any] = {"judge": str(self.judge), "labels": (self.labels,)}
        given |= {"run": self.run, **more}
        return calibrate(Calibrating(out=out, order=order, **given))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with pytest.MonkeyPatch.context() as patched:
        put_in_place(patched)
        yield Made(tmp_path_factory.mktemp("graded"))


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_place(monkeypatch)


@pytest.fixture(scope="module")
def once(made: Made) -> tuple[CalibrationReport, Judge]:
    """Calibrated as it comes, with a threshold by cost for one criterion."""
    out = made.folder / "calibrated.yaml"
    found = made.calibrated(out, costs={"kind": Costs(false_yes=4)})
    return found, load_judge(out)


def told(grade: Grade, name: str) -> tuple[Any, ...]:
    one = next(one for one in grade.outcomes if one.criterion == name)
    return one.answer, one.value, one.outcome, one.key


def test_it_does_better_on_labels_that_it_was_not_fitted_on(
    once: tuple[CalibrationReport, Judge],
) -> None:
    found, judge = once
    kind, warm, deep = found.criteria
    for one in (kind, warm):
        assert one.map is not None
        assert one.fitted_on + one.held_out == COUNT
        for name in ("brier", "log_loss", "ece"):
            change = one.figures[name]
            assert (change.after.value or 9) < (change.before.value or 0), (one.criterion, name)
    assert deep.why == "an estimate is a number, and states no probability"
    maps = judge.spec.calibration
    assert maps is not None
    assert list(maps.criteria) == ["kind", "warm"]
    assert maps.criteria["kind"].yes_from is not None
    assert (kind.figures["cost"].after.value or 9) < (kind.figures["cost"].before.value or 0)
    assert maps.criteria["warm"].yes_from is None
    assert maps.fitted is not None
    assert (maps.fitted.run, maps.fitted.judge, maps.fitted.annotators) == (
        "run", "served@1.0.0", 1,
    )  # fmt: skip


def test_the_judges_file_is_as_it_was_with_a_version_more(
    made: Made, once: tuple[CalibrationReport, Judge]
) -> None:
    text = (made.folder / "calibrated.yaml").read_text()
    head, _, rest = text.partition("\ncalibration:\n")
    kept = JUDGE.replace('"1.0.0"', '"1.1.0"').partition("# The end")[0]
    assert kept.rstrip() in head
    assert "# The end" in head
    assert "held_out" in rest
    assert (once[0].version, once[1].name) == ("1.1.0", "served@1.1.0")
    assert made.judge.read_text() == JUDGE


def test_the_run_is_scored_by_it_without_a_question(
    made: Made, once: tuple[CalibrationReport, Judge], tmp_path: Path
) -> None:
    before = {grade.sample_id: grade for grade in open_run(made.run).grades()}
    plan = rescoring(made.run, None, once[1])
    assert estimate(plan.order).questions == 0
    stated = plan.before.manifest.judge
    assert stated is not None
    copy = replace(plan.order, out=copied(made.run, tmp_path / "run"))
    grade_run(copy, Quiet(), unasked(stated.served))
    assert CountedBackend.started == CountedBackend.asked == 0
    after = {grade.sample_id: grade for grade in open_run(copy.out).grades()}
    assert after.keys() == before.keys()
    moved = 0
    for name, grade in after.items():
        _, value, outcome, key = told(grade, "kind")
        _, old, same, again = told(before[name], "kind")
        assert (outcome, key) == (same, again)
        moved += value != old
        assert told(grade, "deep") == told(before[name], "deep")
    assert moved > COUNT * 0.9
    assert verify_run(copy.out).sound


def copied(run: Path, to: Path) -> Path:
    for path in run.rglob("*"):
        if path.is_file():
            there = to / path.relative_to(run)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(path.read_bytes())
    return to


def test_grading_the_same_samples_by_it_asks_nothing_either(
    made: Made, once: tuple[CalibrationReport, Judge], tmp_path: Path
) -> None:
    order = replace(made.order, judge=once[1], out=copied(made.run, tmp_path / "run"))
    grade_run(order, Quiet())
    assert CountedBackend.asked == 0
    assert open_run(order.out).manifest.judge is not None
    assert verify_run(order.out).sound


class Noting(Quiet):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_a_question_that_was_edited_is_not_calibrated_and_that_is_said_once(
    made: Made, once: tuple[CalibrationReport, Judge], tmp_path: Path
) -> None:
    edited = RUBRIC.replace("kind to the reader?", "kind to whoever reads it?")
    order = replace(order_of(tmp_path, edited, rows()[:20]), cache=False, judge=once[1])
    watcher = Noting()
    grade_run(order, watcher)
    said = [note for note in watcher.notes if "not calibrated" in note]
    assert len(said) == 1
    assert "'kind'" in said[0]
    assert "'warm'" not in said[0]
    for grade in open_run(order.out).grades():
        _, value, outcome, _ = told(grade, "kind")
        assert value == pytest.approx(outcome.distribution[1])
        _, value, outcome, _ = told(grade, "warm")
        assert value != pytest.approx(outcome.distribution[1])


def test_a_judge_that_was_edited_is_not_calibrated(
    made: Made, once: tuple[CalibrationReport, Judge], tmp_path: Path
) -> None:
    other = made.folder / "other.yaml"
    other.write_text(
        (made.folder / "calibrated.yaml").read_text().replace("model: m ", "model: n ")
    )
    watcher = Noting()
    order = replace(order_of(tmp_path, RUBRIC, rows()[:9]), cache=False, judge=load_judge(other))
    grade_run(order, watcher)
    assert any("was changed since it was calibrated" in note for note in watcher.notes)
    for grade in open_run(order.out).grades():
        _, value, outcome, _ = told(grade, "kind")
        assert value == pytest.approx(outcome.distribution[1])


def test_the_same_labels_again_are_refused_unless_it_is_wished(
    made: Made, once: tuple[CalibrationReport, Judge], tmp_path: Path
) -> None:
    order = replace(made.order, judge=once[1], out=copied(made.run, tmp_path / "run"))
    grade_run(order, Quiet())
    again = {"run": order.out, "judge": str(made.folder / "calibrated.yaml")}
    out = made.folder / "again.yaml"
    with pytest.raises(InputError, match=r"calibrated on these very labels already .*\n.*--refit"):
        made.calibrated(out, **again)
    assert not out.exists()
    found = made.calibrated(out, **again, refit=True, costs={"kind": Costs(false_yes=4)})
    first = once[1].spec.calibration
    second = load_judge(out).spec.calibration
    assert first is not None
    assert second is not None
    assert second.criteria == first.criteria
    assert found.version == "1.2.0"
    assert out.read_text().count("calibration:") == 1


def test_criteria_of_samples_share_a_map(made: Made, tmp_path: Path) -> None:
    few = [{**row, "criteria": [{"id": f"own{n}", "ask": f"Does it greet number {n}?"}]}
           for n, row in enumerate(rows()[:200])]  # fmt: skip
    order = replace(order_of(tmp_path, RUBRIC, few), cache=False, judge=load_judge(made.judge))
    grade_run(order, Quiet())
    labels = tmp_path / "own.jsonl"
    lines = []
    for grade in open_run(order.out).grades():
        own = grade.outcomes[-1]
        said = "yes" if chance(own.criterion) < 0.5 * (own.value or 0) else "no"
        line = {"sample_id": grade.sample_id, "answers": {own.criterion: said}}
        lines.append(orjson.dumps(line))
    labels.write_bytes(b"\n".join(lines))
    given: dict[str, Any] = {"run": order.out, "labels": (str(labels),)}
    plain = made.calibrated(made.folder / "no.yaml", **given)
    assert plain.version == ""
    assert not (made.folder / "no.yaml").exists()
    assert [one.why for one in plain.criteria if one.criterion == OTHERS] == [
        "200 labels are about criteria that samples bring: --others fits a map for them"
    ]
    found = made.calibrated(made.folder / "others.yaml", **given, others=True,
                            order={"method": "temperature"})  # fmt: skip
    maps = load_judge(made.folder / "others.yaml").spec.calibration
    assert found.version == "1.1.0"
    assert maps is not None
    assert maps.others is not None
    assert maps.criteria == {}


def test_the_steps_of_a_calibrated_score_add_up_as_they_are_told(
    made: Made, once: tuple[CalibrationReport, Judge], tmp_path: Path
) -> None:
    order = replace(made.order, judge=once[1], out=copied(made.run, tmp_path / "run"))
    grade_run(order, Quiet())
    turns = kept_thresholds(open_run(order.out))
    maps = once[1].spec.calibration
    assert maps is not None
    yes_from = maps.criteria["kind"].yes_from
    assert turns == ({"kind": yes_from}, None)
    for name in ("s1", "s2", "s3"):
        found = explain(order.out, name)
        row = arithmetic_row(found.grade, found.working, found.variances, found.maps)
        kind, warm, deep = row["level"]["parts"]
        for part in (kind, warm):
            assert part["read"]["yes"] == part["value"]
            assert part["read"]["yes"] != part["distribution"]["yes"]
        assert (kind["yes_from"], warm["yes_from"]) == (yes_from, None)
        assert "read" not in deep
    plain = explain(made.run, "s1")
    assert plain.maps == {}
    assert kept_thresholds(open_run(made.run)) == ({}, None)


@pytest.mark.parametrize("taught", ["reasoning: judge\n", TEACHING])
def test_a_judge_that_is_taught_since_is_not_calibrated_and_that_is_said(
    once: tuple[CalibrationReport, Judge], tmp_path: Path, taught: str
) -> None:
    order = replace(order_of(tmp_path, RUBRIC + taught, rows()[:4]), cache=False, judge=once[1])
    watcher = Noting()
    grade_run(order, watcher)
    assert any("'kind', 'warm'" in note and "asked otherwise" in note for note in watcher.notes)
    for grade in open_run(order.out).grades():
        _, value, outcome, _ = told(grade, "kind")
        assert value == pytest.approx(outcome.distribution[1])
    assert verify_run(order.out).sound


def test_a_jury_is_written_beside_its_judges_or_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(JUDGE.replace("served", "a"))
    (tmp_path / "b.yaml").write_text(JUDGE.replace("served", "b"))
    jury = tmp_path / "jury.yaml"
    jury.write_text('judge: three\nversion: "1.0.0"\njury: [a.yaml, b.yaml]\n')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    judge = load_judge(jury)
    for given, where in ((None, "beside its own file"), (str(jury), f"into {tmp_path}")):
        with pytest.raises(InputError, match=f"not found from there\n  hint: write it {where}"):
            target(judge, "en", elsewhere / "out.yaml", given, force=False)
        assert target(judge, "en", tmp_path / "out.yaml", given, force=False).out.name == "out.yaml"


BAD: list[tuple[Callable[[Made, Path], Any], str]] = [
    (lambda made, out: made.calibrated(out, split=Split(0, 1.0)), "nothing would be left to meas"),
    (lambda made, out: made.calibrated(out, split=Split(0, nan)), "--share nan: this is no number"),
    (lambda made, out: made.calibrated(out, judge="scripted"), "is not the judge that graded"),
    (lambda made, out: made.calibrated(made.judge), "already there\n  hint: --force"),
    (lambda made, out: made.calibrated(out / "no" / "j.yaml"), "there is no folder"),
    (lambda made, out: made.calibrated(out, costs={"kid": Costs()}), "did you mean 'kind'"),
    (lambda made, out: made.calibrated(out, probe=True), "gives no hidden states"),
]


@pytest.mark.parametrize(("act", "told"), BAD)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    made: Made, tmp_path: Path, act: Callable[[Made, Path], Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        act(made, tmp_path / "out.yaml")
    assert list(tmp_path.iterdir()) == []


def test_a_label_that_fits_nothing_is_named_where_it_stands(made: Made, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text('{"sample_id": "s1", "answers": {"kind": "perhaps"}}\n')
    with pytest.raises(FileProblems, match=r"wrong.jsonl:1:1: 'kind' has no answer 'perhaps'"):
        made.calibrated(tmp_path / "out.yaml", labels=(str(wrong),))
    wrong.write_text('{"sample_id": "nobody", "answers": {"kind": "yes"}}\n')
    with pytest.raises(RunError, match="no sample 'nobody'"):
        made.calibrated(tmp_path / "out.yaml", labels=(str(wrong),))
    assert not (tmp_path / "out.yaml").exists()


def test_without_its_file_the_judge_is_what_the_run_keeps(made: Made, tmp_path: Path) -> None:
    out = tmp_path / "kept.yaml"
    found = made.calibrated(out, judge=None)
    assert found.version == "1.1.0"
    assert load_judge(out).asked_hash == load_judge(made.judge).asked_hash


def test_too_few_labels_leave_a_criterion_as_it_was(made: Made, tmp_path: Path) -> None:
    labels = tmp_path / "few.jsonl"
    lines = Path(made.labels).read_bytes().splitlines()[:12]
    labels.write_bytes(b"\n".join(lines))
    found = made.calibrated(tmp_path / "out.yaml", labels=(str(labels),))
    assert (found.version, [one.map for one in found.criteria]) == ("", [None] * 3)
    assert "and 10 are wanted" in found.criteria[0].why
    assert not (tmp_path / "out.yaml").exists()
