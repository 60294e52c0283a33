"""What a policy is asked: a prompt in its chat format as token ids, with a seed of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer

from rlaif.ports import Request, TokenizerFiles
from rlaif.records.identity import digest
from rlaif.records.policy import AnyPolicy
from rlaif.records.sample import Chat, Message
from rlaif.records.subject import Turn

Render = Callable[[Sequence[Mapping[str, Any]]], str]
"""Messages in the model's chat format, up to where it answers."""
_MARK = re.compile("\ue000([0-9]+)\ue001")
"""Stands for a control token's name in a message, which is to stay text."""
_OPEN = re.compile(r"<think>\s*\Z")
SEEDS = 2**53
"""Whole numbers below it are kept as they are by every reader of JSON."""
SEEDS_OF_SERVERS = 2**31
"""Some servers take no others."""


@dataclass(frozen=True, slots=True)
class Prompted:
    """A prompt as the policy is given it."""

    prompt: str | Chat
    """What stands in the sample."""
    turns: tuple[Turn, ...]
    ids: tuple[int, ...]
    """Empty for generators that take text."""
    opened: str
    """What the prompt's end has begun of the completion: an opened `<think>`."""


class Asking:
    """Writes a policy's requests."""

    def __init__(
        self, spec: AnyPolicy, files: TokenizerFiles | None = None, render: Render | None = None
    ) -> None:
        """Without `files` and `render`, requests are texts alone."""
        self._spec, self._render = spec, render
        self._words = _tokenizer(files, control=True) if files else None
        self._bare = _tokenizer(files, control=False) if files else None
        self._control = _control_tokens(files) if files else []
        self._names = re.compile("|".join(map(re.escape, self._control)))

    def prompted(self, prompt: str | Chat) -> Prompted:
        """The prompt as the policy is given it.

        Raises: ValueError for one that this policy cannot be asked.
        """
        given = self._with_system(prompt)
        plain = isinstance(given, str) and self._spec.text_as == "plain"
        messages = (Message(role="user", content=given),) if isinstance(given, str) else given
        turns = tuple(Turn(message.role, message.content) for message in messages)
        if self._words is None:
            if any(message.tool_calls for message in messages):
                raise ValueError("the prompt has tool calls, which servers are not told of yet")
            return Prompted(given, turns, (), "")
        if plain and isinstance(given, str):
            return Prompted(given, turns, tuple(self._words.encode(given).ids), "")
        ids, end = self._in_chat(messages)
        opened = _OPEN.search(end)
        return Prompted(given, turns, ids, opened.group() if opened else "")

    def request(self, number: int, prompted: Prompted, prompt_id: str, seed: int) -> Request:
        """The request for one completion of a prompt, by its seed."""
        spec = self._spec
        return Request(
            number=number,
            turns=prompted.turns,
            ids=prompted.ids,
            max_tokens=spec.max_tokens,
            key=f"{prompt_id} {seed}",
            temperature=spec.temperature,
            seed=seed,
            stop_texts=spec.stop,
            top_p=spec.top_p,
            together=True,
            thinking=spec.thinking,
            about=prompt_id,
        )

    def _with_system(self, prompt: str | Chat) -> str | Chat:
        system = self._spec.system
        if not system:
            return prompt
        if isinstance(prompt, str):
            prompt = (Message(role="user", content=prompt),)
        if prompt[0].role in ("system", "developer"):
            return prompt
        return (Message(role="system", content=system), *prompt)

    def _in_chat(self, messages: Chat) -> tuple[tuple[int, ...], str]:
        """The ids, and the last characters of the text.

        What a message says is text: names of control tokens in it are written letter by letter.
        """
        if self._render is None or self._words is None or self._bare is None:
            raise ValueError(
                "the model has no chat format; with text_as: plain, prompts that are text do"
            )
        text = self._render([self._row(message) for message in messages])
        ids: list[int] = []
        for place, piece in enumerate(_MARK.split(text)):
            if place % 2 and int(piece) < len(self._control):
                piece = self._control[int(piece)]
                ids += self._bare.encode(piece, add_special_tokens=False).ids
            elif piece:
                ids += self._words.encode(piece, add_special_tokens=False).ids
        return tuple(ids), text[-64:]

    def _row(self, message: Message) -> dict[str, Any]:
        """A message as chat templates take it."""
        row: dict[str, Any] = {"role": message.role, "content": self._harmless(message.content)}
        if message.reasoning:
            row["reasoning_content"] = self._harmless(message.reasoning)
        if message.tool_calls:
            row["tool_calls"] = [
                {
                    "type": "function",
                    "function": {"name": call.name, "arguments": _arguments(call.arguments)},
                }
                for call in message.tool_calls
            ]
        return row

    def _harmless(self, text: str) -> str:
        if not self._control:
            return text
        return self._names.sub(lambda name: f"\ue000{self._control.index(name[0])}\ue001", text)


def seed_of(run_seed: int, prompt_id: str, index: int, seeds: int = SEEDS) -> int:
    """The seed of one completion: the same in every run of that seed, whatever else is asked.

    Args: `seeds`, how many there are.
    """
    return int(digest(str(run_seed), prompt_id, str(index)), 16) % seeds


def _tokenizer(files: TokenizerFiles, *, control: bool) -> Tokenizer:
    """The model's; without `control` it makes text of the names of control tokens."""
    made = Tokenizer.from_str(files.tokenizer_json)
    made.no_padding()
    made.no_truncation()
    made.encode_special_tokens = not control
    return made


def _control_tokens(files: TokenizerFiles) -> list[str]:
    """The names of control tokens, the longest first."""
    added = json.loads(files.tokenizer_json).get("added_tokens") or ()
    names = {str(one["content"]) for one in added if one.get("special")}
    return sorted(names, key=lambda name: (-len(name), name))


def _arguments(text: str) -> Any:
    """An object where the text is one: templates write it themselves."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, dict) else text
