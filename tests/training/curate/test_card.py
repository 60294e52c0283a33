"""The card of curated texts."""

from __future__ import annotations

from dataclasses import fields

from rlaif.records.curate import Curated, CurateRules, Figure, HeldOut, Learning, Survey
from rlaif.training.card import Graded, Origin
from rlaif.training.curate.card import Making, card_text
from rlaif.training.curate.words import FIGURES


def curated(low: float) -> Curated:
    numbers = dict.fromkeys(FIGURES, Figure(0.5, 0.4, 0.6))
    figures = HeldOut(100, 50, 40, **{**numbers, "lift": Figure(0.1, low, 0.2)})
    learning = Learning(200, 100, 3, 0.5, 0.25, 1.0, figures)
    return Curated(Survey(1000, 7, 310), 300, 9, 1, learning, 400, 150, 150)


def card(low: float = 0.05, **rules: str) -> str:
    served = "/home/her/models/tiny at https://example.org/a/b"
    origin = Origin("run", "under", Graded("r", "1.0.0", "aa"), Graded("j", "1.0.0", "bb", served))
    making = Making("kept.jsonl", "texts.jsonl", "2026-01-01", "0.1.0", "tiny")
    return card_text(origin, making, CurateRules(**rules), curated(low))


def test_a_card_names_no_folder_of_a_machine() -> None:
    text = card(features="embeddings:/home/her/models/tiny", prompt="Write a|b.")
    assert "/home" not in text
    assert "`embeddings:tiny`" in text
    assert "`tiny at https://example.org/a/b`" in text
    assert r"`Write a\|b.`" in text


def test_a_card_counts_what_was_left_out_and_says_what_the_classifier_is_worth() -> None:
    text = card()
    for line in (
        "- 300 texts with a score: 200 to learn from, 100 held out",
        "- 3 graded texts nearly the same as another: both on one side",
        "- 9 grades failed, left out",
        "- 1 text to which nothing applies, left out",
        "- kept 400 of 1,000 texts",
        "- left out 7 duplicates (equal up to white space)",
        "- by their own grade: 150 kept, 150 left out; by the classifier: all others",
        "| `lift` | precision less base rate | 0.100 | 0.050 to 0.200 |",
    ):
        assert line in text.splitlines()
    assert "40 kept: the classifier is better than keeping everything." in text
    worthless = card(low=0.0)
    assert "no better than keeping everything: on held-out grades its precision is" in worthless


def test_every_figure_is_told() -> None:
    named = {one.name for one in fields(HeldOut) if one.type == "Figure"}
    assert named == set(FIGURES)
    assert all(f"| `{name}` | " in card() for name in FIGURES)
