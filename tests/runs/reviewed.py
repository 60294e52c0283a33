"""Small runs under review, graded by the scripted judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.rubric_file import load_rubric
from rlaif.ports import Reviewing
from rlaif.records.review import ReviewCriterion, ReviewItem
from rlaif.runs.grade import grade_run
from rlaif.runs.order import Order
from tests.runs.quiet import Quiet

RUBRIC = """\
# What a good answer is.
rubric: small
version: 1.0.0
title: A small rubric
criteria:
  - id: right  # the main thing
    ask: Is the answer right?
    weight: 3
  # How it reads.
  - id: clear
    ask: How clear is the answer?
    levels: [bad, fair, good]
  - section: manners
    criteria:
      - {id: unit, ask: Does the answer state its unit?, allow_na: true}
      - id: four
        check: contains
        text: "4"
"""


def samples(count: int = 12) -> list[dict[str, Any]]:
    """Two completions a prompt."""
    return [
        {
            "sample_id": f"s{place}",
            "prompt": f"What is {place // 2} + 2?",
            "completion": f"It is {place // 2 + 2}, and this is answer number {place}.",
            "policy": "tiny",
        }
        for place in range(count)
    ]


def a_run(
    folder: Path,
    rows: Iterable[Mapping[str, Any]] | None = None,
    rubric: str = RUBRIC,
    judge: str = "scripted-hash",
) -> Path:
    """FOLDER/run of FOLDER/small.yaml and FOLDER/samples.jsonl, graded; goes on with what is there.

    Its command names the rubric's file.
    """
    file, source, run = folder / "small.yaml", folder / "samples.jsonl", folder / "run"
    file.write_text(rubric)
    source.write_bytes(
        b"\n".join(orjson.dumps(row) for row in (samples() if rows is None else rows))
    )
    order = Order(
        rubric=load_rubric(file),
        rubric_text=rubric,
        judge=load_judge(judge),
        samples=str(source),
        out=run,
        command=["grade", str(file), str(source)],
        cache=False,
    )
    grade_run(order, Quiet())
    return run


def one(item: ReviewItem, name: str) -> ReviewCriterion:
    """One criterion of it."""
    return next(c for c in item.criteria if c.id == name)


def finish(review: Reviewing, number: int, annotator: str, label: str = "yes") -> ReviewItem:
    """Answer all that a person is asked, and `right` with the label."""
    item = review.item(number, annotator)
    for name, says in (("right", label), ("clear", "fair"), ("unit", None)):
        item = review.answer(number, annotator, name, says, item.revision)
    return item
