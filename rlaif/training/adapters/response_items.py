"""A request and its response in OpenAI's Responses form -> what a sample is made of.

What the policy did in tools is kept: a call becomes a tool call of its message, what came back a
message of the tool. What the policy thought goes to its next message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rlaif.records.identity import canonical

Message = dict[str, Any]
At = tuple[str | int, ...]
Blame = Callable[[At, str], None]
"""Told where something cannot be graded, and why; it may raise, or note it and go on."""
_NO_TEXT = frozenset({"image_generation_call"})
"""Kinds of item whose outcome is no text, so that nothing could judge it."""
_NAMED = ("type", "id", "call_id", "status", "output", "result", "error")
"""Keys of a call that say nothing of what was called."""
_TEXT_KEYS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
"""Where the text stands in a part of a message, by the part's type."""


def prompt_of(asked: Mapping[str, Any], at: At, blame: Blame) -> str | list[Message]:
    """What the policy was given: text, or its messages."""
    given = asked.get("input")
    if isinstance(given, str):
        told = asked.get("instructions")
        return [_message("system", told), _message("user", given)] if told else given
    if not isinstance(given, list):
        blame((*at, "input"), "expected text, or a list of messages")
        return ""
    messages = _messages(given, (*at, "input"), blame)
    told = asked.get("instructions")
    return [_message("system", told), *messages] if told else messages


def completion_of(answered: Mapping[str, Any], at: At, blame: Blame) -> str | list[Message]:
    """What the policy did; empty text where it said and called nothing."""
    output = answered.get("output")
    if not isinstance(output, list):
        blame((*at, "output"), "expected the list of what the policy did")
        return ""
    messages = _messages(output, (*at, "output"), blame)
    if all(one["role"] != "assistant" for one in messages):
        return ""
    (first, *more) = messages
    plain = first.keys() == {"role", "content"} and isinstance(first["content"], str)
    return first["content"] if plain and not more else messages


def was_cut(response: Mapping[str, Any]) -> bool:
    """Whether the answer was ended by its length limit."""
    details = response.get("incomplete_details")
    return isinstance(details, Mapping) and details.get("reason") == "max_output_tokens"


def tokens_of(response: Mapping[str, Any]) -> int | None:
    """Length of what the policy wrote, where it is told.

    `usage` is that of its last turn alone, so that it says nothing of an answer with tools between.
    """
    output = [one for one in response.get("output") or () if isinstance(one, dict)]
    written = [one["generation_token_ids"] for one in output if one.get("generation_token_ids")]
    if written and all(isinstance(ids, list) for ids in written):
        return sum(map(len, written))
    usage = response.get("usage")
    said = usage.get("output_tokens") if isinstance(usage, dict) else None
    turns = any(str(one.get("type")).endswith("_output") for one in output)
    return said if type(said) is int and said >= 0 and not turns else None


def _messages(items: Sequence[Any], at: At, blame: Blame) -> list[Message]:
    made: list[Message] = []
    thought: list[str] = []
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            blame((*at, place), "expected an object with a 'type'")
        elif item.get("type") == "reasoning":
            thought += _texts(item.get("content")) or _texts(item.get("summary"))
        else:
            _add(made, item, thought, (*at, place), blame)
    if thought:
        made.append({**_message("assistant", ""), "reasoning_content": "\n".join(thought)})
    return made


def _add(
    made: list[Message], item: Mapping[str, Any], thought: list[str], at: At, blame: Blame
) -> None:
    kind = item.get("type") or "message"
    called = isinstance(kind, str) and kind.endswith("_call") and kind not in _NO_TEXT
    if kind == "message":
        message = _message(item.get("role"), _content(item.get("content")))
    elif isinstance(kind, str) and kind.endswith("_output"):
        message = _message("tool", _written(item.get("output")))
    elif called:
        message = {**_message("assistant", ""), "tool_calls": [_call(kind, item)]}
    else:
        blame((*at, "type"), f"an item of type '{str(kind)[:40]}' cannot be graded yet")
        return
    if thought and message["role"] == "assistant":
        message["reasoning_content"] = "\n".join(thought)
        thought.clear()
    made.append(message)
    if called and item.get("output") is not None:
        made.append(_message("tool", _written(item["output"])))


def _message(role: Any, content: Any) -> Message:
    return {"role": role, "content": content}


def _call(kind: str, item: Mapping[str, Any]) -> Message:
    if isinstance(item.get("name"), str):
        return {"name": item["name"], "arguments": item.get("arguments", item.get("input", ""))}
    return {"name": kind, "arguments": {k: v for k, v in item.items() if k not in _NAMED}}


def _content(content: Any) -> Any:
    """The text of all parts, a refusal's too; where one is no text, the sample refuses it."""
    if content is None:
        return ""
    if not isinstance(content, list):
        return content
    parts = [_part(one) for one in content]
    return "".join(parts) if all(isinstance(one, str) for one in parts) else content


def _part(part: Any) -> Any:
    """Its text, or the part itself."""
    key = _TEXT_KEYS.get(str(part.get("type"))) if isinstance(part, dict) else None
    text = part.get(key) if key else part
    return text if isinstance(text, str) else part


def _written(output: Any) -> str:
    if isinstance(output, str):
        return output
    texts = _texts(output)
    return "\n".join(texts) if texts else canonical(output).decode()


def _texts(parts: Any) -> list[str]:
    return list(_each_text(parts)) if isinstance(parts, list) else []


def _each_text(parts: Sequence[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]
