"""Prompts for a policy, from wherever samples are read: rows without completions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from rlaif.records.base import Fault
from rlaif.records.identity import canonical, digest
from rlaif.records.refusals import plain_faults
from rlaif.records.sample import Sample
from rlaif.storage.fields import arrange
from rlaif.storage.samples import Row, read_rows

_IDS = ("prompt_id", "sample_id", "group_id")
"""What a prompt is known by: the first of these that the row has."""
_OF_COMPLETIONS = ("completion", "policy", "finish_reason")
"""Columns of samples that say nothing of their prompt."""


def read_prompts(source: str, mapping: Mapping[str, str], limit: int | None) -> Iterator[Row]:
    """Rows {prompt, prompt_id?, group_id?, reference?, criteria?, metadata?} in their order.

    Each is a sample without a completion (empty text), whose sample_id is the prompt's id: one made
    from its content where the row has none. What no field takes goes to `metadata`.
    Raises: InputError for a source that cannot be read at all; bad rows are yielded.
    """
    named = {("sample_id" if ours == "prompt_id" else ours): at for ours, at in mapping.items()}
    return read_rows(source, named, limit, _prompt)


def _prompt(row: dict[str, Any], mapping: Mapping[str, str]) -> Sample | list[Fault]:
    kept = {key: value for key, value in row.items() if key not in _OF_COMPLETIONS}
    if "sample_id" not in mapping:
        stated = (kept[name] for name in _IDS if kept.get(name) is not None)
        kept["sample_id"] = next(stated, f"p-{digest(canonical(kept))[:16]}")
        kept.pop("prompt_id", None)
    fields, faults = arrange({**kept, "completion": ""}, mapping)
    try:
        made = Sample.model_validate(fields)
    except ValidationError as error:
        named = {fault.at for fault in faults}
        absent = "prompt" not in fields
        return faults + [
            fault
            for fault in plain_faults(error)
            if fault.at not in named and not (absent and fault.at == ("prompt",))
        ]
    return faults or list(_unanswerable(made)) or made


def _unanswerable(made: Sample) -> Iterator[Fault]:
    """Why a policy could not answer it."""
    if isinstance(made.prompt, str):
        return
    if not made.prompt:
        yield Fault(("prompt",), "a chat without messages", "one message of role 'user' at least")
    elif made.prompt[-1].role == "assistant":
        told = "the chat ends with a message of the policy"
        yield Fault(("prompt",), told, "end it with the message that is to be answered")
