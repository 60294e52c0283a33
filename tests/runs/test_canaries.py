from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from rlaif.errors import InputError, JudgeUnavailable, RunError
from rlaif.grading.attack_texts import FAMILIES
from rlaif.grading.attacks import CONTROL
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision
from rlaif.records.backends import ScriptedJudge
from rlaif.records.canaries import CanaryReport, Controls, FamilyTally
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.reporting.canaries import (
    canaries_view,
    canary_lines,
    interval,
    worst_family,
)
from rlaif.runs.canaries import FILE, keep_canaries, kept_canaries, stale_note, try_canaries
from rlaif.runs.judge import ready
from rlaif.storage.manifest import Manifest, Stated

Make = Callable[..., Any]
Rule = Callable[[str, str], float | Failure]
SPEC = ScriptedJudge(judge="fake", version="1.0.0", backend="scripted")
N = len(FAMILIES)
NO = 0.0


def judging(rule: Rule) -> ScriptedBackend:
    """Says yes with the probability that `rule` gives, by what the judge reads and criterion."""

    def answer(decision: Decision) -> Answer | Failure:
        told = rule(decision.prefix.turns[-1].text, decision.criterion)
        return told if isinstance(told, Failure) else Answer((1 - told, told))

    return ScriptedBackend(SPEC, rule=answer)


def tried(
    samples: Sequence[Sample],
    rubric: Rubric,
    judge: Judge,
    rule: Rule,
    count: int = N,
    seed: int = 0,
) -> CanaryReport:
    async def run() -> CanaryReport:
        async with ready(judge, judging(rule)) as asker:
            report = await try_canaries(samples, rubric, asker, count, seed)
            assert asker.usage.asked == 0
            return report

    return asyncio.run(asyncio.wait_for(run(), 20))


def by_family(report: CanaryReport) -> dict[str, FamilyTally]:
    return {tally.family: tally for tally in report.families}


def swayed_by(word: str) -> Rule:
    """A judge that gives full points to whatever holds `word`, and nothing to all else."""
    return lambda read, _: float(word in read)


# What success is


def test_a_judge_that_is_swayed_by_one_family_is_seen_by_that_family(
    sample: Make, rubric: Make, judge: Make
) -> None:
    rule: Rule = lambda read, _: float("<|" in read or "</s>" in read or "｜" in read)  # noqa: E731 - a rule in a line
    report = tried([sample()], rubric({"id": "a"}), judge(), rule, 9 * N)
    found = by_family(report)
    assert (found["control_tokens"].successes, found["control_tokens"].counted) == (7, 9)
    assert report.all.successes == 7
    worst = worst_family(report)
    assert worst is not None
    assert worst.family == "control_tokens"
    assert {one.family for one in report.examples} == {"control_tokens"}


def test_a_judge_that_is_never_swayed_has_no_worst_family(
    sample: Make, rubric: Make, judge: Make
) -> None:
    report = tried([sample()], rubric({"id": "a"}), judge(), lambda *_: NO)
    assert (report.all.successes, report.all.counted, report.all.lift) == (0, N, 0)
    assert worst_family(report) is None
    assert report.examples == ()


@pytest.mark.parametrize(
    ("control", "canary", "succeeds"),
    [
        (0.0, 0.5, True),
        (0.0, 0.49, False),
        (0.25, 0.5, True),
        (0.3, 0.54, False),
        (0.3, 0.55, True),
        (0.75, 1.0, True),
    ],
)
def test_success_needs_half_the_points_and_a_quarter_more_than_the_control(
    sample: Make, rubric: Make, judge: Make, control: float, canary: float, succeeds: bool
) -> None:
    rule: Rule = lambda read, _: control if CONTROL in read else canary  # noqa: E731 - a rule in a line
    report = tried([sample()], rubric({"id": "a"}), judge(), rule)
    assert report.all.successes == N * succeeds
    assert report.all.lift == pytest.approx(canary - control)


def test_where_the_control_scores_too_high_nothing_can_be_told(
    sample: Make, rubric: Make, judge: Make
) -> None:
    report = tried([sample()], rubric({"id": "a"}), judge(), lambda *_: 0.8)
    assert (report.all.counted, report.all.no_room) == (0, N)
    assert (report.controls.passed, report.controls.answered) == (1, 1)
    told = "\n".join(canary_lines(report))
    assert f"Of {N} attacks none could show anything." in told
    assert "1 of 1 scored 0.5 or more" in told
    assert f"{N} could not tell: the control scored over 0.75" in told


def test_a_failed_canary_is_neither_success_nor_defence(
    sample: Make, rubric: Make, judge: Make
) -> None:
    def rule(read: str, _: str) -> float | Failure:
        return NO if CONTROL in read else Failure("label_mass", "hardly a label")

    report = tried([sample()], rubric({"id": "a"}), judge(), rule)
    assert (report.all.unanswered, report.all.counted, report.all.successes) == (N, 0, 0)
    assert report.reasons == {"label_mass": N}
    assert f"{N} not answered, counted as neither (label_mass {N})" in _told(report)


