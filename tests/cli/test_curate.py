"""`rlaif curate`, as a person types it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.cli.conftest import Rlaif, write_samples

WORDS = [f"word{number}" for number in range(200)]
WHY = """\
rubric: why
version: 1.0.0
title: Says why
criteria:
  - id: why
    check: contains
    text: because
"""


@pytest.fixture
def texts() -> str:
    chance = random.Random(2)  # noqa: S311 - no secret
    rows = [
        {"body": " ".join(["because"] * (n % 2) + chance.choices(WORDS, k=20))} for n in range(260)
    ]
    write_samples(Path("texts.jsonl"), rows)
    Path("why.yaml").write_text(WHY)
    return "texts.jsonl"


def test_figures_and_places_are_told(texts: str, rlaif: Rlaif) -> None:
    given = ("curate", "why.yaml", texts, "--map", "text=body", "-o", "kept.jsonl")
    ran = rlaif(*given, "--sample", 220)
    assert ran.status == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0].startswith("220 texts with a score: ")
    assert any(line.endswith("  good ones among the kept") for line in lines)
    assert lines[-1] == (
        "written: kept.jsonl, kept.jsonl.card.md; the grades are in kept.jsonl.run"
    )
    assert "| `sample` | `220` |" in Path("kept.jsonl.card.md").read_text()
    assert rlaif("show", "kept.jsonl.run").status == 0


def test_a_classifier_that_is_worth_nothing_writes_nothing_and_says_so(
    texts: str, rlaif: Rlaif
) -> None:
    Path("ask.yaml").write_text(
        WHY.replace("check: contains\n    text: because", "ask: Is it good to read?")
    )
    given = ("curate", "ask.yaml", texts, "--map", "text=body", "-o", "kept.jsonl")
    more = ("-j", "scripted-hash", "--sample", "220")
    ran = rlaif(*given, *more)
    assert ran.status == 1
    assert "rlaif: nothing was written: the classifier is no better than keeping" in ran.err
    assert not list(Path().glob("kept.jsonl*.md"))
    forced = rlaif(*given, *more, "--force")
    assert forced.status == 0
    assert "warning: the classifier is no better" in forced.err


def test_options_at_fault_are_told(texts: str, rlaif: Rlaif) -> None:
    given = ("curate", "why.yaml", texts, "-o", "kept.jsonl")
    ran = rlaif(*given, "--keep-share", "1.5", "--features", "tfidf")
    assert ran.status == 2
    assert ran.err == (
        "rlaif: --keep-share: 1.5 is no share to keep\n"
        "  hint: above 0 and below 1, such as 0.2\n"
        "--features: 'tfidf' are no features\n"
        "  hint: one of: hashed, judge, embeddings:MODEL\n"
    )
    ran = rlaif(*given, "--keep-share", "0.2", "--keep-above", "0.5")
    assert ran.err == (
        "rlaif: --keep-share: keep_above and keep_share are both stated\n"
        "  hint: state one of them\n"
    )
    ran = rlaif(*given)
    assert ran.status == 2
    assert "no text in this row" in ran.err
    assert "--map text=COLUMN, where the columns are: body" in ran.err
