"""The rows that each kind of training takes, in the columns that TRL gives them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rlaif.records.base import Fault
from rlaif.records.identity import canonical

Row = dict[str, Any]
_CLOSED = ("prompts", "completion", "completions", "completion_ids", "completion_mask")
_TAKEN = (*_CLOSED, "trainer_state", "log_extra", "log_metric", "environment")
"""Columns of prompts that a reward gets under the same name from TRL itself."""


class Form(NamedTuple):
    """The columns of one form of a row."""

    texts: tuple[str, ...]
    """Text or a list of messages, and all of them the same."""
    others: tuple[str, ...] = ()


_TOOLS = ("tools",)
_IDS = ("input_ids", "labels")
"""Columns of whole numbers: a row of sft may be tokens already, -100 for what is not learned."""
_FORMS: dict[str, tuple[Form, ...]] = {
    "sft": (
        Form(("input_ids", "labels")),
        Form(("messages",), _TOOLS),
        Form(("prompt", "completion"), _TOOLS),
        Form(("text",)),
    ),
    "reward": (Form(("prompt", "chosen", "rejected"), _TOOLS), Form(("chosen", "rejected"))),
    "dpo": (Form(("prompt", "chosen", "rejected"), _TOOLS), Form(("chosen", "rejected"))),
    "kto": (Form(("prompt", "completion"), _TOOLS),),
    "grpo": (Form(("prompt",)),),
}
"""The forms of a row; the first whose columns a row has is its own."""


def taken(kind: str, row: Mapping[str, Any]) -> Row | list[Fault]:
    """The part of a row that its trainer gets, or what is wrong with it.

    Other columns (ids, scores, where a row comes from) are left out, for grpo alone they all go to
    the reward; what is no text and no number among them becomes JSON.
    """
    form = _form(kind, row)
    if isinstance(form, Fault):
        return [form]
    faults = [*_text_faults(form, row), *_own_faults(kind, row)]
    if faults:
        return faults
    kept = {name: row[name] for name in form.texts}
    kept |= {name: _flat(row[name]) for name in form.others if row.get(name) is not None}
    if kind == "kto":
        kept["label"] = row["label"]
    if kind == "reward" and row.get("margin") is not None:
        kept["margin"] = float(row["margin"])
    if kind == "grpo":
        kept |= {str(name): _flat(value) for name, value in row.items() if name != "prompt"}
    return kept


def form_of(row: Mapping[str, Any]) -> dict[str, str]:
    """By column, whether it holds text, messages or something else; all rows must agree."""
    return {name: _kind(value) for name, value in row.items() if value is not None}


def is_conversational(row: Mapping[str, Any]) -> bool:
    """Whether a row holds messages, which only a chat template makes into text."""
    return any(kind == "messages" for kind in form_of(row).values())


def _form(kind: str, row: Mapping[str, Any]) -> Form | Fault:
    for form in _FORMS[kind]:
        if all(row.get(name) is not None for name in form.texts):
            return form
    told = sorted(_FORMS[kind], key=lambda form: form.texts == _IDS)  # tokens are named last
    every = [" and ".join(map(repr, form.texts)) for form in told]
    near = max(told, key=lambda form: sum(row.get(name) is not None for name in form.texts))
    absent = next(name for name in near.texts if row.get(name) is None)
    return Fault((), f"'{absent}' is missing", f"a row of {kind} has {', or '.join(every)}")


def _text_faults(form: Form, row: Mapping[str, Any]) -> Iterator[Fault]:
    if form.texts == _IDS:
        yield from _id_faults(row)
        return
    for name in form.texts:
        yield from _one_text(name, row[name])
    kinds = {_kind(row[name]) for name in form.texts}
    if form.texts == ("messages",) and kinds == {"text"}:
        yield Fault(("messages",), "expected a list of messages, not text", "text: ...")
    if kinds == {"text", "messages"}:
        together = " and ".join(map(repr, form.texts))
        yield Fault((form.texts[0],), f"{together} must all be text, or all be messages")


def _id_faults(row: Mapping[str, Any]) -> Iterator[Fault]:
    for name in _IDS:
        if not isinstance(row[name], list) or not all(type(one) is int for one in row[name]):
            yield Fault((name,), f"'{name}' must be a list of whole numbers")
            return
    ids, labels = row["input_ids"], row["labels"]
    if len(ids) != len(labels) or not ids:
        yield Fault(("labels",), f"{len(labels)} 'labels' for {len(ids)} 'input_ids'")
    elif any(label not in (-100, number) for number, label in zip(ids, labels, strict=True)):
        hint = "-100 stands where nothing is learned"
        yield Fault(("labels",), "a label is neither -100 nor the id at its place", hint)


def _one_text(name: str, value: Any) -> Iterator[Fault]:
    if isinstance(value, str):
        if not value and name in ("prompt", "messages", "text"):
            yield Fault((name,), f"'{name}' is empty")
        return
    if not isinstance(value, list) or not value:
        yield Fault((name,), f"'{name}' must be text, or a list of messages")
        return
    for place, message in enumerate(value):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            yield Fault((name, place), "a message needs 'role' and 'content'")
        elif isinstance(message.get("content"), list):
            yield Fault((name, place), "messages of several parts (images) are not supported yet")
        elif not isinstance(message.get("content"), str) and not message.get("tool_calls"):
            yield Fault((name, place), "'content' of a message must be text")


def _own_faults(kind: str, row: Mapping[str, Any]) -> Iterator[Fault]:
    if kind == "kto" and not isinstance(row.get("label"), bool):
        yield Fault(("label",), "'label' must be true or false: whether the completion is good")
    margin = row.get("margin")
    if kind == "reward" and margin is not None and not _is_margin(margin):
        told = "'margin' must be a number, 0 or more: how much better the chosen one is"
        yield Fault(("margin",), told)
    if any(row.get(name) is not None for name in ("image", "images")):
        yield Fault(("images",), "images are not supported yet")
    for name in _TAKEN if kind == "grpo" else ():
        if name in row:
            hint = "leave the column out, or call it something else"
            yield Fault((name,), f"TRL hands a reward its own '{name}'", hint)


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "token ids" if value and isinstance(value[0], int) else "messages"
    return "text" if isinstance(value, str) else _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "a number" if _is_number(value) else "data"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_margin(value: Any) -> bool:
    return _is_number(value) and math.isfinite(value) and value >= 0


def _flat(value: Any) -> Any:
    """Text, a number, true, false and null as they are; JSON of what is nested.

    Arrow would give every mapping of a column the keys of all others.
    """
    return canonical(value).decode() if isinstance(value, dict | list) else value
