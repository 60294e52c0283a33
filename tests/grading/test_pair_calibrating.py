"""A judge's calibration of preferences: what it does to margins, and when it is used."""

from __future__ import annotations

from math import isclose, log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rlaif.grading.pair_calibrating import (
    decided,
    pair_calibration_note,
    pair_map_of,
    questions_hash,
    read_again,
    rule_of,
)
from rlaif.grading.pair_combine import judged, prefer, side_of
from rlaif.records.calibration import Calibration, logit
from rlaif.records.criterion import Checked, Judged, Section
from rlaif.records.judge import Judge, ask_fingerprint
from rlaif.records.judge_base import Labels
from rlaif.records.outcome import Skipped, Verdict
from rlaif.records.pair_calibration import PairMap
from rlaif.records.preference import Compared
from rlaif.records.rubric import Rubric
from rlaif.runs.judge import no_judge

MARGIN = st.floats(-1, 1)
SLOPE = st.floats(0.001, 1000)
MAPS = st.builds(PairMap, slope=SLOPE, tie_below=st.floats(0, 1))
SEEN = st.tuples(*[st.floats(0.01, 1)] * 3).map(lambda s: Verdict(tuple(x / sum(s) for x in s)))
TURNED = {"a": "b", "b": "a", "tie": "tie"}


def ask(name: str = "c", **more: Any) -> Judged:
    return Judged.model_validate({"id": name, "ask": "Is it so, then?", **more})


def rubric(*items: Any) -> Rubric:
    return Rubric(rubric="r", version="1.0.0", title="T", criteria=items or (ask(),))


def calibrated(of: Rubric, **stated: Any) -> Judge:
    plain = no_judge()
    fitted = {
        "rubric": "r@1.0.0", "rubric_hash": "h", "judge": "j@1.0.0", "judge_hash": plain.asked_hash,
        "labels": "d", "rows": 1, "annotators": 1, "seed": 0, "share": 0.5, "on": "2026-01-01",
    }  # fmt: skip
    pairs = {
        "slope": 0.5, "tie_below": 0.1, "questions": questions_hash(of, Labels()),
        "fitted": fitted, **stated,
    }  # fmt: skip
    found = Calibration.model_validate({"pairs": pairs})
    return Judge(plain.spec.model_copy(update={"calibration": found}), plain.template)


@given(MAPS, MARGIN)
def test_swapping_a_and_b_turns_the_sign_and_nothing_else(found: PairMap, margin: float) -> None:
    one, other = found.of(margin), found.of(-margin)
    assert one == -other
    assert TURNED[side_of(one, found.tie_below)] == side_of(other, found.tie_below)
    assert -1 <= one <= 1
    assert found.of(0.0) == 0.0


@given(MARGIN)
def test_a_slope_of_1_leaves_every_margin_as_it_was(margin: float) -> None:
    assert PairMap(slope=1, tie_below=0).of(margin) == margin


