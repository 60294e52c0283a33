"""The rubric that a command names."""

from __future__ import annotations

from rlaif.authoring.reading import MOST_BYTES
from rlaif.authoring.rubric_file import read_rubric
from rlaif.authoring.shipped import find_rubric
from rlaif.authoring.writing import rubric_text
from rlaif.errors import FileProblems, Problem
from rlaif.records.rubric import Rubric


def rubric_and_text(name: str) -> tuple[Rubric, str]:
    """The rubric of a shipped name or a path, and the file as its author wrote it.

    Where it includes or names other files, the text is that of the rubric with all of them in it,
    so that it can be kept and read by itself.

    Raises: UnknownName; FileProblems with every problem of the file.
    """
    read = read_rubric(find_rubric(name))
    if read.rubric is None:
        raise FileProblems(read.problems)
    if not read.included:
        return read.rubric, read.text
    text = rubric_text(read.rubric.as_written())
    if len(text.encode()) > MOST_BYTES:
        most = f"{MOST_BYTES // 2**20} MiB"
        message = f"with all that it names, the rubric is larger than {most}"
        raise FileProblems([Problem(read.path, 0, 0, message, "fewer or smaller files")])
    return read.rubric, text
