"""A judge's calibration: what it does to answers, and to which questions."""

from __future__ import annotations

from itertools import pairwise
from math import isclose
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from rlaif.grading.calibrating import Calibrating, calibrating, calibration_note, question_hash
from rlaif.grading.verdict import answered
from rlaif.records.backends import ScriptedJudge
from rlaif.records.calibration import Calibration, CalibrationMap
from rlaif.records.criterion import Checked, Criterion, Judged
from rlaif.records.judge import Judge, ask_fingerprint
from rlaif.records.judge_base import Labels
from rlaif.records.outcome import Skipped, Verdict
from rlaif.records.panel import JuryJudge
from rlaif.records.rubric import Rubric
from rlaif.runs.judge import no_judge

SHARE = st.floats(0, 1)
MAPS = st.one_of(
    st.floats(0.05, 20).map(lambda t: CalibrationMap(method="temperature", temperature=t)),
    st.tuples(st.floats(0.01, 50), st.floats(-20, 20)).map(
        lambda ab: CalibrationMap(method="platt", slope=ab[0], intercept=ab[1])
    ),
    st.lists(st.tuples(SHARE, SHARE), min_size=1, max_size=8).map(
        lambda points: CalibrationMap(
            method="isotonic",
            points=tuple(zip(sorted({x for x, _ in points}), sorted(y for _, y in points))),  # noqa: B905 - the shorter one decides
        )
    ),
)
IDENTITIES = [
    CalibrationMap(method="none"),
    CalibrationMap(method="temperature", temperature=1),
    CalibrationMap(method="platt", slope=1, intercept=0),
    CalibrationMap(method="isotonic", points=((0, 0), (1, 1))),
]


def ask(**more: Any) -> Judged:
    return Judged.model_validate({"id": "c", "ask": "Is it so, then?", **more})


def rubric(*items: Criterion, **more: Any) -> Rubric:
    written = [item.as_written() for item in items]
    head = {"rubric": "r", "version": "1.0.0", "title": "T"}
    return Rubric.model_validate({**head, "criteria": written, **more})


TAUGHT = {"prompt": "Greet.", "completion": "hello", "expect": {"c": "yes"}, "teach": True}


def judge(**calibration: Any) -> Judge:
    plain = no_judge()
    found = Calibration.model_validate(calibration)
    return Judge(plain.spec.model_copy(update={"calibration": found}), plain.template)


def calibrated(criterion: Judged, **stated: Any) -> Judge:
    question = question_hash(criterion, Labels())
    return judge(criteria={criterion.id: {"question": question, **stated}})


@given(MAPS, SHARE, SHARE)
def test_a_map_never_turns_two_probabilities_round(
    found: CalibrationMap, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert found.of((1 - low, low))[1] <= found.of((1 - high, high))[1] + 1e-12


@given(MAPS, st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_what_is_read_adds_up_to_1(found: CalibrationMap, parts: list[float]) -> None:
    assume(sum(parts) > 1e-6)
    shares = tuple(part / sum(parts) for part in parts)
    read = found.of(shares)
    assert isclose(sum(read), 1)
    assert all(0 <= share <= 1 for share in read)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=6), st.floats(0.05, 20))
def test_a_temperature_reads_any_number_of_answers(parts: list[float], hot: float) -> None:
    assume(sum(parts) > 1e-6)
    shares = tuple(part / sum(parts) for part in parts)
    read = CalibrationMap(method="temperature", temperature=hot).of(shares)
    assert isclose(sum(read), 1)
    ranked = sorted(range(len(shares)), key=shares.__getitem__)
    pairs = pairwise(ranked)
    assert all(read[one] <= read[other] + 1e-12 for one, other in pairs)


@pytest.mark.parametrize("found", IDENTITIES)
@given(yes=SHARE, na=st.floats(0, 1))
def test_a_map_that_changes_nothing_changes_nothing(
    found: CalibrationMap, yes: float, na: float
) -> None:
    criterion = ask(allow_na=True)
    outcome = Verdict(((1 - yes) * (1 - na), yes * (1 - na), na))
    plain, read = answered(criterion, outcome), answered(criterion, outcome, "", found)
    assert (read.answer, read.outcome) == (plain.answer, plain.outcome)
    for one, other in ((read.value, plain.value), (read.probability, plain.probability)):
        assert one == other or (one is not None and isclose(one, other or 0, abs_tol=1e-12))


