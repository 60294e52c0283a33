"""What a judge is asked about one criterion: its text, and the labels that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rlaif.errors import JudgeUnavailable
from rlaif.ports import estimated_tokens
from rlaif.prompting.codec import Codec
from rlaif.prompting.template import Slot
from rlaif.records.criterion import Judged
from rlaif.records.subject import Subject

Kind = Literal["levels", "choices", "numbers", ""]
Named = tuple[str, str]
"""An answer's name and its description."""
Shape = tuple[bool, Kind, tuple[bool, ...], bool]
"""Whether there is guidance; the kind of answers; which of those with names have a description;
whether the question may not apply."""


NO_CHOICES = (
    "the judge's template shows no choices; add to its block 'question': "
    "{% for choice in choices %}{{ choice.label }}: {{ choice.name }}{% endfor %}"
)
FORMS: tuple[tuple[Kind, tuple[bool, ...]], ...] = (
    ("", ()),
    ("levels", (False, False)),
    ("levels", (True, True)),
    ("numbers", (False, False)),
    ("choices", (False, True)),
)
"""Every kind of answers, with and without descriptions."""


@dataclass(frozen=True, slots=True)
class Question:
    """One criterion as the judge reads it, and the labels that answer it."""

    text: str
    ids: tuple[int, ...]
    """The text and what the chat format puts after it; empty without a codec."""
    labels: tuple[str, ...]
    label_ids: tuple[int, ...]
    hash: str

    @property
    def tokens(self) -> int:
        """How many tokens that is; an estimate where there are no ids."""
        return len(self.ids) or estimated_tokens(self.text)


@dataclass(frozen=True, slots=True)
class Taught:
    """An example that the judge is shown with its right answers, before any sample."""

    subject: Subject
    answers: tuple[tuple[Judged, int], ...]
    """Each question with the place of its answer; past the last one for "does not apply"."""


def answers_of(criterion: Judged) -> tuple[Kind, tuple[Named, ...]]:
    """What kind of named answers a criterion has, and which; none for yes and no."""
    if criterion.range is not None:
        unit = f" {criterion.range.unit}".rstrip()
        return "numbers", tuple((f"{name}{unit}", "") for name in criterion.range.names)
    kind: Kind = "choices" if criterion.choices else "levels" if criterion.levels else ""
    named = criterion.choices or criterion.levels or ()
    return kind, tuple((answer.name, answer.description) for answer in named)


def values_of(
    labels: Sequence[str], guidance: bool, kind: Kind, described: Sequence[bool], na: bool
) -> dict[str, Any]:
    """What a template sees of a question: its texts as slots, its labels as they stand.

    `described` says of each named answer whether it has a description; `labels` are those of the
    answers, with that of "does not apply" last where `na` holds.
    """
    named = [
        {
            "label": labels[place],
            "name": Slot(f"n{place}"),
            "description": Slot(f"d{place}") if description else None,
        }
        for place, description in enumerate(described)
    ]
    return {
        "ask": Slot("ask"),
        "guidance": Slot("guidance") if guidance else None,
        "levels": [] if kind == "choices" else named,
        "choices": named if kind == "choices" else [],
        "numbers": kind == "numbers",
        "no": labels[0],
        "yes": labels[1],
        "na": labels[-1] if na else None,
    }


def slots_of(ask: str, guidance: str, named: Sequence[Named]) -> dict[str, str]:
    """The texts that belong into the slots of `values_of`."""
    slots = {"ask": ask, "guidance": guidance}
    slots |= {f"n{place}": name for place, (name, _) in enumerate(named)}
    slots |= {f"d{place}": description for place, (_, description) in enumerate(named)}
    return slots


def label_ids_of(codec: Codec, labels: tuple[str, ...]) -> tuple[int, ...]:
    """The one token of each label. Raises: JudgeUnavailable where one has not, or two share it."""
    ids = tuple(codec.label_id(label) for label in labels)
    if len(set(ids)) < len(ids):
        raise JudgeUnavailable(
            f"two of the labels {', '.join(labels)} are the same token of this model; "
            "choose other 'labels' in the judge file"
        )
    return ids
