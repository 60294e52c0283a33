from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from rlaif.grading.combine import combine, unmet_gates
from rlaif.grading.verdict import answered
from rlaif.records.criterion import Checked, Criterion, Item, Judged, Section, leaves
from rlaif.records.grade import Answered, Score
from rlaif.records.outcome import Failure, Outcome, Skipped, Verdict

BROKEN = Failure("backend", "gone")
NA = Skipped("na")
WHEN = Skipped("when")
NEEDLESS = Skipped("gate")


def about(value: float | None) -> Any:
    """Equal to `value` but for rounding."""
    return pytest.approx(value)


def c(name: str, weight: float = 1, **more: Any) -> Judged:
    return Judged(id=name, ask=f"Is {name} so?", weight=weight, **more)


def program(name: str, weight: float = 1, **more: Any) -> Checked:
    return Checked.model_validate(
        {"id": name, "weight": weight, "check": "contains", "text": "x", **more}
    )


def section(name: str, *criteria: Item, **more: Any) -> Section:
    return Section(section=name, criteria=criteria, **more)


def outcome_of(criterion: Criterion, said: float | str | Outcome) -> Outcome:
    """A probability of yes, a level's name, or an outcome as it is."""
    if isinstance(said, str):
        return Verdict(tuple(float(answer == said) for answer in criterion.answers))
    return Verdict((1 - said, said)) if isinstance(said, int | float) else said


def given(items: Sequence[Item], **said: float | str | Outcome) -> dict[str, Answered]:
    by_id = {criterion.id: criterion for criterion in leaves(items)}
    return {n: answered(by_id[n], outcome_of(by_id[n], s)) for n, s in said.items()}


def score(*items: Item, **said: float | str | Outcome) -> Score:
    return combine(items, given(items, **said))


# The fraction


def test_a_score_is_the_share_of_the_positive_points() -> None:
    found = score(c("a", 3), c("b", 1), a=1, b=0)
    assert found == Score(0.75, 0.75, "ok", "", ())


def test_a_value_earns_its_share_of_the_points() -> None:
    # (3 x 0.5 + 1 x 0.25) / 4
    assert score(c("a", 3), c("b", 1), a=0.5, b=0.25).score == about(0.4375)


def test_a_level_earns_its_scaled_points() -> None:
    levels = ["confusing", "followable", "clear"]
    # (2 x 0.5 + 1 x 1) / 3
    found = score(c("a", 2, levels=levels), c("b"), a="followable", b=1)
    assert found.score == about(2 / 3)


def test_a_fault_that_is_met_loses_points() -> None:
    found = score(c("a", 3), c("b", 2), c("f", -3), a=1, b=1, f=1)
    assert found.score == found.raw_score == about(2 / 5)


def test_a_negative_total_is_kept_raw_and_clipped_to_zero() -> None:
    found = score(c("a", 2), c("f", -6), a=0.5, f=1)
    assert (found.score, found.raw_score) == (0.0, about(-2.5))


def test_healthbench_points_by_hand() -> None:
    # +10 met, +5 unmet, +7 met, -8 met, -3 unmet: (10 + 7 - 8) / (10 + 5 + 7)
    found = score(
        c("h0", 10), c("h1", 5), c("h2", 7), c("h3", -8), c("h4", -3), h0=1, h1=0, h2=1, h3=1, h4=0
    )
    assert found.score == about(9 / 22)


def test_faults_alone_score_one_less_what_was_lost() -> None:
    found = score(c("f", -3), c("g", -1), f=1, g=0)
    assert found.score == found.raw_score == about(0.25)


def test_faults_alone_that_are_all_unmet_score_one() -> None:
    assert score(c("f", -3), c("g", -1), f=0, g=0).score == 1


def test_a_fault_that_does_not_apply_leaves_the_total_of_faults_alone() -> None:
    assert score(c("f", -3), c("g", -1), f=NA, g=0.5).score == about(0.5)


@pytest.mark.parametrize("away", [NA, WHEN])
def test_what_does_not_apply_leaves_the_fraction(away: Skipped) -> None:
    assert score(c("a", 3), c("b", 1), a=away, b=0.5).score == about(0.5)


