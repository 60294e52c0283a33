"""The rubric that a command names."""

from __future__ import annotations

from rlaif.authoring.rubric_file import read_rubric
from rlaif.authoring.shipped import find_rubric
from rlaif.errors import FileProblems
from rlaif.records.rubric import Rubric


def rubric_and_text(name: str) -> tuple[Rubric, str]:
    """The rubric of a shipped name or a path, and the file as its author wrote it.

    Raises: UnknownName; FileProblems with every problem of the file.
    """
    read = read_rubric(find_rubric(name))
    if read.rubric is None:
        raise FileProblems(read.problems)
    return read.rubric, read.text
