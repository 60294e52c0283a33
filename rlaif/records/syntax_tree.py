"""Python's own parser, used by several threads at once."""

from __future__ import annotations

import ast
import warnings
from threading import Lock
from typing import Literal

_TRIES = 20
_one_at_a_time = Lock()


def syntax_tree(text: str, mode: Literal["exec", "eval"] = "exec") -> ast.AST:
    """The tree of a text of Python; nothing of it is run.

    Python 3.11 counts the depth of a tree in one place for all threads, and raises SystemError
    where two are made at once (cpython issue 106905). Ours are made one after another; for a
    neighbour's, in a program that uses rlaif, it is tried again. To switch off warnings is a matter
    of all threads, too.

    Raises: SyntaxError, ValueError, RecursionError, MemoryError.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python thinks of the style is not our matter
        for _ in range(_TRIES):
            try:
                return ast.parse(text, mode=mode)
            except SystemError:
                continue
        return ast.parse(text, mode=mode)