def test_nothing_left_in_the_fraction_is_no_score_and_no_failure() -> None:
    assert score(c("a"), c("b"), a=NA, b=WHEN) == Score(None, None, "ok", "nothing_applies")


def test_faults_alone_that_do_not_apply_are_no_score() -> None:
    assert score(c("f", -1), f=NA).reason == "nothing_applies"


def test_faults_left_without_the_positive_points_they_were_weighed_against_are_no_score() -> None:
    found = score(c("a", 2), c("f", -1), a=NA, f=0)
    assert (found.score, found.reason) == (None, "nothing_applies")


def test_a_failure_gives_no_score_and_is_named() -> None:
    found = score(c("a"), c("b"), c("d"), a=1, b=BROKEN, d=BROKEN)
    assert found == Score(None, None, "failed", "failed:b,d")


def test_a_missing_answer_is_not_a_no() -> None:
    with pytest.raises(KeyError, match="b"):
        score(c("a"), c("b"), a=1)


def test_a_missing_answer_in_a_section_is_not_a_no() -> None:
    with pytest.raises(KeyError, match="b"):
        score(c("a"), section("s", c("b")), a=1)


# Gates


def test_a_gate_that_is_met_counts_as_any_criterion() -> None:
    assert score(c("g", 3, gate=True), c("a"), g=0.6, a=0).score == about(0.45)


def test_an_unmet_gate_scores_zero_raw_too_and_is_named() -> None:
    found = score(c("a", 5), c("g", gate=True), a=1, g=0.4)
    assert found == Score(0.0, 0.0, "ok", "gate:g")


def test_a_failure_beside_an_unmet_gate_still_scores_zero() -> None:
    found = score(c("a"), c("g", gate=True), c("b"), a=BROKEN, g=0, b=BROKEN)
    assert (found.score, found.status, found.reason) == (0, "ok", "gate:g")


def test_what_an_unmet_gate_left_unasked_does_not_matter() -> None:
    assert score(c("g", gate=True), c("a"), g=0, a=NEEDLESS).score == 0


def test_a_gate_that_failed_is_a_failure_and_not_unmet() -> None:
    assert score(c("g", gate=True), c("a"), g=BROKEN, a=1).reason == "failed:g"


@pytest.mark.parametrize("away", [NA, WHEN])
def test_a_gate_that_does_not_apply_is_not_unmet(away: Skipped) -> None:
    assert score(c("g", gate=True), c("a"), g=away, a=0.5).score == about(0.5)


def test_of_several_unmet_gates_the_first_of_the_file_is_named() -> None:
    assert score(c("g", gate=True), c("h", gate=True), g=0, h=0).reason == "gate:g"


def test_a_gate_on_a_fault_is_unmet_when_the_fault_is_met() -> None:
    items = (c("a"), c("f", -1, gate=True))
    assert score(*items, a=1, f=0.5).reason == "gate:f"
    assert score(*items, a=1, f=0.49).score == about(0.51)


def test_a_gate_on_a_check_is_unmet_when_it_says_no() -> None:
    assert score(program("p", gate=True), c("a"), p=0, a=1).reason == "gate:p"


@pytest.mark.parametrize(("level", "met"), [("poor", False), ("fair", True), ("good", True)])
def test_a_gate_on_levels_asks_for_at_least_that_level(level: str, met: bool) -> None:
    found = score(c("l", levels=["poor", "fair", "good"], gate="fair"), c("a"), l=level, a=1)
    assert (found.reason == "") is met


def test_a_gate_on_levels_goes_by_the_answer_and_not_by_the_value() -> None:
    # the most probable level is "poor", though the expected points are 0.6
    found = score(c("l", levels=["poor", "fair", "good"], gate="fair"), l=Verdict((0.4, 0.0, 0.6)))
    assert found.score == about(0.6)
    found = score(c("l", levels=["poor", "fair", "good"], gate="fair"), l=Verdict((0.4, 0.3, 0.3)))
    assert found.reason == "gate:l"


# Sections


def test_a_section_enters_the_parent_as_one_criterion_and_its_value_is_kept() -> None:
    # section: (3 x 1 + 1 x 0) / 4 = 0.75; parent: (1 x 0.5 + 2 x 0.75) / 3
    found = score(c("a"), section("s", c("b", 3), c("d"), weight=2), a=0.5, b=1, d=0)
    assert found.score == about(2 / 3)
    assert found.sections == (("s", about(0.75)),)


