"""Corrections in one line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from rlaif.records.correction import Correction

RUBRIC = """\
rubric: greeting
version: 1.0.0
title: A greeting to somebody new
criteria:
  - id: kind
    ask: Is the greeting kind to the reader?
  - id: warm
    ask: How warm is the greeting as a whole?
    levels: [cold, mild, warm]
    allow_na: true
"""


def correction(
    number: int = 1,
    human: Mapping[str, str | None] | None = None,
    judge: Mapping[str, str | None] | None = None,
    why: str = "",
    **more: Any,
) -> Correction:
    """Sample `sN`, answers by criterion, and the judge's; `by` is the annotator."""
    said = judge or {}
    by = more.pop("by", "ann")
    criteria = [
        {
            "criterion": name,
            "human": label,
            "comment": why,
            "judge": {"answer": said[name]} if name in said else None,
        }
        for name, label in (human or {}).items()
    ]
    given = {
        "correction_id": f"c{number}-{by}",
        "sample_id": f"s{number}",
        "input": f"Greet person {number}.",
        "output": f"Good evening to you, person {number}.",
        "criteria": criteria,
        "annotator": by,
        "rubric": {"name": "greeting", "version": "1.0.0", "hash": "r"},
        "judge": {"name": "fake", "version": "1.0.0", "fingerprint": "j"},
        "policy": "p1",
    }
    return Correction.model_validate({**given, **more})


_TEXTS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Z", "Cc")), max_size=12
)
_WORDS = _TEXTS.filter(str.strip)
_LABELS = st.one_of(st.none(), st.sampled_from(["yes", "no", "na", "null", "n/a", "A b"]))
_CHATS = st.lists(_TEXTS, min_size=1, max_size=2).map(
    lambda texts: [{"role": "assistant", "content": text} for text in texts]
)
_SIDES = st.one_of(_TEXTS, _CHATS)


@st.composite
def of_one_sample(draw: st.DrawFn) -> list[Correction]:
    """What some people said of one sample, whatever the texts and the names are."""
    ids = draw(st.lists(_WORDS, min_size=1, max_size=3, unique=True))
    people = draw(st.lists(_TEXTS, min_size=1, max_size=3))
    sample = {
        "sample_id": draw(_WORDS),
        "input": draw(_SIDES),
        "output": draw(_SIDES),
        "reference": draw(st.one_of(st.none(), _TEXTS)),
        "metadata": {"k": 1},
    }
    return [_by(draw, place, ids, by, sample) for place, by in enumerate(people)]


def _by(draw: st.DrawFn, place: int, ids: list[str], by: str, sample: dict[str, Any]) -> Correction:
    criteria = [
        {
            "criterion": name,
            "answered": (answered := draw(st.booleans())),
            "answers": (taken := draw(st.sampled_from([(), ("no", "yes"), ("na", "yes")]))),
            "human": draw(st.sampled_from([None, *taken]) if taken else _LABELS)
            if answered
            else None,
            "comment": draw(_TEXTS),
            "judge": draw(st.sampled_from([None, {"answer": "yes", "probability": 0.25}])),
        }
        for name in ids
    ]
    return Correction.model_validate(
        {
            **sample,
            "correction_id": f"c{place}",
            "annotator": by,
            "criteria": criteria,
            "human_output": draw(st.one_of(st.none(), _SIDES)),
            "comment": draw(_WORDS),
            "adjudicated": draw(st.booleans()),
            "human_score": draw(st.sampled_from([None, 0.5])),
            "at": "2026-01-01T00:00:00Z",
        }
    )
