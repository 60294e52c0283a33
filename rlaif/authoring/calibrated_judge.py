"""A judge file's text with a calibration in it; every other line stays as it is, comments too.

Writes no file. What is returned says just what the file said, and the calibration.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rlaif.authoring.judge_file import JudgeFile, read_judge
from rlaif.authoring.nodes import Mapping, Scalar
from rlaif.authoring.writing import rubric_text
from rlaif.errors import FileProblems, InputError
from rlaif.records.calibration import Calibration
from rlaif.records.judge_base import JudgeNamed

_KEY = "calibration"
_BREAK = re.compile(r"\r\n|\r|\n")
_WIDEST = 100
_FLAT = ("costs", "before", "after")
"""Keys whose mapping stands on one line."""


def next_version(version: str) -> str:
    """The version after, as scores change: 1.2.3 becomes 1.3.0."""
    parts = version.split(".")
    middle = [str(int(parts[1]) + 1)] if len(parts) > 1 else ["1"]
    return ".".join([parts[0], *middle, *["0"] * (len(parts) - 2)])


def with_calibration(path: Path, text: str, calibration: Calibration) -> str:
    """The text of the judge file at `path` with this calibration, under its next version.

    An earlier calibration gives way to it.
    Raises: FileProblems for a file that is not sound; InputError where it cannot hold one.
    """
    read = read_judge(path, text)
    if read.judge is None or read.document.root is None:
        raise FileProblems(read.problems)
    spec = read.judge.spec
    changed = {"version": next_version(spec.version), _KEY: calibration}
    wanted = spec.model_copy(update=changed)
    made = _edited(read, read.document.root, wanted)
    after = read_judge(path, made)
    if after.judge is None or after.judge.spec != wanted:
        told = "\n".join(map(str, after.problems[:3])) or "it would not say the same otherwise"
        raise InputError(f"{path}: the calibration cannot be written into this file: {told}")
    return made


def judge_text(spec: JudgeNamed) -> str:
    """A judge file that states `spec`, where there is no file whose text could be kept."""
    stated = spec.as_written(exclude={_KEY})
    head = rubric_text(stated)
    return head if spec.calibration is None else head + "\n" + _block(spec.calibration)


def _edited(read: JudgeFile, root: Mapping, wanted: JudgeNamed) -> str:
    """The file's own lines with another version and another calibration."""
    assert wanted.calibration is not None  # noqa: S101 - the caller has put it in
    if _in_braces(read.text):
        return judge_text(wanted)
    version = root.values["version"]
    assert isinstance(version, Scalar)  # noqa: S101 - a sound file's version is text
    quote = read.text[version.start : version.start + 1]
    said = f"{quote}{wanted.version}{quote}" if quote in ("'", '"') else wanted.version
    text = read.text[: version.start] + said + read.text[version.end :]
    own = str((_BREAK.findall(text) or ["\n"])[0])
    lines = _BREAK.split(text)
    first, past = _place(root, lines)
    block = _block(wanted.calibration).rstrip("\n").split("\n")
    indent = " " * (root.keys["judge"].column - 1)
    block = [indent + line for line in block]
    before, after = lines[:first], lines[past:]
    if first == past and before and before[-1].strip():
        block = ["", *block]
    if not any(after):
        after = [""]
    return own.join([*before, *block, *after])


def _in_braces(text: str) -> bool:
    bare = (line.strip() for line in text.lstrip("\ufeff").splitlines())
    told = (line for line in bare if line and not line.startswith(("#", "---", "%")))
    return next(told, "").startswith("{")


def _place(root: Mapping, lines: list[str]) -> tuple[int, int]:
    """The lines, from 0, that the calibration takes; none of them, at the end, where it is new."""
    if _KEY not in root.keys:
        end = len(lines)
        while end and not lines[end - 1].strip():
            end -= 1
        return end, end
    first = root.keys[_KEY].line - 1
    below = [key.line - 1 for key in root.keys.values() if key.line - 1 > first]
    past = min(below, default=len(lines))
    while past > first + 1 and _apart(lines[past - 1]):
        past -= 1
    return first, past


def _apart(line: str) -> bool:
    """Whether a line belongs to what is below it."""
    return not line.strip() or line.startswith("#")


def _block(calibration: Calibration) -> str:
    """The key and what is below it."""
    written = calibration.as_written()
    return "\n".join([f"{_KEY}:", *_lines(written, 1)]) + "\n"


def _lines(written: dict[str, Any], depth: int) -> Iterator[str]:
    pad = "  " * depth
    for key, value in written.items():
        if isinstance(value, dict) and key not in _FLAT:
            yield f"{pad}{key}:" if value else f"{pad}{key}: {{}}"
            yield from _lines(value, depth + 1)
        elif isinstance(value, list):
            yield from _points(key, value, pad)
        else:
            yield f"{pad}{key}: {_flat(value)}"


def _points(key: str, points: list[Any], pad: str) -> Iterator[str]:
    """Pairs, as many on a line as there is room for."""
    yield f"{pad}{key}:"
    line = f"{pad}  ["
    for place, point in enumerate(points):
        told = _flat(point) + ("," if place < len(points) - 1 else "]")
        if len(line) + len(told) > _WIDEST:
            yield line.rstrip()
            line = f"{pad}   "
        line += told + " "
    yield line.rstrip()


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flat(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flat, value)) + "]"
    if isinstance(value, str):
        return value if value.isalpha() else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value)
