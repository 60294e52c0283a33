"""The pairwise job, called from Python: what is asked, what is kept, what is asked anew."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.errors import FileProblems, InputError
from rlaif.judging.scripted import ScriptedBackend
from rlaif.judging.scripted_rules import answer_of
from rlaif.ports import Answer, Decision
from rlaif.records.backends import ScriptedJudge
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure
from rlaif.records.pair import pair_digest
from rlaif.records.preference import Preference
from rlaif.runs.compare import PairOrder, compare_run, compared_under
from rlaif.runs.compare_estimate import estimate_pairs
from rlaif.runs.files import rubric_and_text
from rlaif.storage.pair_folder import open_pairs
from rlaif.storage.pair_rows import read_pairs

RUBRIC = """\
rubric: greeting
version: 1.0.0
title: A greeting
criteria:
  - {id: kind, ask: Is the greeting kind to the reader?, weight: 2}
  - {id: flatters, ask: Does the greeting flatter the reader?, weight: -1}
"""
DATA = Path(__file__).parents[3] / "shared" / "data" / "human_pairs.jsonl"


@dataclass
class Heard:
    """What a watcher was told."""

    notes: list[str] = field(default_factory=list)
    begun: list[tuple[int, int]] = field(default_factory=list)
    preferences: list[Preference] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def begin(self, pairs: int, done: int) -> None:
        self.begun.append((pairs, done))

    def compared(self, preference: Preference) -> None:
        self.preferences.append(preference)


@dataclass
class Counted:
    """How many questions went to the judge, and what it broke with after so many."""

    asked: int = 0
    most: float = float("inf")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """The scripted judge, counted."""
    told = Counted()

    def backend(judge: Judge) -> ScriptedBackend:
        spec = judge.spec
        assert isinstance(spec, ScriptedJudge)

        def rule(decision: Decision) -> Answer | Failure:
            told.asked += 1
            if told.asked > told.most:
                raise MemoryError
            return answer_of(decision, spec)

        used = ScriptedBackend(spec, rule=rule)
        used.served = "scripted"
        return used

    monkeypatch.setattr("rlaif.runs.backends.backend_of", backend)
    return told


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))


def row(number: int, **more: Any) -> dict[str, Any]:
    texts = {"completion_a": f"hello, number {number}", "completion_b": f"good day, {number}"}
    return {"pair_id": f"p{number}", "prompt": "Greet.", **texts, **more}


@pytest.fixture
def order(tmp_path: Path) -> PairOrder:
    """Ten pairs, two questions each in two orders, the judge that varies."""
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    write(tmp_path / "pairs.jsonl", [row(n) for n in range(10)])
    return stated(tmp_path, tmp_path / "rubric.yaml")


def stated(folder: Path, rubric: Path) -> PairOrder:
    read, text = rubric_and_text(str(rubric))
    judge = load_judge("scripted-hash")
    return PairOrder(read, text, judge, str(folder / "pairs.jsonl"), folder / "run")


def preferences(order: PairOrder) -> dict[str, Preference | None]:
    return {pair.pair_id: made for pair, made in open_pairs(order.out).compared_pairs()}


def test_every_pair_is_compared_once_and_then_nothing_is_asked(
    order: PairOrder, counted: Counted
) -> None:
    heard = Heard()
    counts = compare_run(order, heard)
    assert (counts.samples, counts.ok, counts.failed, counted.asked) == (10, 10, 0, 40)
    assert heard.begun == [(10, 0)]
    again = Heard()
    compare_run(order, again)
    assert (counted.asked, again.preferences) == (40, [])
    assert again.notes == ["all of it was compared before: nothing is asked"]


def test_what_was_compared_before_the_judge_broke_is_kept(
    order: PairOrder, counted: Counted
) -> None:
    whole = replace(order, out=order.out.with_name("whole"))
    compare_run(whole, Heard())
    counted.asked, counted.most = 0, 17
    with pytest.raises(MemoryError):
        compare_run(order, Heard())
    assert open_pairs(order.out).counts().ok == 4
    counted.asked, counted.most = 0, float("inf")
    compare_run(order, Heard())
    assert counted.asked == 24
    assert preferences(order) == preferences(whole)


def test_a_changed_weight_decides_anew_and_asks_nothing(
    order: PairOrder, counted: Counted, tmp_path: Path
) -> None:
    compare_run(order, Heard())
    before = preferences(order)
    (tmp_path / "rubric.yaml").write_text(RUBRIC.replace("weight: -1", "weight: 5"))
    heard = Heard()
    changed = stated(tmp_path, tmp_path / "rubric.yaml")
    compare_run(changed, heard)
    assert counted.asked == 40
    assert len(heard.preferences) == 10
    assert "the rubric differs from the run's" in heard.notes[0]
    assert preferences(changed) != before


def test_another_reading_of_two_orders_asks_nothing(order: PairOrder, counted: Counted) -> None:
    compare_run(order, Heard())
    assert order.judge
    mean = order.judge.spec.model_copy(update={"pairwise": "mean"})
    compare_run(replace(order, judge=replace(order.judge, spec=mean)), Heard())
    assert counted.asked == 40
    both, found = open_pairs(order.out), preferences(order)
    assert both.manifest.judge
    assert all(made for made in found.values())


def test_a_changed_question_is_asked_and_the_others_are_not(
    order: PairOrder, counted: Counted, tmp_path: Path
) -> None:
    compare_run(order, Heard())
    (tmp_path / "rubric.yaml").write_text(RUBRIC.replace("kind to the", "rude to the"))
    compare_run(stated(tmp_path, tmp_path / "rubric.yaml"), Heard())
    assert counted.asked == 40 + 20


def test_a_changed_pair_is_compared_anew_and_a_label_of_people_is_not(
    order: PairOrder, counted: Counted, tmp_path: Path
) -> None:
    compare_run(order, Heard())
    rows = [row(n, human="a") for n in range(9)] + [row(9, completion_b="go away, you")]
    write(tmp_path / "pairs.jsonl", rows)
    heard = Heard()
    compare_run(order, heard)
    assert counted.asked == 44
    assert heard.notes[0].startswith("the pairs differ from the run's: 0 added, 1 changed")
    assert [p.pair_id for p in heard.preferences] == ["p9"]


def test_a_pair_that_was_swapped_asks_nothing_and_is_mirrored(
    order: PairOrder, counted: Counted, tmp_path: Path
) -> None:
    compare_run(order, Heard())
    before = preferences(order)
    swapped = [pair.pair.swapped for pair in read_pairs(order.pairs) if pair.pair]
    write(tmp_path / "pairs.jsonl", [pair.as_written() for pair in swapped])
    compare_run(order, Heard())
    assert counted.asked == 40
    for pair in swapped:
        was, now = before[pair.pair_id], preferences(order)[pair.pair_id]
        assert was
        assert now
        assert now.margin == -(was.margin or 0)
        assert now.pair_hash == pair_digest(pair)


def test_failures_are_asked_again_on_request_alone(order: PairOrder, counted: Counted) -> None:
    assert order.judge
    spec = order.judge.spec.model_copy(update={"failure_share": 0.3})
    failing = replace(order, judge=replace(order.judge, spec=spec))
    counts = compare_run(failing, Heard())
    assert 0 < counts.failed < 10
    asked = counted.asked
    compare_run(failing, Heard())
    assert counted.asked == asked
    again = compare_run(replace(failing, retry_failed=True), Heard())
    assert counted.asked > asked
    assert again.failed == counts.failed


def test_faults_of_pairs_come_before_any_question(order: PairOrder, counted: Counted) -> None:
    path = Path(order.pairs)
    path.write_bytes(path.read_bytes() + b'\n{"pair_id": "bad"}')
    with pytest.raises(FileProblems):
        compare_run(order, Heard())
    assert counted.asked == 0


def test_nothing_is_made_where_the_order_cannot_be_carried_out(order: PairOrder) -> None:
    with pytest.raises(InputError, match="no such file"):
        compare_run(replace(order, pairs="nowhere.jsonl"), Heard())
    with pytest.raises(InputError, match="name one"):
        compare_run(replace(order, judge=None), Heard())
    assert not order.out.exists()


def test_checks_alone_need_no_judge(order: PairOrder, tmp_path: Path) -> None:
    items = "criteria:\n  - {id: k, check: contains, text: hello}\n"
    (tmp_path / "rubric.yaml").write_text(RUBRIC.partition("criteria:")[0] + items)
    checked = replace(stated(tmp_path, tmp_path / "rubric.yaml"), judge=None)
    compare_run(checked, Heard())
    assert {p.answer for p in preferences(checked).values() if p} == {"a"}


def test_an_estimate_counts_both_orders_and_writes_nothing(order: PairOrder) -> None:
    found = estimate_pairs(order)
    assert (found.pairs, found.questions, found.prescreened) == (10, 40, 0)
    assert "40 questions to the judge, both orders counted" in found.text()
    assert not order.out.exists()


def test_a_preference_depends_on_rubric_judge_reading_and_served_model(order: PairOrder) -> None:
    assert order.judge
    mean = order.judge.spec.model_copy(update={"pairwise": "mean"})
    judges = [order.judge, load_judge("scripted"), replace(order.judge, spec=mean)]
    hashes = {compared_under(order.rubric, judge, "a") for judge in judges}
    assert len(hashes | {compared_under(order.rubric, order.judge, "b")}) == 4


@pytest.mark.slow
def test_the_real_judge_compares_and_a_swapped_pair_is_its_mirror_image(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    write(tmp_path / "pairs.jsonl", [row(0), row(1, completion_b="")])
    order = replace(stated(tmp_path, tmp_path / "rubric.yaml"), judge=load_judge("smollm2-135m"))
    counts = compare_run(order, Heard())
    assert (counts.ok, counts.failed) == (2, 0)
    there = preferences(order)
    pairs = [read.pair.swapped for read in read_pairs(order.pairs) if read.pair]
    write(tmp_path / "pairs.jsonl", [pair.as_written() for pair in pairs])
    other = replace(order, out=tmp_path / "other")
    compare_run(other, Heard())
    back = preferences(other)
    assert there["p1"]
    assert (there["p1"].answer, there["p1"].reason) == ("a", "prescreen:empty")
    assert back["p0"]
    assert there["p0"]
    assert back["p0"].margin == pytest.approx(-(there["p0"].margin or 0), abs=0.005)


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not here")
def test_public_pairs_are_taken_in_and_compared(order: PairOrder) -> None:
    counts = compare_run(replace(order, pairs=str(DATA), limit=100), Heard())
    assert (counts.samples, counts.ok) == (100, 100)
    assert all(pair.human for pair, _ in open_pairs(order.out).compared_pairs())
