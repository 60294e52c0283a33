"""From a run of comparisons and what people prefer to a judge that is read otherwise, unasked."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import exp
from pathlib import Path
from typing import Any

import orjson
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("scipy")

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.lint import lint_file
from rlaif.errors import FileProblems, InputError, RunError
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision
from rlaif.records.backends import ScriptedJudge
from rlaif.records.calibrated import CalibrationOrder
from rlaif.records.calibration import Costs
from rlaif.records.identity import digest
from rlaif.records.judge import Judge
from rlaif.records.pair_calibration import PairCalibration
from rlaif.records.preference import Preference
from rlaif.reporting.calibration_pairs import PairsReport
from rlaif.runs.agree import agree
from rlaif.runs.agree_asked import Asked
from rlaif.runs.calibrate import Calibrating
from rlaif.runs.calibrate_labels import Split
from rlaif.runs.calibrate_pairs import calibrate_pairs
from rlaif.runs.compare import PairOrder, compare_run
from rlaif.runs.files import rubric_and_text
from rlaif.runs.verify import verify_run
from rlaif.storage.pair_folder import open_pairs
from tests.runs.test_compare import Heard

RUBRIC = """\
rubric: reply
version: 1.0.0
title: A reply
criteria:
  - {id: good, ask: Is the reply a good one?}
"""
JUDGE = """\
# Goes by the place
judge: placed
version: 1.0.0
backend: scripted
answers: hash
"""
COUNT = 300
_WORTH = re.compile(r"worth (\d+)")
_PEOPLE: dict[str, float] = {"slope": 0.05, "tie": 8}


def chance(name: str) -> float:
    return int(digest(name)[:8], 16) / 2**32


def worth(number: int, side: str) -> int:
    return int(100 * chance(f"{number} {side}"))


def by_place(decision: Decision) -> Answer:
    """Mostly for whichever is shown first, and a little for the one that is worth more."""
    first, second = map(int, _WORTH.findall(decision.prefix.turns[-1].text))
    one = 1 / (1 + exp(-(2.5 + 0.02 * (first - second))))
    Asking.asked += 1
    return Answer(((1 - one) * 0.9, 0.1, one * 0.9))


class Asking:
    """How often the judge was asked."""

    asked = 0


def put_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def backend(judge: Judge) -> ScriptedBackend:
        assert isinstance(judge.spec, ScriptedJudge)
        used = ScriptedBackend(judge.spec, rule=by_place)
        used.served = "scripted"
        return used

    Asking.asked = 0
    monkeypatch.setattr("rlaif.runs.backends.backend_of", backend)


def preferred(number: int) -> str:
    """People see more clearly than the judge, and say tie where the two are nearly alike."""
    apart = worth(number, "a") - worth(number, "b")
    if abs(apart) <= _PEOPLE["tie"]:
        return "tie"
    return "a" if chance(f"who {number}") < 1 / (1 + exp(-_PEOPLE["slope"] * apart)) else "b"


def rows() -> list[dict[str, Any]]:
    texts = [{f"completion_{s}": f"A reply worth {worth(n, s)}." for s in "ab"}
             for n in range(COUNT)]  # fmt: skip
    return [
        {"pair_id": f"p{n}", "prompt": f"Ask {n}.", "human": preferred(n), **one}
        for n, one in enumerate(texts)
    ]


def write(path: Path, lines: list[dict[str, Any]]) -> str:
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return str(path)


class Made:
    """A run of pairs with the judge file that compared them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.judge = folder, folder / "judge.yaml"
        self.judge.write_text(JUDGE)
        (folder / "rubric.yaml").write_text(RUBRIC)
        read, text = rubric_and_text(str(folder / "rubric.yaml"))
        pairs = write(folder / "pairs.jsonl", rows())
        judge = load_judge(self.judge)
        self.order = PairOrder(read, text, judge, pairs, folder / "run", cache=False)
        compare_run(self.order, Heard())
        self.run = self.order.out

    def calibrated(self, out: Path, **more: Any) -> PairsReport:
        order = CalibrationOrder(**({"draws": 200} | more.pop("order", {})))
        given: dict[str, Any] = {"judge": str(self.judge), "labels": (), "run": self.run}
        return calibrate_pairs(Calibrating(out=out, order=order, **(given | more)))

    def again(self, judge: Judge, to: Path, **more: Any) -> tuple[PairOrder, Heard]:
        """Compared once more in a copy of the run."""
        shutil.copytree(self.run, to)
        order, heard = replace(self.order, judge=judge, out=to, **more), Heard()
        compare_run(order, heard)
        return order, heard


