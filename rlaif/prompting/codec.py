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
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from tokenizers import Tokenizer

from rlaif.errors import JudgeUnavailable
from rlaif.ports import TokenizerFiles
from rlaif.prompting.chat_frame import frame_of


class Codec:
    """Encodes prompts for one model. Raises JudgeUnavailable where its files are of no use."""

    closing_ids: tuple[int, ...]
    """What we write behind the thinking, before the answer; empty without thinking."""
    closing_stop: tuple[int, ...]
    """The token at which the thinking ends: the first control token of `closing_ids`. Empty where
    `closing` holds none, as then no token means its end: only the budget ends it."""

    def __init__(self, files: TokenizerFiles, thinking: bool = False, closing: str = "") -> None:
        """Build both tokenizers and the frame.

        With `thinking` the model thinks where the prompt ends, and `closing` stands between the
        thinking and the answer.
        """
        self._whole = _tokenizer(json.loads(files.tokenizer_json))
        self._bare, self.control_ids = _bare(json.loads(files.tokenizer_json), files.special_tokens)
        self.frame = frame_of(files, thinking, closing)
        self._answering = self.frame.after + (closing if thinking else "")
        self.closing_ids = tuple(self.control(closing)) if thinking else ()
        self.closing_stop = tuple(i for i in self.closing_ids if i in self.control_ids)[:1]

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
        """The one token that answers `label` where the model answers: behind any thinking.

        Raises: JudgeUnavailable when the label is not one token there.
        """
        before = self.control(self._answering)
        ids = self.control(self._answering + label)
        alone = self.control(label)
        if ids[: len(before)] != before and self.text(before + alone) == self.text(ids):
            ids = before + alone  # the prompt's end is cut otherwise when the label follows it
        if ids[: len(before)] != before or len(ids) != len(before) + 1:
            raise JudgeUnavailable(
                f"the label '{label}' is not one token of this model after its chat template; "
                "choose other 'labels' in the judge file"
            )
        return ids[-1]

    def without_control(self, ids: Sequence[int]) -> tuple[int, ...]:
        """`ids` up to the first control token: what a model wrote, fit to stand in a prompt."""
        return tuple(takewhile(lambda number: number not in self.control_ids, ids))

    def text(self, ids: Sequence[int]) -> str:
        """What `ids` say, control tokens included."""
        return str(self._whole.decode(list(ids), skip_special_tokens=False))


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
        model["merges"] = [merge for merge in merges if not _is_of(merge, renamed)]
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


def _is_of(merge: str | list[str], renamed: Mapping[str, int]) -> bool:
    """Whether one of the two tokens that a merge joins was renamed, or what it makes of them."""
    first, second = merge.split(" ") if isinstance(merge, str) else merge
    return first in renamed or second in renamed or first + second in renamed


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
