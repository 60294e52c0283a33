"""What a dry run says is what the job then asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.cache_folder import verdict_folder
from rlaif.records.judge import Judge
from rlaif.records.panel import CascadeJudge, JuryJudge
from rlaif.reporting.estimated import Estimate, Timed, estimate_text
from rlaif.runs.estimate import estimate
from rlaif.runs.files import rubric_and_text
from rlaif.runs.grade import grade_run
from rlaif.runs.order import Order
from rlaif.storage.manifest import Spent
from rlaif.storage.run_folder import open_run
from tests.runs.counted import CountedBackend, put_in_place, served_judge
from tests.runs.quiet import Quiet

PLAIN = """\
rubric: greeting
version: 1.0.0
title: A greeting
criteria:
  - {id: hello, check: contains, text: hello, gate: true}
  - {id: short, check: length, unit: words, max: 9}
  - {id: kind, ask: Is the greeting kind to the reader?}
  - {id: warm, ask: Is the greeting warm as a whole?}
"""
GATED = PLAIN.replace("kind to the reader?", "kind to the reader?, gate: true")
COMPLETIONS = ("hello my dear friend", "good evening to you", "", "hello again to you")


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> type[CountedBackend]:
    return put_in_place(monkeypatch)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    rows = [
        {"sample_id": str(n), "prompt": "p", "completion": text}
        for n, text in enumerate(COMPLETIONS)
    ]
    return order_of(tmp_path, PLAIN, rows)


def order_of(folder: Path, rubric: str, rows: Sequence[dict[str, Any]]) -> Order:
    (folder / "rubric.yaml").write_text(rubric)
    (folder / "samples.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    loaded, text = rubric_and_text(str(folder / "rubric.yaml"))
    samples = str(folder / "samples.jsonl")
    return Order(loaded, text, served_judge(), samples, folder / "run", recheck=0.0)


def many(count: int = 40, **more: Any) -> list[dict[str, Any]]:
    def text(n: int) -> str:
        return f"hello you, number {n}" if n % 5 else f"good evening, {n}"

    return [
        {"sample_id": f"s{n}", "prompt": "Greet.", "completion": text(n), **more}
        for n in range(count)
    ]


def really_asked(order: Order) -> Spent:
    """What the job asks, by its manifest and by the backend alike."""
    before = open_run(order.out).manifest.spent if (order.out / "manifest.json").exists() else None
    asked, tokens = CountedBackend.asked, CountedBackend.tokens
    grade_run(order, Quiet())
    spent = open_run(order.out).manifest.spent.minus(before or Spent())
    assert spent.asked == CountedBackend.asked - asked
    assert spent.computed + spent.cached == CountedBackend.tokens - tokens
    return spent


def same(found: Estimate, spent: Spent) -> bool:
    return (found.questions, found.tokens, found.recalled) == (
        spent.asked,
        spent.computed + spent.cached,
        spent.recalled,
    )


def test_prescreened_gated_and_asked_are_counted_apart(order: Order) -> None:
    found = estimate(order)
    assert (found.samples, found.prescreened, found.gated) == (4, 1, 1)
    assert (found.checks, found.questions, found.asked_of) == (5, 4, 2)
    assert not found.bounds
    assert not order.out.exists()
    assert CountedBackend.started == 0


def test_it_is_exact_for_a_plain_rubric_with_a_check_as_gate(tmp_path: Path) -> None:
    order = order_of(tmp_path, PLAIN, many())
    found = estimate(order)
    assert found.questions == 64
    assert same(found, really_asked(order))


def test_a_gate_that_the_judge_answers_makes_it_the_most(tmp_path: Path) -> None:
    order = order_of(tmp_path, GATED, many())
    found = estimate(order)
    assert found.bounds == {"gates": 32}
    assert "at most: the judge's own gates may settle more" in estimate_text(found)
    spent = really_asked(order)
    assert 32 < spent.asked < found.questions == 64


def test_a_gate_that_was_answered_before_is_no_guess(tmp_path: Path) -> None:
    order = order_of(tmp_path, GATED, many())
    grade_run(order, Quiet())
    (tmp_path / "rubric.yaml").write_text(GATED.replace("warm as", "really warm as"))
    rubric, text = rubric_and_text(str(tmp_path / "rubric.yaml"))
    changed = replace(order, rubric=rubric, rubric_text=text)
    found = estimate(changed)
    assert not found.bounds
    assert 0 < found.questions < 32
    assert same(found, really_asked(changed))


def test_identical_samples_are_asked_once(tmp_path: Path) -> None:
    twins = [{**row, "sample_id": f"twin of {row['sample_id']}"} for row in many(20)]
    order = order_of(tmp_path, PLAIN, [*many(), *twins, *many(10)])
    order = replace(order, cache=False)
    found = estimate(order)
    assert (found.samples, found.twins, found.questions) == (60, 20, 64)
    assert same(found, really_asked(order))


def test_what_the_run_has_graded_is_taken_off(tmp_path: Path) -> None:
    order = replace(order_of(tmp_path, PLAIN, many()), cache=False)
    grade_run(replace(order, limit=15), Quiet())
    found = estimate(order)
    assert (found.done, found.questions) == (15, 40)
    assert same(found, really_asked(order))
    assert estimate(order).questions == 0


def test_of_failed_grades_only_what_failed_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = replace(order_of(tmp_path, PLAIN, many()), cache=False)
    put_in_place(monkeypatch, failing=0.3)
    failed = 64 - really_asked(order).asked
    put_in_place(monkeypatch)
    assert estimate(order).questions == 0
    again = replace(order, retry_failed=True)
    found = estimate(again)
    assert found.questions == failed > 5
    assert same(found, really_asked(again))


def test_twins_of_a_failed_sample_are_counted_once_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins = [{**row, "sample_id": f"twin of {row['sample_id']}"} for row in many()]
    order = replace(order_of(tmp_path, PLAIN, [*many(), *twins]), cache=False)
    put_in_place(monkeypatch, failing=0.3)
    failed = 64 - really_asked(order).asked
    put_in_place(monkeypatch)
    again = replace(order, retry_failed=True)
    found = estimate(again)
    assert found.questions == failed > 5
    assert same(found, really_asked(again))


def test_what_the_cache_has_is_taken_off_and_not_touched(tmp_path: Path) -> None:
    order = order_of(tmp_path, PLAIN, many())
    grade_run(replace(order, limit=20), Quiet())
    for part in (order.out / "parts").iterdir():
        part.unlink()
    folder = verdict_folder()
    assert folder is not None
    before = (folder / "verdicts.sqlite3").read_bytes()
    found = estimate(order)
    assert (found.done, found.recalled, found.questions) == (0, 32, 32)
    assert (folder / "verdicts.sqlite3").read_bytes() == before
    assert same(found, really_asked(order))


def test_verdicts_that_are_asked_again_on_purpose_are_counted(tmp_path: Path) -> None:
    order = order_of(tmp_path, PLAIN, many())
    grade_run(order, Quiet())
    for part in (order.out / "parts").iterdir():
        part.unlink()
    doubting = replace(order, recheck=0.4)
    found = estimate(doubting)
    assert 10 < found.questions < 54
    assert found.recalled == 64 - found.questions
    assert same(found, really_asked(doubting))


def test_a_judge_that_nobody_has_seen_is_not_looked_up_in_the_cache(tmp_path: Path) -> None:
    order = order_of(tmp_path, PLAIN, many())
    grade_run(order, Quiet())
    found = estimate(replace(order, out=tmp_path / "other"))
    assert (found.questions, found.recalled) == (64, 0)
    assert "--calibrate looks at it" in estimate_text(found)


def test_calibration_starts_the_judge_asks_evenly_and_keeps_the_answers(tmp_path: Path) -> None:
    order = order_of(tmp_path, PLAIN, many())
    found = estimate(order, calibrate=12)
    assert CountedBackend.started == 1
    assert CountedBackend.asked == 12
    timed = found.timed
    assert timed is not None
    assert (timed.asked, timed.kept, found.questions) == (12, True, 64)
    assert 0 < timed.slowest <= timed.rate <= timed.fastest
    assert not order.out.exists()
    spent = really_asked(order)
    assert (spent.asked, spent.recalled) == (52, 12)


@pytest.mark.parametrize(
    ("more", "bound"),
    [
        ({"verdict": "generated"}, 64),
        ({"verdict": "generated", "votes": 3, "temperature": 0.7}, 192),
        ({"verdict": "one_call"}, 32),
        ({"verdict": "holistic"}, 32),
        ({"verdict": "generated", "thinking": True}, 64),
    ],
)
def test_every_way_of_reading_a_verdict_is_counted(
    tmp_path: Path, more: dict[str, Any], bound: int
) -> None:
    order = replace(order_of(tmp_path, PLAIN, many()), judge=served_judge(**more), cache=False)
    found = estimate(order)
    assert found.questions == bound
    assert same(found, really_asked(order))
    assert bool(found.written) == (more["verdict"] != "holistic")


def test_of_one_text_for_all_what_is_asked_again_is_told_apart(tmp_path: Path) -> None:
    order = replace(order_of(tmp_path, PLAIN, many()), judge=served_judge(verdict="one_call"))
    found = estimate(order)
    assert (found.questions, found.again) == (32, 64)
    assert "up to 64 more where a text that answers several cannot be read" in estimate_text(found)


def test_a_jury_is_counted_and_a_cascade_at_most(tmp_path: Path) -> None:
    members = (served_judge("one"), served_judge("two", model="n"))
    named = {"judge": "both", "version": "1.0.0"}
    jury = Judge(JuryJudge.model_validate({**named, "jury": ["one", "two"]}), "", members=members)
    order = replace(order_of(tmp_path, PLAIN, many()), judge=jury, cache=False)
    found = estimate(order)
    assert found.questions == 128
    assert same(found, really_asked(order))
    row = Judge(
        CascadeJudge.model_validate({**named, "cascade": ["one", "two"]}), "", members=members
    )
    order = replace(order, judge=row, out=tmp_path / "in turn")
    found = estimate(order)
    assert found.bounds == {"cascade": 32}
    assert really_asked(order).asked < found.questions == 128


def test_a_price_gives_a_least_and_a_most(tmp_path: Path) -> None:
    judge = served_judge(price={"input": 10, "cached": 1, "output": 100})
    order = replace(order_of(tmp_path, PLAIN, many()), judge=judge, cache=False)
    found = estimate(order)
    spent = really_asked(order)
    assert found.cost_most["USD"] == pytest.approx(spent.cost["USD"])
    assert 0 < found.cost_least["USD"] < found.cost_most["USD"]


def test_code_is_not_run_and_counted_at_most(tmp_path: Path) -> None:
    code = "  - {id: runs, check: program, language: python, cases: [{stdin: a, stdout: b}]}\n"
    found = estimate(order_of(tmp_path, PLAIN + code, many(10)))
    assert found.code == 8
    assert "8 checks in the sandbox, at most" in estimate_text(found)


def test_a_limit_counts(order: Order) -> None:
    assert estimate(replace(order, limit=1)).questions == 2


def test_no_judge_is_needed(order: Order) -> None:
    assert estimate(replace(order, judge=None)).questions == 4


def test_it_is_told_in_words() -> None:
    found = Estimate(samples=3, done=1, questions=1500, asked_of=2, tokens=1500, shared=900)
    found.cost_least, found.cost_most = {"USD": 1.0}, {"USD": 2.5}
    found.timed = Timed(500, 10.0, 5.0, 20.0, True)
    assert estimate_text(found).splitlines() == [
        "3 samples, 1 of them graded before; 0 prescreened, scored 0",
        "0 checks by programs; 0 samples settled by their gates",
        "1,500 questions to the judge about 2 samples",
        "1,500 prompt tokens; 900 of them to compute where a sample's text is computed once",
        "cost: USD 1.00 to USD 2.50",
        "time: 1 min (50 s to 3 min) at 10.0 questions a second, loading not counted",
        "500 questions asked to find that out: their answers are in the cache",
    ]


@pytest.mark.slow
def test_a_real_judges_tokens_are_those_that_it_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("transformers")
    monkeypatch.undo()
    monkeypatch.setenv("RLAIF_VERDICT_CACHE", "off")
    order = replace(order_of(tmp_path, PLAIN, many(4)), judge=load_judge("smollm2-135m"))
    found = estimate(order)
    assert not found.about
    grade_run(order, Quiet())
    spent = open_run(order.out).manifest.spent
    assert (found.questions, found.tokens) == (spent.asked, spent.computed + spent.cached)
