"""A trainer's prompts, completions and columns -> rollouts, in TRL's form.

TRL: `prompts` and `completions` are texts, or lists of messages where the data is conversational;
every other column of the data set is a list as long as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from rlaif.errors import InputError
from rlaif.records.base import nearest
from rlaif.records.criterion import Item
from rlaif.records.reward import Rollout
from rlaif.records.reward_file import Columns
from rlaif.records.sample import Sample

_ITEMS: TypeAdapter[tuple[Item, ...]] = TypeAdapter(tuple[Item, ...])
_PLAIN = (str, int, float, bool, list, dict)


def rollouts_of(
    prompts: Sequence[Any],
    completions: Sequence[Any],
    completion_ids: Sequence[Sequence[int]] | None,
    columns: Mapping[str, Any],
    names: Columns,
    criteria: Mapping[str, Any],
) -> list[Rollout]:
    """One rollout a row.

    Args: `columns`, the data set's others; `names`, which of them hold what; `criteria`, those of
    prompts by an id, for a column of ids.
    Raises: InputError where a row cannot be graded at all, with its number.
    """
    if len(prompts) != len(completions):
        raise InputError(f"{len(prompts)} prompts and {len(completions)} completions")
    rows = {k: v for k, v in columns.items() if _is_column(v, len(prompts))}
    return [
        _rollout(
            place,
            prompt,
            completions[place],
            {name: values[place] for name, values in rows.items()},
            None if completion_ids is None else len(completion_ids[place]),
            names,
            criteria,
        )
        for place, prompt in enumerate(prompts)
    ]


def _is_column(values: Any, rows: int) -> bool:
    return isinstance(values, list | tuple) and len(values) == rows


def _rollout(
    place: int,
    prompt: Any,
    completion: Any,
    row: Mapping[str, Any],
    tokens: int | None,
    names: Columns,
    criteria: Mapping[str, Any],
) -> Rollout:
    reference, baseline = row.get(names.reference), row.get(names.baseline)
    try:
        sample = Sample(
            sample_id=f"row {place}",
            prompt=_chat(prompt),
            completion=_said(completion),
            reference=None if reference is None else str(reference),
            criteria=_criteria(row.get(names.criteria), criteria),
            metadata=_metadata(row, names),
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"row {place} of the batch: {where}: {first['msg']}") from None
    except InputError as error:
        raise InputError(f"row {place} of the batch: {error}") from None
    group = row.get(names.group)
    return Rollout(
        sample,
        "" if group is None else str(group),
        tokens,
        None if baseline is None else _text(baseline),
    )


def _chat(prompt: Any) -> Any:
    """A prompt without the nulls that Arrow puts where another row has a key."""
    if isinstance(prompt, str):
        return prompt
    return [_without_nulls(message) for message in prompt]


def _said(completion: Any) -> Any:
    """What the policy said; nothing, where its messages hold no turn of its own.

    That is the completion's own doing, and it is prescreened as empty.
    """
    messages = _chat(completion)
    if isinstance(messages, str):
        return messages
    own = any(m.get("role") == "assistant" for m in messages if isinstance(m, dict))
    return messages if own else ""


def _text(baseline: Any) -> str:
    """A baseline completion as text, also from the messages of a conversational row."""
    if isinstance(baseline, str):
        return baseline
    return "\n".join(str(m.get("content") or "") for m in baseline if m.get("role") == "assistant")


def _criteria(stated: Any, known: Mapping[str, Any]) -> tuple[Item, ...]:
    """A row's own criteria: JSON text, a list, or an id of `known`. Raises: InputError."""
    if stated is None or stated == "":
        return ()
    if isinstance(stated, str) and not stated.lstrip().startswith("["):
        if stated not in known:
            hint = nearest(stated, known) if known else "JSON text, or give RubricReward 'criteria'"
            raise InputError(f"no criteria are known by the id '{stated}'\n  hint: {hint}")
        stated = known[stated]
    if isinstance(stated, str):
        try:
            stated = orjson.loads(stated)
        except orjson.JSONDecodeError as error:
            raise InputError(f"the criteria are no JSON: {error}") from None
    return _ITEMS.validate_python([_without_nulls(one) for one in stated])


def _without_nulls(value: Any) -> Any:
    """Arrow fills the keys that other rows have with nulls."""
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(v) for v in value]
    return value


def _metadata(row: Mapping[str, Any], names: Columns) -> dict[str, Any]:
    """The other columns, as far as they are plain data; `when` looks at them."""
    own = set(names.model_dump().values())
    return {k: v for k, v in row.items() if k not in own and isinstance(v, _PLAIN)}
