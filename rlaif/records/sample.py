"""A sample: what the policy was given, and what it produced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from rlaif.records.base import Fault, Record, fault, refuse
from rlaif.records.criterion import Item
from rlaif.records.identity import canonical, digest
from rlaif.records.written import Free, Text, Words

Role = Literal["system", "developer", "user", "assistant", "tool"]


def _content(value: object) -> object:
    """Text parts joined; anything that is not text is refused, not dropped."""
    if not isinstance(value, list | tuple):
        return value
    texts = []
    for part in value:
        kind = part.get("type", "text") if isinstance(part, dict) else "text"
        text = part.get("text") if isinstance(part, dict) else part
        if kind not in ("text", "input_text", "output_text") or not isinstance(text, str):
            raise fault(
                f"'{kind}' content is not supported yet: text only",
                "leave such samples out, or describe the content in words",
            )
        texts.append(text)
    return "".join(texts)


class ToolCall(Record):
    """One call of a tool by the policy; `arguments` is the JSON text that it wrote."""

    name: Text
    arguments: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _openai_form(cls, value: Any) -> Any:
        """Accept `{id, type, function: {name, arguments}}`, and arguments as an object."""
        if not isinstance(value, dict):
            return value
        inner = value.get("function", value)
        if not isinstance(inner, dict):
            return value
        arguments = inner.get("arguments", "")
        if not isinstance(arguments, str):
            arguments = canonical(arguments).decode()
        return {"name": inner.get("name"), "arguments": arguments}


_KEPT = ("role", "content", "tool_calls", "reasoning_content", "reasoning")
_NOT_TEXT = ("images", "image", "audio", "video", "videos", "files")


class Message(Record):
    """One message of a chat."""

    role: Role
    content: Annotated[Text, BeforeValidator(_content)] = ""
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: Text = Field(default="", alias="reasoning_content")
    """What the policy thought, where its server kept it apart."""

    @model_validator(mode="before")
    @classmethod
    def _lenient(cls, value: Any) -> Any:
        """Nulls are absent, and keys that do not matter to a grader are let go."""
        if not isinstance(value, dict):
            return value
        present = {k: v for k, v in value.items() if v is not None}
        for kind in _NOT_TEXT:
            if present.get(kind):
                raise fault(f"'{kind}' of a message is not supported yet: text only", at=(kind,))
        if "function_call" in present and "tool_calls" not in present:
            present["tool_calls"] = [present["function_call"]]
        if "refusal" in present and not present.get("content"):
            present["content"] = present["refusal"]
        return {k: v for k, v in present.items() if k in _KEPT}


def _chat_or_text(value: object) -> str:
    return "<text>" if isinstance(value, str) else "<chat>"


def _is_either(value: object) -> object:
    if not isinstance(value, str | list | tuple):
        raise fault("expected text, or a list of messages {role, content}")
    return value


Chat = tuple[Message, ...]
TextOrChat = Annotated[
    Annotated[Text, Tag("<text>")] | Annotated[Chat, Tag("<chat>")],
    Discriminator(_chat_or_text),
    BeforeValidator(_is_either),
]
"""Text, or the messages of a chat."""


def turn_faults(completion: str | Chat, name: str = "completion") -> Iterator[Fault]:
    """A chat completion, under the key `name`, has what the policy said: an assistant message."""
    if not isinstance(completion, str) and all(m.role != "assistant" for m in completion):
        yield Fault(
            (name,),
            "a completion without an assistant message",
            "the policy's own turns have role 'assistant'",
        )


class Sample(Record):
    """What is graded: prompt and completion (text or chat), and what belongs to them."""

    sample_id: Words
    prompt: TextOrChat
    completion: TextOrChat
    reference: Text | None = None
    group_id: Text | None = None
    """Samples of one group share a prompt."""
    policy: Text | None = None
    finish_reason: Text | None = None
    """Why generation ended; "length" marks a completion that was cut."""
    criteria: tuple[Item, ...] = ()
    """Criteria of this sample alone, in the shape of a rubric file's."""
    metadata: dict[str, Free] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_a_policy_turn(self) -> Self:
        refuse(list(turn_faults(self.completion)))
        return self


_NO_CONTENT = ("sample_id", "group_id", "policy")


def sample_digest(sample: Sample) -> str:
    """Hash of all that a grade may depend on: everything but the id, the group and the policy."""
    return written_digest(sample.as_written())


def written_digest(written: dict[str, Any]) -> str:
    """`sample_digest` of a sample that is already written out."""
    return digest(canonical({k: v for k, v in written.items() if k not in _NO_CONTENT}))


def prompt_digest(sample: Sample) -> str:
    """Hash of the prompt alone: all completions of it have the same."""
    prompt = sample.prompt
    written = prompt if isinstance(prompt, str) else [turn.as_written() for turn in prompt]
    return digest(canonical(written))
