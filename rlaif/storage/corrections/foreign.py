"""What other tools' records have in common, before it is known which sample they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from rlaif.records.correction import Correction
from rlaif.records.sample import Chat
from rlaif.storage.corrections.kept_form import Kept

KEPT = "rlaif"
"""Where a record keeps what the other tool has no place for."""
NA_WORDS = ("does-not-apply", "does not apply", "not applicable", "n/a", "na", "null")
"""Labels that stand for "does not apply", unless the criterion has one of that name."""
REWRITTEN, COMMENT = "rewritten", "comment"
"""The questions for the rewritten output, and for a comment on the whole."""


class BadRecordError(ValueError):
    """A record is not of its tool's form; the message says what was expected."""


@dataclass(slots=True)
class Vote:
    """What one person said of one record."""

    annotator: str
    answers: dict[str, Any] = field(default_factory=dict)
    """What was said by question, as the tool has it: labels, comments, the rewritten output."""
    at: str = ""
    key: str = ""
    """By which the record knows the correction that this was exported from."""


@dataclass(slots=True)
class Foreign:
    """One record of another tool."""

    number: int
    """From 1: the line, or the place in the list."""
    sample_id: str = ""
    input: Any = None
    """Text or messages; None where the record has none."""
    output: Any = None
    reference: str | None = None
    judge: dict[str, Any] = field(default_factory=dict)
    """The judge's label by question, where the record suggests one."""
    votes: list[Vote] = field(default_factory=list)
    skipped: int = 0
    """People who looked and did not say anything: drafts, discarded, cancelled, ignored."""
    unstated: int = 0
    """People of whose answers the record does not say whether they were submitted."""
    kept: Kept | None = None
    """What our own export kept: see `storage/corrections/kept`."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which of a tool's names hold what; `criteria` are questions by criterion, `why` comments."""

    fields: Mapping[str, str] = field(default_factory=dict)
    criteria: Mapping[str, str] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)

    def found(self, row: Mapping[str, Any], ours: str) -> Any:
        """The value of one of our fields: by the stated name, else by the first usual one."""
        names = [self.fields[ours]] if ours in self.fields else USUAL[ours]
        return next((row[name] for name in names if row.get(name) is not None), None)


USUAL: Mapping[str, Sequence[str]] = {
    "sample_id": ("sample_id", "id"),
    "input": ("input", "prompt", "instruction", "question"),
    "output": ("output", "completion", "response", "generation", "text"),
    "reference": ("reference",),
    "annotator": ("annotator", "_annotator_id", "_session_id"),
    "rewritten": (REWRITTEN, "human_output", "user_input", "correction"),
    "comment": (COMMENT, "comments"),
}
"""Their usual names of our fields."""


@dataclass(frozen=True, slots=True)
class Names:
    """The questions of one record: plain names, each once, whatever the criteria are called."""

    answers: Mapping[str, str]
    """Question by criterion."""
    why: Mapping[str, str]
    """Question of the comment by criterion."""


_PLAIN = re.compile(r"[^a-z0-9_-]+")


def names_of(criteria: Iterable[str]) -> Names:
    """The questions for these criteria: small letters, digits, `-` and `_`, as tools want them."""
    taken = {REWRITTEN, COMMENT}
    listed = list(dict.fromkeys(criteria))
    answers = {one: free(_PLAIN.sub("-", one.lower()).strip("-") or "c", taken) for one in listed}
    return Names(answers, {one: free(f"why-{answers[one]}", taken) for one in listed})


def free(wanted: str, taken: set[str], sign: str = "-") -> str:
    """`wanted`, with `sign` and a number behind it where it is taken; it is taken then."""
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}{sign}{number}"
    taken.add(name)
    return name


def text_of(value: Any) -> str:
    """An id or a name as text: 0 is one, nothing is none."""
    return "" if value is None else str(value)


def uuid_of(text: str) -> str:
    """A UUID that stands for `text`, the same every time; tools want ids of that form."""
    return str(uuid5(NAMESPACE_URL, f"rlaif:{text}"))


def layers(corrections: Iterable[Correction]) -> list[list[Correction]]:
    """The corrections of one sample in records that hold each annotator once."""
    made: list[list[Correction]] = []
    for one in corrections:
        fitting = (
            layer
            for layer in made
            if all(other.annotator != one.annotator for other in layer)
            and layer[0].adjudicated == one.adjudicated
        )
        layer = next(fitting, None)
        if layer is None:
            made.append([one])
        else:
            layer.append(one)
    return made


def as_field(side: str | Chat) -> Any:
    """A text as it is, a chat as its messages."""
    if isinstance(side, str):
        return side
    return [turn.as_written() for turn in side]
