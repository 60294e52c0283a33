"""What agreement is in words: an expert is told before any table what to think of it."""

from __future__ import annotations

from typing import Any

import pytest

from rlaif.records.agreement import CriterionAgreement, Figure, ReliabilityBin
from rlaif.reporting.agree_words import number, percent, share, verdict, warnings


def one(confusion: tuple[tuple[int, ...], ...], **more: Any) -> CriterionAgreement:
    rows = sum(map(sum, confusion))
    right = sum(row[i] for i, row in enumerate(confusion)) / rows if rows else None
    figures = {"accuracy": Figure(right, right and right - 0.04, right and right + 0.04)}
    plain: dict[str, Any] = {
        "criterion": "right",
        "rows": rows,
        "samples": rows,
        "prompts": rows,
        "annotators": 1,
        "unanswered": 0,
        "categories": ("no", "yes"),
        "confusion": confusion,
        "figures": {**figures, **more.pop("figures", {})},
    }
    return CriterionAgreement(**{**plain, **more})


def test_the_judge_stands_beside_people() -> None:
    people = {"accuracy": Figure(0.95, 0.93, 0.97)}
    told = list(verdict(one(((40, 10), (10, 40)), ceiling=people)))
    assert told == [
        "The judge agrees with people in 80% (76-84) of 100 answers; people among themselves in "
        "95% (93-97), which is more.",
        "Where people say no, it says yes in 10 of 50.",
        "Where people say yes, it says no in 10 of 50.",
    ]


def test_a_ceiling_within_the_doubt_is_called_neither_more_nor_less() -> None:
    people = {"accuracy": Figure(0.82, 0.75, 0.9)}
    (told, *_) = verdict(one(((40, 10), (10, 40)), ceiling=people))
    assert told.endswith("people among themselves in 82% (75-90).")


def test_of_levels_the_most_frequent_mistake_is_named() -> None:
    levels = one(
        ((20, 1, 0), (9, 20, 0), (0, 0, 30)), categories=("cold", "mild", "warm"), ceiling={}
    )
    assert list(verdict(levels))[1] == "Its most frequent mistake: 'cold' for 'mild', 9 of 29."


def test_what_nobody_can_compare_is_said_to_be_unknown() -> None:
    none = one(((0, 0), (0, 0)), figures={"accuracy": Figure(None, why="no answer")})
    assert list(verdict(none)) == ["Agreement cannot be told: no answer."]
    assert list(warnings(none)) == []


def test_answers_that_the_judge_did_not_give_are_told() -> None:
    (told,) = warnings(one(((40, 10), (10, 40)), unanswered=3))
    assert told == (
        "The judge gave none beside 3 answers of people: failed, skipped or not graded."
    )


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (one(((5, 1), (1, 5))), "Only 12 labels: the intervals are wide."),
        (
            one(((40, 10), (10, 40)), prompts=8),
            "The labels are of only 8 prompts: the intervals are wide.",
        ),
        (
            one(((0, 0), (10, 90))),
            "People always say 'yes': how it does on other answers cannot be told.",
        ),
        (
            one(((2, 8), (20, 70))),
            "It does worse than no judge at all: always saying 'yes' would agree in 90%.",
        ),
        (
            one(((5, 2), (1, 92))),
            "People say 'yes' in 93%: always saying it would agree nearly as often. Look at "
            "kappa, not at 97%.",
        ),
        (
            one(((40, 10), (10, 40)), figures={"length_correlation": Figure(0.4, 0.3, 0.5)}),
            "It prefers longer completions to others that people answer alike (correlation 0.40).",
        ),
        (
            one(
                ((40, 10), (10, 40)),
                figures={"ece": Figure(0.2, 0.15, 0.25)},
                reliability=(ReliabilityBin(100, 0.99, 0.79, 0.7, 0.85),),
            ),
            "Its probabilities are too sure: off by 0.20 on average (`rlaif calibrate`).",
        ),
    ],
)
def test_what_makes_figures_mislead_is_a_warning(found: CriterionAgreement, told: str) -> None:
    assert list(warnings(found)) == [told]


def test_a_good_figure_has_no_warning() -> None:
    assert list(warnings(one(((48, 2), (3, 47))))) == []


def test_what_is_not_all_is_never_rounded_to_all() -> None:
    assert [percent(value) for value in (1.0, 0.997, 0.0, 0.004, 0.876)] == [
        "100%",
        "99.7%",
        "0%",
        "0.4%",
        "88%",
    ]


def test_a_figure_without_a_value_is_a_dash() -> None:
    assert (share(Figure(None)), number(None)) == ("-", "-")
    assert number(Figure(-0.001, -0.2, 0.19), interval=True) == "0.00 (-0.20 to 0.19)"