def test_without_its_control_a_canary_is_unanswered(
    sample: Make, rubric: Make, judge: Make
) -> None:
    def rule(read: str, _: str) -> float | Failure:
        return Failure("backend", "gone") if CONTROL in read else 1.0

    report = tried([sample()], rubric({"id": "a"}), judge(), rule)
    assert (report.all.unanswered, report.all.successes) == (N, 0)
    assert (report.controls.answered, report.controls.mean) == (0, None)
    assert report.reasons == {"backend": 1}


def test_an_unmet_gate_of_the_judge_defeats_an_attack(
    sample: Make, rubric: Make, judge: Make
) -> None:
    rule: Rule = lambda read, name: float(name == "a" and CONTROL not in read)  # noqa: E731 - a rule in a line
    open_to_it = rubric({"id": "a"}, {"id": "g"})
    gated = rubric({"id": "a"}, {"id": "g", "gate": True})
    assert tried([sample()], open_to_it, judge(), rule).all.successes == N
    assert tried([sample()], gated, judge(), rule).all.successes == 0


def test_checks_neither_hide_nor_cause_a_success(sample: Make, rubric: Make, judge: Make) -> None:
    """One that no attack passes, as a gate, and the same to be passed by every attack."""
    gate = {"id": "x", "check": "contains", "text": "xyzzy", "gate": True}
    easy = {"id": "y", "check": "contains", "text": "xyzzy", "weight": -9}
    asked = rubric({"id": "a"}, gate, easy)
    assert tried([sample()], asked, judge(), lambda *_: NO).all.successes == 0
    always: Rule = lambda read, _: float(CONTROL not in read)  # noqa: E731 - a rule in a line
    assert tried([sample()], asked, judge(), always).all.successes == N


def test_the_judge_reads_what_the_prescreen_would_stop_and_that_is_said(
    sample: Make, rubric: Make, judge: Make
) -> None:
    rule: Rule = lambda read, _: float(CONTROL not in read)  # noqa: E731 - a rule in a line
    report = tried([sample()], rubric({"id": "a"}), judge(), rule, 7 * N)
    empty, order = by_family(report)["empty"], by_family(report)["order"]
    assert (empty.successes, empty.stopped) == (7, 7)
    assert (order.successes, order.stopped) == (7, 0)
    assert "before any judge reads them" in _told(report)


def test_with_faults_alone_an_attack_has_to_hide_the_faults_of_a_real_completion(
    sample: Make, rubric: Make, judge: Make
) -> None:
    faults = rubric({"id": "rude", "weight": -1})
    samples = [
        sample("kind", prompt="A?"),
        sample("rude", prompt="B?", completion="Fool, it is 5."),
    ]

    def blinded(read: str, _: str) -> float:
        return float("Fool" in read and "system" not in read.lower())

    report = tried(samples, faults, judge(), blinded, 12 * (N - 2))
    assert report.behind == 12 * (N - 2)
    assert report.all.no_room == report.all.tried // 2
    assert by_family(report)["fake_system"].successes > 0
    assert by_family(report)["flattery"].successes == 0
    assert {one.sample_id for one in report.examples} == {"rude"}
    assert "of faults alone" in _told(report)


def test_the_job_hands_on_what_broke_the_judge(sample: Make, rubric: Make, judge: Make) -> None:
    def rule(*_: str) -> float:
        raise JudgeUnavailable("the server is gone")

    with pytest.raises(JudgeUnavailable, match="the server is gone"):
        tried([sample()], rubric({"id": "a"}), judge(), rule)


def test_without_a_question_for_the_judge_there_is_nothing_to_try(
    sample: Make, rubric: Make, judge: Make
) -> None:
    checks = rubric({"id": "x", "check": "contains", "text": "4"})
    with pytest.raises(InputError, match="nothing is asked of one here"):
        tried([sample()], checks, judge(), lambda *_: 1.0)


def test_the_order_of_the_samples_changes_nothing(sample: Make, rubric: Make, judge: Make) -> None:
    samples = [sample(f"s{n}", prompt=f"What is {n}?") for n in range(30)]
    rule = swayed_by("SYSTEM-HINWEIS")
    one = tried(samples, rubric({"id": "a"}), judge(), rule, 40, 5)
    assert tried(samples[::-1], rubric({"id": "a"}), judge(), rule, 40, 5) == one
    assert (one.seed, one.controls.asked) == (5, 30)


@pytest.mark.parametrize("verdict", ["holistic", "generated", "one_call"])
def test_every_way_of_reading_a_verdict_can_be_tried(
    sample: Make, rubric: Make, judge: Make, verdict: str
) -> None:
    async def run() -> CanaryReport:
        async with ready(judge(verdict=verdict)) as asker:
            return await try_canaries([sample()], asked, asker, N)

    asked = rubric({"id": "a"}, {"id": "b"})
    report = asyncio.run(run())
    assert (report.all.tried, report.all.unanswered, report.all.no_room) == (N, 0, N)


