"""The code in a completion, and in a few words how it was found there."""

from __future__ import annotations

from typing import Literal, NamedTuple

from rlaif.checks.blocks import Block, blocks

CodeFrom = Literal["last_block", "first_block", "whole_text"]

_ALSO = (
    ("python", "py", "python3", "py3"),
    ("javascript", "js", "node", "nodejs", "mjs"),
    ("typescript", "ts"),
    ("c++", "cpp", "cxx", "cc", "c++17", "c++20"),
    ("c", "c99", "c11"),
    ("c#", "csharp", "cs"),
    ("rust", "rs"),
    ("go", "golang"),
    ("ruby", "rb"),
    ("kotlin", "kt"),
    ("bash", "sh", "shell", "zsh"),
)
_NAMES = {name: frozenset(names) for names in _ALSO for name in names}


class Taken(NamedTuple):
    """Code, or without any the reason why."""

    code: str | None
    how: str
    """`the last of 2 fenced blocks, 14 lines`, or what is missing."""


def taken(text: str, code_from: CodeFrom = "last_block", language: str | None = None) -> Taken:
    """The code in `text`; without a fenced block that is the whole text.

    With `language` only blocks that are marked with it (or a usual other name of it) are looked at,
    and a text without one has no code. `whole_text` looks for no block. Code of white space alone
    is no code.
    """
    if code_from == "whole_text":
        return _checked(text, "the whole text")
    found = blocks(text)
    fitting = [one for one in found if language is None or _marked(one, language)]
    marked = f" marked {language}" if language is not None else ""
    if not fitting and language is not None:
        others = f" ({_counted(len(found), '')} of another language or none)" if found else ""
        return Taken(None, f"no fenced block{marked}{others}")
    if not fitting:
        return _checked(text, "the whole text, as there is no fenced block")
    first = code_from == "first_block"
    one = fitting[0 if first else -1]
    if len(fitting) == 1:
        return _checked(one.text, f"the only fenced block{marked}")
    which = "first" if first else "last"
    return _checked(one.text, f"the {which} of {_counted(len(fitting), marked)}")


def _checked(code: str, how: str) -> Taken:
    if not code.strip():
        return Taken(None, f"{how.partition(',')[0]} is empty")
    lines = code.strip().count("\n") + 1
    return Taken(code, f"{how}, {lines} line{'s' * (lines > 1)}")


def _counted(count: int, marked: str) -> str:
    return f"{count} fenced block{'s' * (count > 1)}{marked}"


def _marked(block: Block, language: str) -> bool:
    wanted = language.strip().lower()
    return block.language in _NAMES.get(wanted, {wanted})
