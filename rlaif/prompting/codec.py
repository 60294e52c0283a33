"""Text to token ids, so that no text in a prompt can become a control token.

The frame that the model's chat template puts around the messages is encoded with the whole
tokenizer. Everything else goes through a copy of it without added tokens, whose entries in the
vocabulary are renamed beyond guessing: a completion that holds `<|im_end|>` is then the characters
it is written with. Deleting such strings instead would not do: nested ones form again.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any, NoReturn

from jinja2.exceptions import TemplateError
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from rlaif.errors import JudgeUnavailable
from rlaif.ports import TokenizerFiles

_MARK = "\ue000"
_WITHOUT_TEMPLATE = "{{ bos_token }}{% for m in messages %}{{ m.content }}\n\n{% endfor %}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What the chat format writes before, between and after the texts of a prompt."""

    before: str
    between: str
    """Between the preamble and the sample; the preamble has no turn of its own where this is not
    a control sequence but two line breaks."""
    after: str
    """After the question, up to where the model answers."""


class Codec:
    """Encodes prompts for one model. Raises JudgeUnavailable where its files are of no use."""

    def __init__(self, files: TokenizerFiles) -> None:
        """Build both tokenizers and the frame."""
        self._whole = _tokenizer(json.loads(files.tokenizer_json))
        self._bare, self.control_ids = _bare(json.loads(files.tokenizer_json))
        self.frame = _frame(files)

    def control(self, text: str) -> list[int]:
        """Ids of the frame's own text, in which control tokens are meant."""
        return list(self._whole.encode(text, add_special_tokens=False).ids)

    def plain(self, text: str) -> list[int]:
        """Ids of any other text: never a control token, whatever it says.

        Raises: ValueError when one came out all the same, which no tokenizer known to us does.
        """
        ids = list(self._bare.encode(text, add_special_tokens=False).ids)
        if not self.control_ids.isdisjoint(ids):
            raise ValueError("the tokenizer made a control token out of plain text")
        return ids

    def label_id(self, label: str) -> int:
        """The one token that answers `label` where the model answers.

        Raises: JudgeUnavailable when the label is not one token there.
        """
        before = self.control(self.frame.after)
        ids = self.control(self.frame.after + label)
        if ids[: len(before)] != before or len(ids) != len(before) + 1:
            raise JudgeUnavailable(
                f"the label '{label}' is not one token of this model after its chat template; "
                "choose other 'labels' in the judge file"
            )
        return ids[-1]


def _tokenizer(spec: dict[str, Any]) -> Tokenizer:
    tokenizer = Tokenizer.from_str(json.dumps(spec))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _bare(spec: dict[str, Any]) -> tuple[Tokenizer, frozenset[int]]:
    """The tokenizer without added tokens, and the ids that text must never become."""
    added = {int(t["id"]): str(t["content"]) for t in spec.get("added_tokens") or ()}
    secret = secrets.token_hex(16)
    vocabulary = spec["model"]["vocab"]
    if isinstance(vocabulary, dict):
        for number, content in added.items():
            if vocabulary.get(content) == number:
                vocabulary[f"{secret}{number}"] = vocabulary.pop(content)
    else:  # a unigram model lists [piece, score] by id
        for number in added:
            if number < len(vocabulary):
                vocabulary[number][0] = f"{secret}{number}"
    spec["added_tokens"] = []
    spec["post_processor"] = None
    spec["model"].pop("unk_token", None) if isinstance(vocabulary, dict) else None
    return _tokenizer(spec), frozenset(added)


def _frame(files: TokenizerFiles) -> Frame:
    template = files.chat_template or _WITHOUT_TEMPLATE
    two_turns = [{"role": "system", "content": _MARK}, {"role": "user", "content": _MARK}]
    one_turn = [{"role": "user", "content": f"{_MARK}\n\n{_MARK}"}]
    reason = ""
    for messages in (two_turns, one_turn):
        try:
            text = _apply(template, messages, files.special_tokens)
        except (TemplateError, TypeError, ValueError) as error:
            reason = str(error)
            continue
        parts = text.split(_MARK)
        if len(parts) == 3:
            return Frame(*parts)
        reason = "it does not show the messages once each"
    raise JudgeUnavailable(f"the model's chat template cannot be used: {reason}")


def _apply(template: str, messages: list[dict[str, str]], tokens: dict[str, str]) -> str:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", _Generation]
    )
    environment.filters["tojson"] = lambda value, **_: json.dumps(value, ensure_ascii=False)
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda _: "01 Jan 2026"  # a prompt never depends on today
    values: dict[str, Any] = {"bos_token": "", "eos_token": "", **tokens}
    return environment.from_string(template).render(
        messages=messages, add_generation_prompt=True, tools=None, enable_thinking=False, **values
    )


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)


class _Generation(Extension):
    """Chat templates may mark what is trained on by `{% generation %}`; here it marks nothing."""

    tags = {"generation"}  # noqa: RUF012 - jinja2's own form

    def parse(self, parser: Any) -> Any:
        """The statements inside the tag, as they stand."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)
