"""Items of a conversation as OpenAI's Responses form has them -> the messages of a sample.

What the policy did in tools is kept: a call becomes a tool call of its message, what came back a
message of the tool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rlaif.records.identity import canonical
from rlaif.web.taking import At, Intake

Message = dict[str, Any]
_NAMED = ("type", "id", "call_id", "status", "output", "result", "error")
"""Keys of a call that say nothing of what was called."""
_TEXT_KEYS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
"""Where the text stands in a part of a message, by the part's type."""


def prompt_of(intake: Intake, asked: Mapping[str, Any], at: At) -> str | list[Message]:
    """What the policy was given: text, or its messages."""
    given = asked.get("input")
    if isinstance(given, str):
        told = asked.get("instructions")
        return [_message("system", told), _message("user", given)] if told else given
    if not isinstance(given, list):
        intake.blame((*at, "input"), "expected text, or a list of messages")
        return ""
    messages = _messages(intake, given, (*at, "input"))
    told = asked.get("instructions")
    return [_message("system", told), *messages] if told else messages


def completion_of(intake: Intake, answered: Mapping[str, Any], at: At) -> str | list[Message]:
    """What the policy did; empty text where it said and called nothing."""
    output = answered.get("output")
    if not isinstance(output, list):
        intake.blame((*at, "output"), "expected the list of what the policy did")
        return ""
    messages = _messages(intake, output, (*at, "output"))
    if all(one["role"] != "assistant" for one in messages):
        return ""
    (first, *more) = messages
    plain = first.keys() == {"role", "content"} and isinstance(first["content"], str)
    return first["content"] if plain and not more else messages


def _messages(intake: Intake, items: Sequence[Any], at: At) -> list[Message]:
    made: list[Message] = []
    thought: list[str] = []
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            intake.blame((*at, place), "expected an object with a 'type'")
        elif item.get("type") == "reasoning":
            thought += _texts(item.get("content")) or _texts(item.get("summary"))
        else:
            _add(intake, made, item, (*at, place), thought)
    if thought:
        made.append({**_message("assistant", ""), "reasoning_content": "\n".join(thought)})
    return made


def _add(
    intake: Intake, made: list[Message], item: Mapping[str, Any], at: At, thought: list[str]
) -> None:
    kind = item.get("type", "message")
    if kind == "message":
        message = _message(item.get("role"), _content(item.get("content")))
    elif isinstance(kind, str) and kind.endswith("_output"):
        message = _message("tool", _written(item.get("output")))
    elif isinstance(kind, str) and kind.endswith("_call"):
        message = {**_message("assistant", ""), "tool_calls": [_call(kind, item)]}
    else:
        intake.blame((*at, "type"), "this kind of item is not known here")
        return
    if thought and message["role"] == "assistant":
        message["reasoning_content"] = "\n".join(thought)
        thought.clear()
    made.append(message)
    if isinstance(kind, str) and kind.endswith("_call") and item.get("output") is not None:
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
