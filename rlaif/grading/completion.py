"""A sample to a subject: its texts prepared once, for prescreen, judge and checks alike."""

from __future__ import annotations

import re
from typing import Literal

from rlaif.records.patterns import well_formed
from rlaif.records.sample import Chat, Message, Sample, ToolCall
from rlaif.records.subject import Subject, Turn

_TAG = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE | re.ASCII)


def prepare(sample: Sample, reasoning: Literal["strip", "judge"]) -> Subject:
    """What judge and checks see of the sample; the policy's reasoning taken out, or kept.

    Reasoning is taken out of the policy's own turns in the completion alone, and counted.
    """
    messages = _messages(sample.completion, "assistant")
    policy = [m for m in messages if m.role == "assistant"]
    contents = {id(m): _content(m, reasoning) for m in policy}
    written = {key: text for key, (text, _) in contents.items()}
    texts = [_with_calls(written.get(id(m), m.content), m.tool_calls) for m in messages]
    turns = [Turn(m.role, well_formed(text)) for m, text in zip(messages, texts, strict=True)]
    return Subject(
        prompt=tuple(
            Turn(m.role, well_formed(_with_calls(m.content, m.tool_calls)))
            for m in _messages(sample.prompt, "user")
        ),
        completion=tuple(turns),
        final=well_formed(written[id(policy[-1])]),
        said="\n".join(turn.text for turn in turns if turn.role == "assistant"),
        reference=None if sample.reference is None else well_formed(sample.reference),
        finish_reason=sample.finish_reason,
        metadata=sample.metadata,
        reasoning_characters=sum(taken for _, taken in contents.values()),
    )


def without_reasoning(text: str) -> tuple[str, int]:
    """The text without its <think> (or <thinking>) parts, and the characters in those parts.

    A block ends at the first closing tag, or where the text ends. A closing tag before any opening
    one ends a block that the prompt had opened; a later stray one is taken out alone. The parts
    left over never touch, so that no new tag can form; text without a tag is left as it is.
    """
    kept: list[str] = []
    taken = begun = 0
    inside, first = False, True
    for tag in _TAG.finditer(text):
        closes = bool(tag[1])
        if inside and not closes:
            continue
        part = text[begun : tag.start()]
        if inside or (closes and first):
            taken += len(part)
        else:
            kept.append(part)
        inside, first, begun = not closes, False, tag.end()
    if first:
        return text, 0
    rest = text[begun:]
    if inside:
        return _joined(kept), taken + len(rest)
    return _joined([*kept, rest]), taken


def _joined(parts: list[str]) -> str:
    """The parts with white space between every two of them; none at either end."""
    joined: list[str] = []
    for part in filter(str.strip, parts):
        if joined and not joined[-1][-1].isspace() and not part[0].isspace():
            joined.append(" ")
        joined.append(part)
    return "".join(joined).strip()


def _messages(given: str | Chat, role: Literal["user", "assistant"]) -> Chat:
    return (Message(role=role, content=given),) if isinstance(given, str) else given


def _content(message: Message, reasoning: Literal["strip", "judge"]) -> tuple[str, int]:
    """The content of one turn of the policy, and how much reasoning was taken out of it."""
    if reasoning == "strip":
        text, taken = without_reasoning(message.content)
        return text, taken + len(message.reasoning)
    if message.reasoning:
        return f"<think>\n{message.reasoning}\n</think>\n\n{message.content}", 0
    return message.content, 0


def _with_calls(text: str, calls: tuple[ToolCall, ...]) -> str:
    """The text, and below it a line a tool call: `[calls NAME with ARGUMENTS]`."""
    lines = [f"[calls {c.name} with {c.arguments or 'nothing'}]" for c in calls]
    return "\n".join([text, *lines] if text.strip() else lines) if lines else text
