"""Corrections as rows in TRL's columns: for supervised fine-tuning, DPO and KTO."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from rlaif.records.correction import Correction
from rlaif.records.sample import Chat, Sample
from rlaif.training.chat_rows import Shape, completion_column, prompt_column
from rlaif.training.corrections.settling import Settled

Side = Literal["human", "policy"]
RowKind = Literal["sft", "dpo", "kto"]

LINEAGE = (
    *("correction_id", "sample_id", "annotator", "policy", "on_policy"),
    *("rubric", "rubric_hash", "judge", "judge_fingerprint"),
)
"""The columns beside those that trainers look at."""
COLUMNS: Mapping[RowKind, tuple[str, ...]] = {
    "sft": ("prompt", "completion"),
    "dpo": ("prompt", "chosen", "rejected"),
    "kto": ("prompt", "completion", "label"),
}
"""Those that trainers look at."""

Dropped = Literal[
    "promptless", "same_text", "not_rewritten", "empty_text", "not_accepted", "unscored", "redacted"
]
WORDS: Mapping[Dropped, str] = {
    "promptless": "of an empty input, which trainers refuse",
    "same_text": "rewritten without a change",
    "not_rewritten": "without a rewritten output",
    "empty_text": "rewritten as an empty text",
    "redacted": "rewritten over hidden names and addresses, whose marks nobody should learn",
    "not_accepted": "without a rewritten output, and not found good",
    "unscored": "without a rewritten output, and without a score by everybody's answers",
}
"""Why a sample gives no row, behind a number."""


def sample_of(correction: Correction, output: str | Chat | None = None) -> Sample:
    """The sample that was corrected, or the same with another output."""
    return Sample(
        sample_id=correction.sample_id,
        prompt=correction.input,
        completion=correction.output if output is None else output,
        reference=correction.reference,
        group_id=correction.group_id,
        policy=correction.policy,
        metadata=correction.metadata,
        finish_reason=correction.finish_reason,
        criteria=correction.sample_criteria,
    )


def rows_of(
    kind: RowKind, one: Settled, shape: Shape, accepted_from: float | None
) -> Iterator[dict[str, Any] | Dropped]:
    """The rows of one sample, or why there is none.

    Args: `accepted_from`, the score by people's answers from which an output that nobody rewrote
    is taken as it is (for sft, and as good for kto); None: never.
    """
    if not one.correction.input:
        yield "promptless"
        return
    if one.redacted and not one.rewrites:
        yield "redacted"
        return
    if not one.rewrites:
        yield from _as_it_is(kind, one, shape, accepted_from)
        return
    better = []
    for annotator, text in one.rewrites:
        found = _rewritten(one, text)
        if isinstance(found, Sample):
            better.append(annotator)
            yield _of_rewrite(kind, one, annotator, found, shape)
        else:
            yield found
    if kind == "kto" and better:
        # Once, however many rewrote it.
        row = _row(one, sample_of(one.correction), shape, ", ".join(better), "policy")
        yield row | {"label": False}


def _as_it_is(
    kind: RowKind, one: Settled, shape: Shape, accepted_from: float | None
) -> Iterator[dict[str, Any] | Dropped]:
    if kind == "dpo" or accepted_from is None:
        yield "not_rewritten"
    elif not one.scored:
        yield "unscored"
    elif not one.accepted(accepted_from):
        yield "not_accepted"
    else:
        sample = sample_of(one.correction)
        label = {"label": True} if kind == "kto" else {}
        yield _row(one, sample, shape, ", ".join(one.annotators), "policy") | label


def _rewritten(one: Settled, text: str | Chat) -> Sample | Dropped:
    if not _said(text):
        return "empty_text"
    if _said(text) == _said(one.correction.output):
        return "same_text"
    return sample_of(one.correction, text)


def _said(side: str | Chat) -> str:
    """What a completion says, for comparison: alike for a text and a chat of that one turn."""
    if isinstance(side, str):
        return side.strip()
    calls = [call.model_dump_json() for turn in side for call in turn.tool_calls]
    return "\n".join([*(turn.content for turn in side), *calls]).strip()


def _of_rewrite(
    kind: RowKind, one: Settled, annotator: str, better: Sample, shape: Shape
) -> dict[str, Any]:
    row = _row(one, better, shape, annotator, "human")
    if kind == "sft":
        return row
    if kind == "kto":
        return row | {"label": True}
    chosen, worse = row.pop("completion"), completion_column(sample_of(one.correction), shape)
    return {"prompt": row.pop("prompt"), "chosen": chosen, "rejected": worse, **row}


def _row(one: Settled, sample: Sample, shape: Shape, annotator: str, side: Side) -> dict[str, Any]:
    """`on_policy` says whether the policy wrote all of the row: never what a person wrote."""
    return {
        "prompt": prompt_column(sample, shape),
        "completion": completion_column(sample, shape),
        **lineage(one, annotator),
        "on_policy": side == "policy",
    }


def lineage(one: Settled, annotator: str) -> dict[str, Any]:
    """Where a row comes from; `annotator` is whoever it goes back to."""
    correction = one.correction
    rubric, judge = correction.rubric, correction.judge
    return {
        "correction_id": correction.correction_id,
        "sample_id": correction.sample_id,
        "annotator": annotator,
        "policy": correction.policy,
        "rubric": _named(rubric.name, rubric.version),
        "rubric_hash": rubric.hash,
        "judge": _named(judge.name, judge.version),
        "judge_fingerprint": judge.fingerprint,
    }


def _named(name: str, version: str) -> str:
    return f"{name}@{version}" if version else name
