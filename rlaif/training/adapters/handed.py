"""One completion as a trainer hands it over -> a rollout that can be graded.

A refusal says where and what, and never holds the completion: it ends in a trainer's log.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from pydantic import ValidationError

from rlaif.errors import InputError
from rlaif.records.refusals import placed, plain_faults
from rlaif.records.reward import Rollout
from rlaif.records.sample import Sample
from rlaif.training.adapters.plain import plain, stated_criteria, without_nulls

_NUMBERS = itertools.count()
"""Ids differ within a process; a grade does not depend on them."""


def handed(
    trainer: str,
    *,
    prompt: Any,
    completion: Any,
    stated: Mapping[str, Any],
    tokens: int | None = None,
    cut: bool = False,
    group: str = "",
) -> Rollout:
    """A rollout of text or messages; a conversation stays one.

    Args: `stated`, what the row says of its prompt (`reference`, `criteria`, `metadata`,
    `group_id`, `baseline`); its other keys are not looked at. `tokens`, the completion's length;
    `cut`, whether it was ended by its length limit.
    Raises: InputError for what cannot be graded at all.
    """
    written = {
        "sample_id": f"{trainer} {next(_NUMBERS)}",
        "prompt": without_nulls(plain(prompt)),
        "completion": without_nulls(plain(completion)),
        "reference": _reference(stated.get("reference")),
        "criteria": stated_criteria(stated.get("criteria")),
        "metadata": plain(stated.get("metadata")) or {},
        "finish_reason": "length" if cut else None,
    }
    faults: list[str] = []
    try:
        sample = Sample.model_validate(written)
    except ValidationError as error:
        faults = list(_told(error))
    if faults:  # outside of the handler: what was refused holds the completion
        raise InputError(f"{trainer} handed over what cannot be graded: {'; '.join(faults)}")
    baseline = stated.get("baseline")
    return Rollout(
        sample,
        group or str(stated.get("group_id") or ""),
        tokens,
        None if baseline is None else str(baseline),
    )


def _reference(stated: Any) -> str | None:
    """As text; what is a structure, as JSON."""
    made = plain(stated)
    if made is None or made == "":
        return None
    return made if isinstance(made, str) else orjson.dumps(made).decode()


def _told(error: ValidationError) -> Iterator[str]:
    """What is wrong; of the completion only what is said in our own words, without its text."""
    for fault in plain_faults(error):
        if fault.at[:1] != ("completion",):
            yield placed(fault)
    for found in error.errors(include_url=False, include_input=False):
        if found["loc"][:1] == ("completion",):
            ours = [one.message for one in found.get("ctx", {}).get("faults", ())]
            yield f"completion: {'; '.join(ours) or 'neither text nor messages {role, content}'}"
