"""A trainer's prompts, completions and columns -> rollouts, in TRL's form.

TRL: `prompts` and `completions` are texts, or lists of messages where the data is conversational;
every other column of the data set is a list as long as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from rlaif.errors import InputError
from rlaif.records.base import nearest
from rlaif.records.criterion import Item
from rlaif.records.reward import Rollout
from rlaif.records.reward_file import Columns
from rlaif.records.sample import Chat, Sample

_ITEMS: TypeAdapter[tuple[Item, ...]] = TypeAdapter(tuple[Item, ...])
_HALF = re.compile("[\ud800-\udfff]")
_HOW = "JSON text, or an id of those that RubricReward got as 'criteria'"


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
    rows = {k: v for k, v in columns.items() if _is_column(k, v, len(prompts), names)}
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


def _is_column(name: str, values: Any, rows: int, names: Columns) -> bool:
    """Whether it has a value a row. Raises: InputError for a column that we need and has not."""
    is_list = isinstance(values, list | tuple)
    if is_list and len(values) == rows:
        return True
    if name in names.model_dump().values():
        found = f"{len(values)} values" if is_list else f"a {type(values).__name__}"
        raise InputError(f"the column '{name}' has {found} for {rows} rows")
    return False


def _rollout(
    place: int,
    prompt: Any,
    completion: Any,
    row: Mapping[str, Any],
    tokens: int | None,
    names: Columns,
    criteria: Mapping[str, Any],
) -> Rollout:
    reference, group = row.get(names.reference), row.get(names.group)
    try:
        sample = Sample(
            sample_id=f"row {place}",
            prompt=_chat(prompt, "prompt"),
            completion=_said(completion),
            reference=None if reference is None else str(reference),
            criteria=_criteria(row.get(names.criteria), criteria),
            metadata=_metadata(row, names),
        )
        baseline = _baseline(sample, row.get(names.baseline))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"row {place} of the batch: {where}: {first['msg']}") from None
    except InputError as error:
        raise InputError(f"row {place} of the batch: {error}") from None
    return Rollout(sample, "" if group is None else str(group), tokens, baseline)


def _chat(given: Any, what: str) -> Any:
    """Text, or messages without the nulls that Arrow puts where another row has a key."""
    if isinstance(given, str):
        return given
    if not isinstance(given, list | tuple) or not all(isinstance(one, dict) for one in given):
        raise InputError(f"the {what} is neither text nor a list of messages")
    return _without_nulls(given)


def _said(completion: Any) -> Any:
    """What the policy said; nothing, where its messages hold no turn of its own.

    That is the completion's own doing, and it is prescreened as empty. So are half characters,
    which a policy can write into the arguments of a tool: they become U+FFFD.
    """
    messages = _whole(_chat(completion, "completion"))
    if isinstance(messages, str):
        return messages
    return messages if any(one.get("role") == "assistant" for one in messages) else ""


def _baseline(sample: Sample, stated: Any) -> str | Chat | None:
    if stated is None:
        return None
    like = sample.model_dump(exclude={"completion", "criteria", "metadata"})
    return Sample(**like, completion=_said(stated)).completion


def _criteria(stated: Any, known: Mapping[str, Any]) -> tuple[Item, ...]:
    """A row's own criteria: JSON text, a list, or an id of `known`. Raises: InputError."""
    if stated is None or stated == "":
        return ()
    if isinstance(stated, int) or (isinstance(stated, str) and not stated.lstrip().startswith("[")):
        if str(stated) not in known:
            hint = nearest(str(stated), known) if known else _HOW
            raise InputError(f"no criteria are known by the id '{stated}'\n  hint: {hint}")
        stated = known[str(stated)]
    if isinstance(stated, str):
        try:
            stated = orjson.loads(stated)
        except orjson.JSONDecodeError as error:
            raise InputError(f"the criteria are no JSON: {error}") from None
    if not isinstance(stated, list | tuple):
        raise InputError(f"the criteria are a {type(stated).__name__}\n  hint: {_HOW}")
    return _ITEMS.validate_python(_without_nulls(stated))


def _whole(value: Any) -> Any:
    """Half characters, which no text may hold, become U+FFFD; in keys too."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_whole(k): _whole(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(one) for one in value]
    return value


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
    return {k: _whole(v) for k, v in row.items() if k not in own and _is_plain(v)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float | bool)