def test_the_verdict_stays_as_the_judge_gave_it_and_all_else_is_read_anew() -> None:
    outcome = Verdict((0.2, 0.8))
    found = CalibrationMap(method="platt", slope=1, intercept=-2)
    read = answered(ask(), outcome, "k", found)
    assert read.outcome is outcome
    assert (read.answer, read.key) == ("no", "k")
    assert read.value == pytest.approx(0.35121, abs=1e-5)
    assert read.probability == pytest.approx(0.64879, abs=1e-5)


def test_a_threshold_decides_yes_and_leaves_the_value() -> None:
    read = answered(ask(), Verdict((0.3, 0.7)), "", CalibrationMap(method="none", yes_from=0.8))
    assert (read.answer, read.value, read.probability) == ("no", 0.7, 0.3)


def test_does_not_apply_is_no_part_of_what_is_mapped() -> None:
    hot = CalibrationMap(method="temperature", temperature=2)
    read = answered(ask(allow_na=True), Verdict((0.12, 0.48, 0.4)), "", hot)
    assert read.value == pytest.approx(2 / 3)
    assert read.probability == pytest.approx(0.6 * 2 / 3)
    skipped = answered(ask(allow_na=True), Verdict((0.1, 0.3, 0.6)), "", hot)
    assert skipped.outcome == Skipped("na", Verdict((0.1, 0.3, 0.6)))
    assert skipped.probability == 0.6


def test_another_weight_point_or_gate_is_the_same_question_and_another_word_is_not() -> None:
    levels = [{"bad": {"points": 0}}, {"good": {"points": 4}}]
    rich = [{"bad": {"points": 1}}, {"good": {"points": 9}}]
    named = [{"bad": "wrong"}, "good"]
    plain = question_hash(ask(), Labels())
    tested = {**TAUGHT, "teach": False}
    assert plain == question_hash(ask(), Labels(), rubric(ask(), examples=[tested]))
    assert plain == question_hash(ask(weight=-3, gate=True, about="x", when={"a": 1}), Labels())
    assert question_hash(ask(levels=levels), None) == question_hash(ask(levels=rich), None)
    others = [
        question_hash(ask(ask="Is it so, or not?"), Labels()),
        question_hash(ask(guidance="Yes if so."), Labels()),
        question_hash(ask(allow_na=True), Labels()),
        question_hash(ask(), Labels(yes="True", no="False")),
        question_hash(ask(levels=["bad", "good"]), None),
        question_hash(ask(levels=named), None),
        question_hash(ask(range={"worst": 1, "best": 5}), None),
        question_hash(ask(needs=["reference"]), Labels()),
        question_hash(ask(), Labels(), rubric(ask(), reasoning="judge")),
        question_hash(ask(), Labels(), rubric(ask(), examples=[TAUGHT])),
    ]
    assert len({plain, *others}) == len(others) + 1


def test_a_map_reads_only_the_question_that_it_was_fitted_on() -> None:
    of = calibrated(ask(), method="temperature", temperature=2)
    found = Calibrating(of, rubric(ask()))
    assert found.map_of(ask(weight=7)) is not None
    edited = ask(ask="Is it so, or not?")
    assert found.map_of(edited) is None
    assert found.map_of(ask()) is not None
    assert "not calibrated for 'c'" in calibration_note(of, rubric(edited))
    assert calibration_note(of, rubric(ask())) == ""


@pytest.mark.parametrize("more", [{"examples": [TAUGHT]}, {"reasoning": "judge"}])
def test_a_judge_that_is_taught_or_shown_something_else_is_not_read_by_old_maps(
    more: dict[str, Any],
) -> None:
    of = calibrated(ask(), method="temperature", temperature=2)
    assert Calibrating(of, rubric(ask(), **more)).map_of(ask()) is None
    note = calibration_note(of, rubric(ask(), **more))
    assert "asked otherwise since" in note
    assert "the examples that teach" in note


