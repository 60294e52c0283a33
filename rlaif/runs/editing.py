"""Files of people, written anew: laid out, or with an example more. Whole, or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from rlaif.authoring.editing import with_example
from rlaif.authoring.formatting import formatted
from rlaif.authoring.reading import decode, read_bytes
from rlaif.authoring.shipped import find_rubric, shipped_folder
from rlaif.errors import InputError
from rlaif.records.rubric import Example
from rlaif.storage.whole_files import disk_errors, replacing

Layout = Literal["same", "changed", "kept"]
"""A file is laid out already; it is now; it cannot be and still say what it says."""

_MARK = b"\xef\xbb\xbf"
"""A byte order mark, which stays where there is one."""


def lay_out(path: Path, *, check: bool = False) -> Layout:
    """Write a rubric file in its canonical layout; with `check`, only say whether that moves it.

    Raises: FileProblems for a file that is not sound; RunError where it cannot be written.
    """
    content = read_bytes(path)
    text = decode(path, content)
    made = formatted(path, text)
    if made is None:
        return "kept"
    if made == text:
        return "same"
    if not check:
        _write(path, content, made)
    return "changed"


def add_example(path: Path, example: Example) -> None:
    """Put `example` at the end of a rubric file's examples; all else stays as it is.

    Raises: FileProblems, InputError, and then nothing is written; RunError where nothing can be.
    """
    _edit(path, lambda text: with_example(path, text, example))


def add_examples(path: Path, examples: Sequence[Example]) -> None:
    """As `add_example`, for several: all of them are put there, or none."""

    def edit(text: str) -> str:
        for example in examples:
            text = with_example(path, text, example)
        return text

    _edit(path, edit)


def edit_text(path: Path, edit: Callable[[str], str]) -> None:
    """Put what `edit` makes of a file's text in its place. Raises: as `add_example`."""
    _edit(path, edit)


def rubric_to_edit(name: str) -> Path:
    """The file of a person's own rubric. Raises: UnknownName; InputError for one that ships."""
    path = find_rubric(name)
    if path.resolve().parent == shipped_folder("rubrics").resolve():
        raise InputError(
            f"'{name}' ships with rlaif, and is not edited\n"
            f"  hint: cp {path} my-{path.name}, and name that file"
        )
    return path


def _edit(path: Path, edit: Callable[[str], str]) -> None:
    content = read_bytes(path)
    _write(path, content, edit(decode(path, content)))


def _write(path: Path, was: bytes, text: str) -> None:
    """Put `text` in the place of `was`; through a link, and with the rights that the file has.

    Raises: InputError where somebody else has written the file meanwhile.
    """
    target = path.resolve()
    content = _MARK * was.startswith(_MARK) + text.encode()
    if not os.access(target, os.W_OK):
        raise InputError(f"{path}: the file may not be written")
    with disk_errors(target), replacing(target) as stream:
        Path(stream.name).chmod(stat.S_IMODE(target.stat().st_mode))
        stream.write(content)
        if target.read_bytes() != was:
            raise InputError(f"{path}: changed while it was edited; nothing was written, try again")