def test_a_section_is_clipped_before_it_enters_the_parent() -> None:
    found = score(c("a"), section("s", c("b"), c("f", -4)), a=1, b=0, f=1)
    assert found.raw_score == about(0.5)
    assert found.sections == (("s", 0.0),)


def test_a_section_of_faults_alone_scores_one_less_what_was_lost() -> None:
    found = score(c("a"), section("s", c("f", -3), c("g", -1)), a=0, f=0, g=1)
    assert found.sections == (("s", about(0.75)),)
    assert found.score == about(0.375)


def test_a_level_with_a_section_is_not_faults_alone() -> None:
    # (-1 x 1 + 1 x 1) / 1
    assert score(c("f", -1), section("s", c("a")), f=1, a=1).raw_score == about(0)


@pytest.mark.parametrize(
    ("rule", "value"),
    [("weighted_mean", (2 * 0.9 + 0.4) / 3), ("all", 0), ("any", 1), ("min", 0.4)],
)
def test_each_rule_of_a_section(rule: str, value: float) -> None:
    found = score(section("s", c("a", 2), c("b"), combine=rule), a=0.9, b=0.4)
    assert found.score == about(value)


def test_all_holds_when_every_criterion_does() -> None:
    assert score(section("s", c("a"), c("b"), combine="all"), a=0.5, b=0.6).score == 1


def test_any_does_not_hold_when_no_criterion_does() -> None:
    assert score(section("s", c("a"), c("b"), combine="any"), a=0.4, b=0.1).score == 0


@pytest.mark.parametrize(("met", "value"), [(0.0, 1), (0.4, 1), (0.5, 0), (1.0, 0)])
def test_a_fault_holds_in_a_section_of_all_until_it_is_met(met: float, value: float) -> None:
    assert score(section("s", c("f", -1), combine="all"), f=met).score == value


def test_a_fault_counts_by_how_little_it_is_met_in_a_section_of_min() -> None:
    assert score(section("s", c("a"), c("f", -1), combine="min"), a=0.9, f=0.8).score == (
        about(0.2)
    )


def test_a_cap_bounds_a_section_from_above_alone() -> None:
    items = (section("s", c("a"), cap=0.6),)
    assert score(*items, a=1).score == about(0.6)
    assert score(*items, a=0.3).score == about(0.3)


def test_a_section_of_which_nothing_applies_leaves_the_fraction() -> None:
    found = score(c("a"), section("s", c("b"), weight=9), a=0.5, b=NA)
    assert found.score == about(0.5)
    assert found.sections == (("s", None),)


def test_nested_sections_are_scored_from_the_inside_out() -> None:
    # inner min(1, 0.5) = 0.5; outer (1 x 1 + 3 x 0.5) / 4 = 0.625; whole (0.625 + 0) / 2
    inner = section("inner", c("b"), c("d"), combine="min", weight=3)
    found = score(section("outer", c("a"), inner), c("e"), a=1, b=1, d=0.5, e=0)
    assert found.score == about(0.3125)
    assert found.sections == (("outer", about(0.625)), ("inner", about(0.5)))


def test_a_gate_inside_a_section_makes_that_section_zero_and_no_more() -> None:
    found = score(c("a"), section("s", c("g", gate=True), c("b")), a=1, g=0, b=NEEDLESS)
    assert (found.score, found.reason) == (about(0.5), "")
    assert found.sections == (("s", 0.0),)


def test_a_gate_makes_its_section_zero_whatever_the_sections_rule() -> None:
    found = score(section("s", c("g", gate=True), c("b"), combine="any"), g=0, b=1)
    assert found.score == 0


def test_a_failure_inside_a_section_whose_gate_is_unmet_does_no_harm() -> None:
    found = score(c("a"), section("s", c("g", gate=True), c("b")), a=1, g=0, b=BROKEN)
    assert (found.score, found.status) == (about(0.5), "ok")


def test_a_failure_inside_a_section_is_a_failure_of_the_whole() -> None:
    found = score(c("a"), section("s", section("t", c("b"))), a=1, b=BROKEN)
    assert found == Score(None, None, "failed", "failed:b", (("s", None), ("t", None)))


