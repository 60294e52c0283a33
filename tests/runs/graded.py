"""Runs with grades that a test states, made without any judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rlaif.grading.completion import prepare
from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Verdict
from rlaif.records.sample import Sample
from rlaif.storage.run_folder import Kept, make_run
from rlaif.storage.samples import Row

Scored = tuple[Mapping[str, Any], float | str | None]
"""A sample, and its score; a text is why it failed; None for one that is not graded."""


def graded_run(path: Path, scored: Iterable[Scored], **values: Mapping[str, float]) -> Path:
    """A run folder. Args: `values` by criterion, of each sample id."""
    rows = [(Sample.model_validate({"prompt": "Who?", **given}), to) for given, to in scored]
    run = make_run(path)
    with run.lock():
        run.take_in((Row("s", n, sample) for n, (sample, _) in enumerate(rows, 1)), "s")
        run.state(
            Kept("r", "1.2.3", "a" * 32, "rubric: r\n", ".yaml"),
            Kept("j", "4.5.6", "b" * 32, "{}", ".json", served="/home/her/models/tiny abc"),
            "under-this",
        )
        scores = {sample.sample_id: score for sample, score in rows}
        with run.writer() as writer:
            for one in run.pending():
                score = scores[one.sample.sample_id]
                if score is not None:
                    grade = _grade(one.sample.sample_id, one.sample_hash, score, values)
                    taken = prepare(one.sample, "strip").reasoning_characters
                    writer.append(replace(grade, reasoning_characters=taken))
    return path


def _grade(
    name: str, content: str, score: float | str, values: Mapping[str, Mapping[str, float]]
) -> Grade:
    failed = isinstance(score, str)
    outcomes = tuple(
        Answered(criterion, Verdict((1 - found[name], found[name])), "k", "yes", found[name])
        for criterion, found in values.items()
        if name in found
    )
    return Grade(
        sample_id=name,
        rubric="r@1.2.3",
        judge="j@4.5.6",
        score=None if isinstance(score, str) else score,
        raw_score=None if isinstance(score, str) else score,
        status="failed" if failed and score else "ok",
        reason=score if isinstance(score, str) else "",
        sections=(),
        outcomes=outcomes,
        sample_hash=content,
    )
