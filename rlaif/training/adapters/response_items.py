"""Items of OpenAI's Responses form -> the messages of a sample, tool calls included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from rlaif.errors import InputError

_Message = dict[str, Any]


def messages_of(items: Sequence[Any]) -> list[_Message]:
    """One message an item, in order; what the policy thought goes to its next message.

    Raises: InputError for an item that is no text, no call and no output of one.
    """
    made: list[_Message] = []
    thought: list[str] = []
    for item in items:
        if item.get("type") == "reasoning":
            thought += _texts(item.get("content")) or _texts(item.get("summary"))
            continue
        message = _message(item)
        if thought and message["role"] == "assistant":
            message["reasoning_content"] = "\n".join(thought)
            thought = []
        made.append(message)
    if thought:
        made.append({"role": "assistant", "reasoning_content": "\n".join(thought)})
    return made


def _message(item: Mapping[str, Any]) -> _Message:
    kind = item.get("type") or "message"
    if kind == "message":
        return {"role": item.get("role"), "content": _content(item.get("content"))}
    if kind in ("function_call", "custom_tool_call"):
        written = item.get("arguments", item.get("input", ""))
        call = {"name": item.get("name"), "arguments": written}
        return {"role": "assistant", "tool_calls": [call]}
    if kind in ("function_call_output", "custom_tool_call_output"):
        return {"role": "tool", "content": _output(item.get("output"))}
    raise InputError(f"an item of type '{kind}' cannot be graded yet")


def _content(content: Any) -> Any:
    """Text parts as one text; a part that is no text is left for the sample to refuse."""
    if not isinstance(content, list):
        return content or ""
    refusals = [{"type": "text", "text": part["refusal"]} for part in content if "refusal" in part]
    return refusals or content


def _output(output: Any) -> str:
    return output if isinstance(output, str) else orjson.dumps(output).decode()


def _texts(parts: Any) -> list[str]:
    return [part["text"] for part in parts or () if isinstance(part.get("text"), str)]