def test_a_failure_inside_a_section_beside_an_unmet_gate_of_the_whole_scores_zero() -> None:
    found = score(c("g", gate=True), section("s", c("b")), g=0, b=BROKEN)
    assert (found.score, found.reason) == (0, "gate:g")


# Needless criteria


def test_an_unmet_gate_makes_all_beside_it_and_below_it_needless() -> None:
    items: list[Item] = [c("g", gate=True), c("a"), section("s", c("b"))]
    assert unmet_gates(items, given(items, g=0)) == {"g", "a", "b"}


def test_an_unmet_gate_in_a_section_makes_that_section_alone_needless() -> None:
    items: list[Item] = [c("a"), section("s", c("g", gate=True), c("b"), section("t", c("d")))]
    assert unmet_gates(items, given(items, g=0)) == {"g", "b", "d"}


@pytest.mark.parametrize("said", [1, BROKEN, NA, WHEN])
def test_a_gate_that_is_not_unmet_makes_nothing_needless(said: float | Outcome) -> None:
    items = [c("g", gate=True), c("a")]
    assert unmet_gates(items, given(items, g=said)) == set()
    assert unmet_gates(items, {}) == set()


# What holds for all

SHARE = st.floats(0, 1)
WEIGHT = st.floats(0.01, 100) | st.floats(-100, -0.01)
PARTS = st.lists(st.tuples(WEIGHT, SHARE), min_size=1, max_size=12)
RULE = st.sampled_from(["weighted_mean", "all", "any", "min"])


def criteria(parts: list[tuple[float, float]]) -> list[Judged]:
    return [c(f"c{i}", weight) for i, (weight, _) in enumerate(parts)]


def values(parts: list[tuple[float, float]]) -> dict[str, float]:
    return {f"c{i}": value for i, (_, value) in enumerate(parts)}


@drawn(PARTS)
def test_a_score_lies_between_zero_and_one_and_is_the_raw_one_clipped(
    parts: list[tuple[float, float]],
) -> None:
    found = score(*criteria(parts), **values(parts))
    assert found.score is not None
    assert found.raw_score is not None
    assert 0 <= found.score <= 1
    assert found.score == min(max(found.raw_score, 0), 1)


@drawn(PARTS, st.data(), SHARE)
def test_a_better_answer_never_lowers_a_score(
    parts: list[tuple[float, float]], data: st.DataObject, better: float
) -> None:
    place = data.draw(st.integers(0, len(parts) - 1))
    weight, value = parts[place]
    more = list(parts)
    more[place] = (weight, max(value, better) if weight > 0 else min(value, better))
    before, after = (score(*criteria(parts), **values(p)).raw_score for p in (parts, more))
    assert before is not None
    assert after is not None
    assert after >= before - 1e-9


@drawn(PARTS, RULE, st.randoms(use_true_random=False))
def test_the_order_of_criteria_does_not_matter(
    parts: list[tuple[float, float]], rule: str, random: Any
) -> None:
    items = criteria(parts)
    shuffled = random.sample(items, len(items))
    said = values(parts)
    assert score(*shuffled, **said).raw_score == about(score(*items, **said).raw_score)
    nested = [section("s", *order, combine=rule) for order in (items, shuffled)]
    one, other = (score(s, **said).score for s in nested)
    assert one == about(other)


@drawn(st.lists(st.tuples(st.floats(0.01, 100), SHARE), min_size=2, max_size=8), st.data())
def test_a_section_that_weighs_what_its_criteria_weigh_changes_nothing(
    parts: list[tuple[float, float]], data: st.DataObject
) -> None:
    items = criteria(parts)
    cut = data.draw(st.integers(1, len(parts) - 1))
    inner = section("s", *items[cut:], weight=sum(weight for weight, _ in parts[cut:]))
    said = values(parts)
    flat = score(*items, **said).score
    assert score(*items[:cut], inner, **said).score == about(flat)


def test_three_hundred_criteria_add_up() -> None:
    items = [c(f"c{i}") for i in range(300)]
    found = score(*items, **{f"c{i}": float(i % 3 == 0) for i in range(300)})
    assert found.score == about(1 / 3)
