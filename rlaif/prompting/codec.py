"""Text to token ids, so that no text in a prompt can become a control token.

The frame that the model's chat template puts around the messages is encoded with the whole
tokenizer. Everything else goes through a copy of it without control tokens (all added tokens but
runs of white space), whose entries in the vocabulary are renamed beyond guessing and whose merges
are taken out: a completion that holds `<|im_end|>` is then the characters it is written with.
Deleting such strings instead would not do: nested ones form again.
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
_TEMPLATE_FAULTS = (
    TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError,
    SyntaxError, RecursionError,
)  # fmt: skip
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
        self._bare, self.control_ids = _bare(json.loads(files.tokenizer_json), files.special_tokens)
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
        alone = self.control(label)
        if ids[: len(before)] != before and self._text(before + alone) == self._text(ids):
            ids = before + alone  # the prompt's end is cut otherwise when the label follows it
        if ids[: len(before)] != before or len(ids) != len(before) + 1:
            raise JudgeUnavailable(
                f"the label '{label}' is not one token of this model after its chat template; "
                "choose other 'labels' in the judge file"
            )
        return ids[-1]

    def _text(self, ids: list[int]) -> str:
        return str(self._whole.decode(ids, skip_special_tokens=False))


def _tokenizer(spec: dict[str, Any]) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_str(json.dumps(spec))
    except Exception as error:  # tokenizers raises no narrower one
        raise JudgeUnavailable(f"the model's tokenizer cannot be used: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _bare(spec: dict[str, Any], special: dict[str, str]) -> tuple[Tokenizer, frozenset[int]]:
    """The tokenizer without control tokens, and the ids that text must never become."""
    secret = secrets.token_hex(16)
    control: dict[int, str] = {}
    for token in spec.get("added_tokens") or ():
        if not _is_text(token):
            control[int(token["id"])] = str(token["content"])
            token["content"] = f"{secret}{token['id']}"  # taken out, it would shift others' ids
    rename = _rename_in_dict if isinstance(spec["model"]["vocab"], dict) else _rename_in_list
    unknown = rename(spec["model"], control, secret)
    spec["post_processor"] = None
    for part in ("normalizer", "pre_tokenizer"):
        spec[part] = _within(spec.get(part))
    # what no token can write becomes "unknown", which is harmless where it means nothing else
    elsewhere = {text for role, text in special.items() if role not in ("unk_token", "pad_token")}
    harmless = {unknown} if control.get(unknown) not in elsewhere else set()
    return _tokenizer(spec), frozenset(control) - harmless


def _is_text(token: dict[str, Any]) -> bool:
    """Runs of spaces and line breaks, which some models add as tokens, control nothing."""
    return not token.get("special") and not str(token["content"]).strip(" \t\r\n\u2581")


def _rename_in_dict(model: dict[str, Any], control: dict[int, str], secret: str) -> int:
    """Rename control tokens in a vocabulary of ids by token; the id of "unknown", -1 for none."""
    vocabulary = model["vocab"]
    renamed = {text: n for n, text in control.items() if vocabulary.get(text) == n}
    for text, number in renamed.items():
        vocabulary[f"{secret}{number}"] = vocabulary.pop(text)
    if merges := model.get("merges"):
        model["merges"] = [m for m in merges if renamed.keys().isdisjoint(_parts(m))]
    unknown = model.get("unk_token")
    for number, text in control.items():
        if text == unknown:
            model["unk_token"] = f"{secret}{number}"
            vocabulary[f"{secret}{number}"] = number
            return number
    return -1


def _rename_in_list(model: dict[str, Any], control: dict[int, str], secret: str) -> int:
    """The same in a unigram model's list of [piece, score] by id."""
    vocabulary = model["vocab"]
    for number in control:
        if number < len(vocabulary):
            vocabulary[number][0] = f"{secret}{number}"
    unknown = model.get("unk_id")
    return -1 if unknown is None else int(unknown)


def _parts(merge: str | list[str]) -> tuple[str, str, str]:
    """The two tokens that a merge joins, and what it makes of them."""
    first, second = merge.split(" ") if isinstance(merge, str) else merge
    return first, second, first + second


def _within(step: Any) -> Any:
    """A step of the tokenizer that writes no space before a text: a text stands within a prompt."""
    if not isinstance(step, dict) or step["type"] == "Prepend":
        return None
    changed = dict(step)
    for name in ("normalizers", "pretokenizers"):
        if name in step:
            changed[name] = [kept for kept in map(_within, step[name]) if kept]
    if "prepend_scheme" in step:
        changed["prepend_scheme"] = "never"
    if "add_prefix_space" in step:
        changed["add_prefix_space"] = False
    return changed


def _frame(files: TokenizerFiles) -> Frame:
    template = files.chat_template or _WITHOUT_TEMPLATE
    two_turns = [{"role": "system", "content": _MARK}, {"role": "user", "content": _MARK}]
    one_turn = [{"role": "user", "content": f"{_MARK}\n\n{_MARK}"}]
    reason = ""
    for messages in (two_turns, one_turn):
        try:
            text = _apply(template, messages, files.special_tokens)
        except _TEMPLATE_FAULTS as error:
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
