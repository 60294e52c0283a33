"""What a job would ask, without asking it."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.runs.estimate import Estimate, estimate
from rlaif.runs.files import rubric_and_text
from rlaif.runs.order import Order

RUBRIC = """\
rubric: greeting
version: 1.0.0
title: A greeting
criteria:
  - {id: hello, check: contains, text: hello, gate: true}
  - {id: short, check: length, unit: words, max: 9}
  - {id: kind, ask: Is the greeting kind to the reader?}
  - {id: warm, ask: Is the greeting warm as a whole?}
"""
COMPLETIONS = ("hello my dear friend", "good evening to you", "", "hello again to you")


@pytest.fixture
def order(tmp_path: Path) -> Order:
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    rows = (
        {"sample_id": str(n), "prompt": "p", "completion": text}
        for n, text in enumerate(COMPLETIONS)
    )
    (tmp_path / "samples.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    rubric, text = rubric_and_text(str(tmp_path / "rubric.yaml"))
    judge = load_judge("scripted")
    return Order(rubric, text, judge, str(tmp_path / "samples.jsonl"), tmp_path / "run")


def test_prescreened_gated_and_asked_are_counted_apart(order: Order) -> None:
    assert estimate(order) == Estimate(samples=4, prescreened=1, gated=1, checks=6, questions=4)
    assert not order.out.exists()


def test_a_limit_counts(order: Order) -> None:
    assert estimate(replace(order, limit=1)).questions == 2


def test_no_judge_is_needed(order: Order) -> None:
    assert estimate(replace(order, judge=None)) == estimate(order)


def test_tokens_are_told_where_the_judge_has_them() -> None:
    text = Estimate(samples=1, checks=1, questions=2, tokens=1500, tokens_alone=2900).text()
    assert "1 sample; 0 prescreened" in text
    assert (
        "1,500 prompt tokens, sharing each sample's text among its questions (2,900 without)"
        in text
    )
    assert text.endswith("Nothing was asked and nothing was written.")


@pytest.mark.slow
def test_a_real_judges_tokens_are_counted_without_its_weights(order: Order) -> None:
    pytest.importorskip("transformers")
    counted = estimate(replace(order, judge=load_judge("smollm2-135m")))
    assert 0 < counted.tokens < counted.tokens_alone