def preferences(run: Path) -> dict[str, Preference]:
    return {pair.pair_id: made for pair, made in open_pairs(run).compared_pairs() if made}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with pytest.MonkeyPatch.context() as patched:
        put_in_place(patched)
        yield Made(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_place(monkeypatch)


@pytest.fixture(scope="module")
def once(made: Made) -> tuple[PairsReport, Judge]:
    out = made.folder / "calibrated.yaml"
    return made.calibrated(out), load_judge(out)


def map_in(judge: Judge) -> PairCalibration:
    maps = judge.spec.calibration
    assert maps is not None
    assert maps.pairs is not None
    return maps.pairs


def test_a_judge_that_goes_by_the_place_does_better_on_what_it_was_not_fitted_on(
    once: tuple[PairsReport, Judge],
) -> None:
    found, judge = once
    assert (found.version, found.answers, found.unread) == ("1.1.0", COUNT, 0)
    figures = found.found.figures
    assert figures["preferred"].before.value == 0.5  # every pair a tie: the orders disagree
    for name, better in (("accuracy", 1), ("preferred", 1), ("log_loss", -1), ("brier", -1)):
        change = figures[name].difference
        assert change.low is not None
        assert change.high is not None
        assert min(better * change.low, better * change.high) > 0
    pairs = map_in(judge)
    assert pairs.slope > 1
    assert 0 < pairs.tie_below < 0.5
    assert pairs.held_out is not None
    assert pairs.held_out.labels + (pairs.labels or 0) == COUNT
    assert pairs.held_out.before.preferred == 0.5
    assert pairs.fitted.labels == found.labels


def test_comparing_again_reads_the_run_by_it_without_a_question(
    made: Made, once: tuple[PairsReport, Judge], tmp_path: Path
) -> None:
    before, pairs = preferences(made.run), map_in(once[1])
    order, _ = made.again(once[1], tmp_path / "run")
    assert Asking.asked == 0
    after = preferences(order.out)
    assert after.keys() == before.keys()
    for name, one in after.items():
        old = before[name]
        assert old.answer == "tie"
        assert one.criteria[0].outcomes == old.criteria[0].outcomes
        assert one.criteria[0].keys == old.criteria[0].keys
        stated = one.criteria[0].margin
        assert stated is not None
        assert one.margin == pairs.of(stated)
        wanted = "tie" if abs(one.margin) <= pairs.tie_below else "a" if one.margin > 0 else "b"
        assert one.answer == wanted
    assert {one.answer for one in after.values()} == {"a", "b", "tie"}
    assert verify_run(order.out).sound


def test_a_judge_that_is_calibrated_is_measured_on_the_other_prompts_alone(
    made: Made, once: tuple[PairsReport, Judge], tmp_path: Path
) -> None:
    pytest.importorskip("krippendorff")
    order, _ = made.again(once[1], tmp_path / "run")
    found = agree(Asked(order.out, (), resamples=100))
    assert found.labelled == once[0].found.held_out
    assert found.fitted is not None
    told = once[0].found.figures["accuracy"].after.value
    table = found.criteria[0].confusion
    alike = sum(row[place] for place, row in enumerate(table)) / sum(map(sum, table))
    assert alike == pytest.approx(told)


def test_labels_of_their_own_are_read_and_people_may_differ(
    made: Made, once: tuple[PairsReport, Judge], tmp_path: Path
) -> None:
    lines = [{"pair_id": f"p{n}", "annotator": who, "human": preferred(n)}
             for n in range(COUNT) for who in ("ann", "bob")]  # fmt: skip
    elsewhere = {"pair_id": "elsewhere", "human": "a"}
    labels = write(tmp_path / "labels.jsonl", [*lines, elsewhere])
    found = made.calibrated(tmp_path / "j.yaml", labels=(labels,))
    assert (found.answers, found.annotators, found.unknown) == (2 * COUNT, 2, 1)
    assert map_in(load_judge(tmp_path / "j.yaml")).slope == pytest.approx(
        map_in(once[1]).slope, rel=0.05
    )


def test_other_criteria_are_compared_as_stated_and_that_is_said(
    made: Made, once: tuple[PairsReport, Judge], tmp_path: Path
) -> None:
    edited = tmp_path / "rubric.yaml"
    edited.write_text(RUBRIC.replace("a good one", "a kind one"))
    read, text = rubric_and_text(str(edited))
    few = write(tmp_path / "few.jsonl", rows()[:6])
    order = replace(made.order, rubric=read, rubric_text=text, pairs=few, judge=once[1])
    heard = Heard()
    compare_run(replace(order, out=tmp_path / "run"), heard)
    assert sum("are others, or weigh otherwise" in note for note in heard.notes) == 1
    assert {one.answer for one in preferences(tmp_path / "run").values()} == {"tie"}


def test_the_same_labels_again_are_refused_unless_it_is_wished(
    made: Made, once: tuple[PairsReport, Judge], tmp_path: Path
) -> None:
    order, _ = made.again(once[1], tmp_path / "run")
    given = {"run": order.out, "judge": str(made.folder / "calibrated.yaml")}
    out = tmp_path / "again.yaml"
    with pytest.raises(InputError, match=r"calibrated on these very labels already .*\n.*--refit"):
        made.calibrated(out, **given)
    found = made.calibrated(out, **given, refit=True)
    assert found.version == "1.2.0"
    assert found.found.figures == once[0].found.figures
    second = map_in(load_judge(out))
    assert (second.slope, second.tie_below) == (map_in(once[1]).slope, map_in(once[1]).tie_below)


def test_the_maps_of_grades_in_the_file_stay(made: Made, tmp_path: Path) -> None:
    held = tmp_path / "held.yaml"
    held.write_text(JUDGE + "calibration:\n  others: {method: temperature, temperature: 2}\n")
    out = tmp_path / "both.yaml"
    made.calibrated(out, judge=str(held))
    maps = load_judge(out).spec.calibration
    assert maps is not None
    assert maps.others is not None
    assert maps.others.temperature == 2
    assert maps.pairs is not None


def test_lint_says_that_a_changed_judge_is_not_calibrated(
    made: Made, once: tuple[PairsReport, Judge], tmp_path: Path
) -> None:
    text = (made.folder / "calibrated.yaml").read_text()
    same, other = tmp_path / "same.yaml", tmp_path / "other.yaml"
    same.write_text(text)
    other.write_text(text.replace("answers: hash", "answers: best"))
    said = [" ".join(map(str, lint_file(path))) for path in (same, other)]
    assert ["changed since it was calibrated" in one for one in said] == [False, True]


def test_people_whom_the_judge_does_not_follow_leave_it_as_it_is(
    made: Made, tmp_path: Path
) -> None:
    said = [{"pair_id": f"p{n}", "human": "ab"[chance(f"coin {n}") < 0.5]} for n in range(COUNT)]
    out = tmp_path / "out.yaml"
    found = made.calibrated(out, labels=(write(tmp_path / "l.jsonl", said),))
    assert (found.version, found.found.map) == ("", None)
    assert found.found.why
    few = write(tmp_path / "few.jsonl", said[:30])
    assert "are wanted" in made.calibrated(out, labels=(few,)).found.why
    assert not out.exists()


BAD: list[tuple[Callable[[Made, Path], Any], str]] = [
    (lambda made, out: made.calibrated(out, order={"method": "platt"}), "--method: .* run of pai"),
    (lambda made, out: made.calibrated(out, costs={"good": Costs()}), "--cost: .* run of pairs"),
    (lambda made, out: made.calibrated(out, probe=True), "--probe: .* run of pairs"),
    (lambda made, out: made.calibrated(out, others=True), "--others: .* run of pairs"),
    (lambda made, out: made.calibrated(out, split=Split(0, 1.0)), "nothing would be left to meas"),
    (lambda made, out: made.calibrated(out, judge="scripted"), "is not the judge that graded"),
    (lambda made, out: made.calibrated(made.judge), "already there\n  hint: --force"),
]


@pytest.mark.parametrize(("act", "told"), BAD)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    made: Made, tmp_path: Path, act: Callable[[Made, Path], Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        act(made, tmp_path / "out.yaml")
    assert list(tmp_path.iterdir()) == []


def test_labels_that_fit_no_run_of_pairs_are_refused(made: Made, tmp_path: Path) -> None:
    labels, out = tmp_path / "l.jsonl", tmp_path / "out.yaml"
    given = {"labels": (str(labels),)}
    write(labels, [{"sample_id": "p1", "answers": {"good": "yes"}}])
    with pytest.raises(InputError, match="the run has pairs"):
        made.calibrated(out, **given)
    write(labels, [{"pair_id": "nobody", "human": "a"}])
    with pytest.raises(RunError, match=r"l.jsonl:1: no pair 'nobody'"):
        made.calibrated(out, **given)
    write(labels, [{"pair_id": "p1", "human": "both"}])
    with pytest.raises(FileProblems, match=r"l.jsonl:1"):
        made.calibrated(out, **given)
    labels.write_text("")
    with pytest.raises(InputError, match="there is no preference in the labels"):
        made.calibrated(out, **given)


def test_pairs_that_say_nothing_need_labels(made: Made, tmp_path: Path) -> None:
    bare = [{key: one[key] for key in one.keys() - {"human"}} for one in rows()[:4]]
    pairs = write(tmp_path / "bare.jsonl", bare)
    compare_run(replace(made.order, pairs=pairs, out=tmp_path / "run"), Heard())
    with pytest.raises(InputError, match="do not say which one people preferred"):
        made.calibrated(tmp_path / "out.yaml", run=tmp_path / "run")