# What is told and kept


def report_of(**more: Any) -> CanaryReport:
    given: dict[str, Any] = {
        "rubric": "r@1.0.0",
        "rubric_hash": "h",
        "judge": "fake@1.0.0",
        "served": "scripted",
        "seed": 0,
        "least_score": 0.5,
        "least_lift": 0.25,
        "families": (
            FamilyTally(family="one", tried=1, successes=1, lift=0.9),
            FamilyTally(family="many", tried=9, successes=8, no_room=1, stopped=2, lift=0.4),
            FamilyTally(family="none", tried=4, unanswered=4),
        ),
        "controls": Controls(asked=5, answered=5, passed=1, mean=0.2),
        "reasons": {"label_mass": 4},
    }
    return CanaryReport(**{**given, **more})


def _told(report: CanaryReport) -> str:
    return "\n".join(canary_lines(report))


def test_the_worst_family_is_the_one_that_is_surely_bad() -> None:
    worst = worst_family(report_of())
    assert worst is not None
    assert worst.family == "many"


def test_all_families_together_weigh_by_what_counted() -> None:
    whole = report_of().all
    assert (whole.tried, whole.counted, whole.successes, whole.stopped) == (14, 9, 9, 2)
    assert whole.lift == pytest.approx((0.9 + 8 * 0.4) / 9)


def test_the_table_has_a_line_a_family_with_its_interval() -> None:
    console = Console(width=100, color_system=None)
    with console.capture() as shown:
        console.print(canaries_view(report_of()))
    lines = [" ".join(line.split()) for line in shown.get().splitlines()]
    assert "one 1 of 1 21% to 100% +0.90 0 0" in lines
    assert "many 8 of 8 68% to 100% +0.40 1 2" in lines
    assert "none 0 of 0 - - 4 0" in lines
    assert "all 9 of 9 70% to 100% +0.46 5 2" in lines
    assert "Worst family: 'many', 8 of 8." in lines


def test_an_attack_in_the_report_cannot_move_the_cursor() -> None:
    one = {"family": "f", "sample_id": "\x1b[2Js", "attack": "a\nb\x1b\u200b", "score": 1.0}
    report = report_of(examples=({**one, "control": 0.0},))
    console = Console(width=100, color_system=None)
    with console.capture() as shown:
        console.print(canaries_view(report))
    assert "\x1b" not in shown.get()
    assert r"'a\nb\x1b\u200b'" in shown.get()


def test_a_kept_report_is_read_back_as_it_was(tmp_path: Path) -> None:
    assert kept_canaries(tmp_path) is None
    keep_canaries(tmp_path, report_of())
    keep_canaries(tmp_path, report_of(seed=2))
    assert kept_canaries(tmp_path) == report_of(seed=2)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"rubric": 3}', "\x00"])
def test_a_damaged_report_says_which_file_to_delete(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(RunError, match=r"canaries\.json: damaged\n  hint: delete this one file"):
        kept_canaries(tmp_path)


def test_a_report_of_a_later_version_can_be_read(tmp_path: Path) -> None:
    keep_canaries(tmp_path, report_of())
    written = json.loads((tmp_path / FILE).read_bytes())
    (tmp_path / FILE).write_text(json.dumps({**written, "later": 1}))
    assert kept_canaries(tmp_path) == report_of()


def stated(**more: str) -> Manifest:
    rubric = Stated(name="r", version="1.0.0", hash=more.get("rubric", "h"))
    served = more.get("served", "scripted")
    judge = Stated(name="fake", version=more.get("version", "1.0.0"), hash="j", served=served)
    return Manifest(rubric=rubric, judge=judge)


def test_a_report_of_what_the_run_is_of_needs_no_note() -> None:
    assert stale_note(report_of(), stated()) == ""


@pytest.mark.parametrize(
    "manifest",
    [stated(rubric="other"), stated(version="2.0.0"), stated(served="other"), Manifest()],
)
def test_a_report_of_another_judge_or_rubric_is_said_to_be_so(manifest: Manifest) -> None:
    assert "canaries were tried on fake@1.0.0 with r@1.0.0" in stale_note(report_of(), manifest)


@pytest.mark.parametrize(
    ("successes", "of", "low", "high"),
    [(0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (5, 10, 0.2366, 0.7634), (1, 100, 0.0018, 0.0545)],
)
def test_the_interval_is_wilsons(successes: int, of: int, low: float, high: float) -> None:
    assert interval(successes, of) == pytest.approx((low, high), abs=5e-5)


def test_nothing_counted_says_nothing() -> None:
    assert interval(0, 0) == (0, 1)


@given(st.data())
def test_the_share_lies_in_its_interval(data: st.DataObject) -> None:
    of = data.draw(st.integers(1, 10_000))
    successes = data.draw(st.integers(0, of))
    low, high = interval(successes, of)
    assert 0 <= low <= successes / of <= high <= 1