def test_a_map_for_yes_and_no_reads_no_levels() -> None:
    levels = ask(levels=["bad", "good"])
    of = calibrated(levels, method="platt", slope=2, intercept=0)
    assert Calibrating(of).map_of(levels) is None
    assert calibration_note(of, rubric(levels))


def test_the_map_of_others_reads_yes_or_no_without_a_map_of_its_own() -> None:
    question = question_hash(ask(), Labels())
    of = judge(
        criteria={"c": {"method": "none", "question": question}},
        others={"method": "temperature", "temperature": 3},
    )
    found = Calibrating(of)
    other = ask(id="d")
    assert found.map_of(other) == of.spec.calibration.others  # type: ignore[union-attr]  # stated above
    assert found.map_of(ask(id="e", levels=["bad", "good"])) is None
    assert found.map_of(ask(ask="Edited since then?")) is None
    assert found.map_of(ask()).method == "none"  # type: ignore[union-attr]  # it has its own


def test_a_judge_that_answers_otherwise_now_is_not_read_by_old_maps() -> None:
    of = calibrated(ask(), method="temperature", temperature=2)
    fitted = {
        "rubric": "r@1.0.0", "rubric_hash": "a", "judge": "none@1.0.0", "labels": "b",
        "judge_hash": of.asked_hash, "rows": 3, "annotators": 1, "seed": 0, "share": 0.5,
        "on": "2030-01-01",
    }  # fmt: skip
    stated = of.spec.calibration.as_written()  # type: ignore[union-attr]  # stated above
    same = judge(**stated, fitted=fitted)
    assert calibrating(same) is not None
    assert calibration_note(same, rubric(ask())) == ""
    other = judge(**stated, fitted={**fitted, "judge_hash": "another"})
    assert calibrating(other) is None
    assert "was changed since it was calibrated" in calibration_note(other, rubric(ask()))


def test_a_calibration_asks_nothing_anew_and_scores_anew() -> None:
    of, plain = calibrated(ask(), method="none", yes_from=0.9), no_judge()
    assert ask_fingerprint(of.spec, "m") == ask_fingerprint(plain.spec, "m")
    assert of.asked_hash == plain.asked_hash
    assert of.content_hash != plain.content_hash
    assert of.uncalibrated.content_hash == plain.content_hash


def test_a_check_is_never_read_by_a_map() -> None:
    check = Checked.model_validate({"id": "c", "check": "contains", "text": "x"})
    assert calibration_note(calibrated(ask(), method="none"), rubric(check))


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"method": "platt", "slope": 1}, "method platt needs 'intercept'"),
        ({"method": "none", "temperature": 2}, "'temperature' is of another method than none"),
        ({"method": "platt", "slope": -1, "intercept": 0}, "greater than 0"),
        ({"method": "isotonic", "points": [[0.5, 0.1], [0.5, 0.2]]}, "do not rise"),
        ({"method": "isotonic", "points": [[0.1, 0.3], [0.5, 0.2]]}, "what they mean falls"),
        ({"method": "none", "yes_from": 0}, "greater than 0"),
    ],
)
def test_a_map_that_cannot_be_is_refused(stated: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        CalibrationMap.model_validate(stated)


def test_a_judge_without_a_calibration_has_the_hashes_that_it_always_had() -> None:
    spec = ScriptedJudge(judge="j", version="1.0.0", backend="scripted", answers="hash")
    assert Judge(spec, "t").content_hash == "2b3d008961e7c17bd9fcd9bf51d07063"
    assert ask_fingerprint(spec, "m") == "20b62215c3dc5bf1f6bd75d075279af8"


def test_a_panels_members_are_hashed_without_their_calibrations() -> None:
    plain, of = no_judge(), calibrated(ask(), method="none", yes_from=0.9)
    panel = JuryJudge(judge="p", version="1.0.0", jury=("a", "b"))
    one, other = (Judge(panel, "", members=(plain, each)) for each in (plain, of))
    assert (one.content_hash, one.asked_hash) == (other.content_hash, other.asked_hash)