@given(SLOPE, MARGIN, MARGIN)
def test_no_map_turns_two_margins_round(slope: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = PairMap(slope=slope, tie_below=0)
    assert found.of(low) <= found.of(high)


@given(st.floats(0.05, 5), st.floats(-0.99, 0.99))
def test_it_is_a_slope_on_the_logit_of_the_probability(slope: float, margin: float) -> None:
    read = PairMap(slope=slope, tie_below=0).of(margin)
    wanted = slope * logit(0.5 + margin / 2)
    if abs(wanted) < 10:
        assert isclose(log((1 + read) / (1 - read)), wanted, rel_tol=1e-6, abs_tol=1e-9)


@given(SEEN, SEEN, MAPS)
def test_a_pair_and_its_swap_get_opposite_answers(one: Verdict, two: Verdict, by: PairMap) -> None:
    items = (ask(weight=-2),)
    found = []
    for outcomes in ((one, two), (two, one)):  # who was shown first changes over
        given_ = {"c": judged(items[0], outcomes, "mean")}
        found.append(decided(prefer(items, given_), given_, items, by))
    assert found[0][0] == -(found[1][0] or 0)
    assert TURNED[found[0][1] or ""] == found[1][1]


def test_within_the_band_it_is_a_tie_and_the_margin_stands() -> None:
    items = (ask(),)
    given_ = {"c": Compared("c", (Verdict((0, 0, 1)), Verdict((0, 0, 1))), margin=0.3)}
    found = prefer(items, given_)
    assert decided(found, given_, items, PairMap(slope=1, tie_below=0.31)) == (0.3, "tie")
    assert decided(found, given_, items, PairMap(slope=1, tie_below=0.29)) == (0.3, "a")
    assert decided(found, given_, items, None) == (0.3, "a")


def test_what_a_gate_a_check_or_the_prescreen_decides_is_not_read() -> None:
    by = PairMap(slope=0.5, tie_below=1)
    gate = Checked.model_validate({"id": "g", "check": "contains", "text": "x", "gate": True})
    yes, no = Verdict((0.0, 1.0)), Verdict((1.0, 0.0))
    skipped = Compared("c", (Skipped("gate"), Skipped("gate")))
    given_ = {"g": Compared("g", (yes, no), margin=1.0), "c": skipped}
    assert decided(prefer((gate, ask()), given_), given_, (gate, ask()), by) == (1.0, "a")
    check = Checked.model_validate({"id": "g", "check": "contains", "text": "x"})
    assert decided(prefer((check,), given_), given_, (check,), by) == (1.0, "a")


def test_kept_verdicts_are_read_by_either_rule() -> None:
    by_place = Verdict((0.1, 0.0, 0.9)), Verdict((0.2, 0.0, 0.8))
    kept = {"c": judged(ask(), by_place, "both")}
    assert prefer((ask(),), kept).margin == 0
    assert read_again((ask(),), kept, "mean").margin == pytest.approx(0.1)
    assert read_again((ask(),), kept, "both") == prefer((ask(),), kept)
    neither = Verdict((0.1, 0.1, 0.2, 0.6)), Verdict((0.1, 0.1, 0.2, 0.6))
    na = ask(allow_na=True)
    again = read_again((na,), {"c": judged(na, neither, "both")}, "mean")
    assert (again.margin, again.reason) == (None, "nothing_applies")


def test_a_judge_with_the_map_is_read_by_the_mean() -> None:
    judge = calibrated(rubric())
    assert judge.spec.pairwise == "both"
    assert rule_of(judge, pair_map_of(judge, rubric())) == "mean"
    assert rule_of(judge, None) == "both"
    assert pair_calibration_note(judge, rubric()) == ""
    assert pair_calibration_note(no_judge(), rubric()) == ""


CHANGED = [
    ask(ask="Is it otherwise, then?"),
    ask(weight=2),
    ask(when={"task": "a"}),
    Section(section="s", criteria=(ask(),)),
]


@pytest.mark.parametrize("item", CHANGED)
def test_other_criteria_are_not_read_by_it_and_that_is_said(item: Any) -> None:
    judge, other = calibrated(rubric()), rubric(item)
    assert pair_map_of(judge, other) is None
    assert "are others, or weigh otherwise" in pair_calibration_note(judge, other)


def test_ids_and_notes_are_no_part_of_what_it_was_fitted_on() -> None:
    judge = calibrated(rubric())
    assert pair_map_of(judge, rubric(ask("other", about="For people."))) is not None


def test_a_judge_that_answers_otherwise_is_not_read_by_it() -> None:
    judge = calibrated(rubric())
    changed = Judge(judge.spec, judge.template + " ")
    assert pair_map_of(changed, rubric()) is None
    assert "the judge answers otherwise" in pair_calibration_note(changed, rubric())


def test_it_asks_nothing_anew_and_a_judge_without_it_is_as_it_was() -> None:
    plain, judge = no_judge(), calibrated(rubric())
    assert ask_fingerprint(judge.spec, "s") == ask_fingerprint(plain.spec, "s")
    assert judge.asked_hash == plain.asked_hash
    assert judge.content_hash != plain.content_hash
    assert "calibration" not in plain.spec.as_written()
    assert "pairs" not in Calibration().as_written()


@pytest.mark.parametrize("wrong", [{"slope": 0}, {"slope": -1}, {"tie_below": 1.5}, {"shift": 1}])
def test_what_no_map_can_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        PairMap.model_validate({"slope": 1, "tie_below": 0, **wrong})
