"""Questions as messages: `/v1/chat/completions`, one a request.

Whatever tokenises the messages is the server's, and a completion that holds the model's control
tokens can talk in them. Nothing on this side prevents that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import orjson

from rlaif.judging.http_faults import Broken
from rlaif.judging.openai_labels import (
    among_likeliest,
    choices_of,
    first_token,
)
from rlaif.judging.openai_manners import Body, Manners
from rlaif.ports import Answer, Decision
from rlaif.records.outcome import Failure

TOP = 20
_JSON_TOKENS = 64
"""Most tokens of a verdict as JSON: a word, and the white space that some servers write."""


class _Messages:
    """What both ways have in common."""

    path = "/chat/completions"
    most = 1

    def __init__(self, model: str, manners: Manners) -> None:
        self._model, self.manners = model, manners

    def along(self, others: Iterable[_Messages]) -> Self:
        """The same without what the servers of the `others` refuse."""
        return type(self)(self._model, self.manners.along(one.manners for one in others))

    def _body(self, one: Decision, **more: Any) -> Body:
        return self.manners.body(
            {
                "model": self._model,
                "messages": messages_of(one),
                "temperature": 0,
                "chat_template_kwargs": {"enable_thinking": False},
                **more,
            }
        )


class Chat(_Messages):
    """The probabilities of the likeliest first tokens, which are compared with labels as text."""

    name = "chat"

    @property
    def told(self) -> str:
        """How it asks: part of what a verdict is known by, as answers can differ by it."""
        top = self.manners.sent("top_logprobs", TOP)
        return f"chat, the {top} likeliest tokens{self.manners.told}"

    def body(self, asked: Sequence[Decision]) -> Body:
        """One question."""
        (one,) = asked
        return self._body(one, max_tokens=1, logprobs=True, top_logprobs=TOP)

    def read(self, asked: Sequence[Decision], reply: Body) -> list[Answer | Failure | Broken]:
        """The labels' probabilities; a label is met with a space before it, too."""
        (one,), (choice,) = asked, choices_of(reply, 1)
        found = among_likeliest(first_token(choice), [(label, f" {label}") for label in one.labels])
        return [found if isinstance(found, Failure) else Answer(found, *tokens_of(reply))]


class Json(_Messages):
    """The verdict as JSON by a schema: one label, with certainty."""

    name = "json"

    @property
    def told(self) -> str:
        """How it asks: part of what a verdict is known by, as answers can differ by it."""
        return f"chat, JSON by a schema{self.manners.told}"

    def body(self, asked: Sequence[Decision]) -> Body:
        """One question, to be answered by one of its labels."""
        (one,) = asked
        shape = {"verdict": {"type": "string", "enum": list(one.labels)}}
        return self._body(one, max_tokens=_JSON_TOKENS, response_format=format_of(shape))

    def read(self, asked: Sequence[Decision], reply: Body) -> list[Answer | Failure | Broken]:
        """Probability 1 for the label that was written."""
        (one,), (choice,) = asked, choices_of(reply, 1)
        said = said_in(choice)
        verdict = _verdict(said)
        if verdict not in one.labels:
            return [Broken("the judge's answer is not the JSON that was asked for", "parse")]
        return [Answer(tuple(float(label == verdict) for label in one.labels), *tokens_of(reply))]


def messages_of(one: Decision) -> list[dict[str, str]]:
    """The messages of a question, which stands at the end of the last one."""
    found = [{"role": turn.role, "content": turn.text} for turn in one.prefix.turns]
    found[-1]["content"] += one.question
    return found


def format_of(properties: dict[str, Any]) -> dict[str, Any]:
    """`response_format` for an object that has exactly these properties."""
    return schema_format(
        {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    )


def schema_format(schema: Any) -> dict[str, Any]:
    """`response_format` for a JSON Schema."""
    named = {"name": "answer", "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": named}


def said_in(choice: Body) -> str:
    """The text of a chat's choice. Raises: Broken where there is none."""
    message = choice.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, str):
        raise Broken("the server's answer has no text", "parse")
    return content


def _verdict(text: str) -> Any:
    text = text.strip()
    if text.startswith("```"):
        text = text.strip("`").removeprefix("json")
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    verdict = found.get("verdict") if isinstance(found, dict) else None
    return verdict if isinstance(verdict, str) else None


def tokens_of(reply: Body) -> tuple[int, int]:
    """Tokens of the prompt that were computed, and those that the server had; 0 where not told."""
    usage = reply.get("usage")
    if not isinstance(usage, dict):
        return 0, 0
    whole, details = usage.get("prompt_tokens"), usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    whole = whole if type(whole) is int and whole > 0 else 0
    cached = min(cached, whole) if type(cached) is int and cached > 0 else 0
    return whole - cached, cached
