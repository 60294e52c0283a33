"""The sample's part of a prompt: which texts stand in it, between which marks, as which ids."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from rlaif.ports import Prefix, Span
from rlaif.prompting.codec import Codec
from rlaif.prompting.mark import mark_absent_from
from rlaif.prompting.template import Slot
from rlaif.records.identity import digest
from rlaif.records.subject import Subject, Turn

Part = tuple[str, bool, str]
"""A text of the prompt, whether the sample wrote it, and the slot that it stands in."""


def sample_values(
    prompt: Sequence[str], completion: Sequence[str], reference: bool
) -> dict[str, Any]:
    """What block `sample` sees of a sample whose turns have these roles."""
    return {
        "fence": Slot("fence"),
        "prompt": [{"role": r, "text": Slot(f"p{i}")} for i, r in enumerate(prompt)],
        "completion": [{"role": r, "text": Slot(f"c{i}")} for i, r in enumerate(completion)],
        "chat": len(prompt) > 1 or len(completion) > 1,
        "reference": Slot("reference") if reference else None,
    }


def sample_slots(subject: Subject) -> dict[str, str]:
    """The texts that belong into the slots of `sample_values`, and the mark between them.

    The mark is eight letters that the policy could not foresee and that none of the texts holds.
    """
    slots = {f"p{i}": turn.text for i, turn in enumerate(subject.prompt)}
    slots |= {f"c{i}": turn.text for i, turn in enumerate(subject.completion)}
    texts = [*slots.values(), subject.reference or ""]
    if subject.reference is not None:
        slots["reference"] = subject.reference
    return {**slots, "fence": mark_absent_from(texts)}


def with_ids(
    turns: tuple[Turn, ...],
    parts: Iterable[Part],
    spoken: set[str],
    codec: Codec,
    head: Sequence[int],
) -> Prefix:
    """The prompt up to the question, as ids behind `head`; the policy wrote the slots `spoken`.

    Raises: ValueError where a text cannot be written as ids.
    """
    ids, untrusted, completion = list(head), [], []
    policy = 0
    for part, slot, name in _joined(parts):
        start = len(ids)
        ids += codec.plain(part)
        if slot:
            untrusted.append((start, len(ids)))
        if slot and name[0] == "c":
            completion.append((start, len(ids)))
        if slot and name in spoken:
            policy += len(ids) - start
    span: Span | None = (completion[0][0], completion[-1][1]) if completion else None
    hashed = digest(array("q", ids).tobytes())
    return Prefix(turns, tuple(ids), tuple(untrusted), span, policy, hashed, len(head))


def _joined(parts: Iterable[Part]) -> Iterable[Part]:
    """Neighbouring trusted pieces as one, so that the template is tokenised as it is written."""
    run = ""
    for part, slot, name in parts:
        if slot:
            if run:
                yield run, False, ""
            run = ""
            yield part, True, name
        else:
            run += part
    if run:
        yield run, False, ""
