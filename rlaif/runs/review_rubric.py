"""The rubric's file beside a review: read as it stands, and written only when it is sound."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson

from rlaif.authoring.layout_tree import plain_breaks
from rlaif.authoring.reading import read_text
from rlaif.authoring.rubric_file import load_rubric, read_rubric
from rlaif.authoring.shipped import shipped_rubrics
from rlaif.errors import InputError, Problem, RlaifError, RunError
from rlaif.records.rubric import Rubric
from rlaif.runs.editing import edit_text, rubric_to_edit
from rlaif.runs.review_criterion import criterion_lines, own_break, with_criterion

_NOT_FOUND = "the rubric's file is not known, so that it cannot be edited; name it with --rubric"


@dataclass(frozen=True, slots=True)
class RubricDesk:
    """A rubric's text and where it is edited."""

    path: Path | None
    kept: str
    """The text that the run keeps, for where there is no file."""
    locked: str = ""
    """Why it cannot be edited."""

    @property
    def text(self) -> str:
        """The file as it stands now, or what the run keeps. Raises: FileProblems."""
        return read_text(self.path) if self.path else self.kept

    def rubric(self) -> Rubric:
        """What it says now. Raises: FileProblems; InputError where no file is known."""
        if self.path is None:
            raise InputError(self.locked)
        return load_rubric(self.path)

    def save(self, text: str) -> list[str]:
        """Write the whole file if it is sound; else its problems."""
        if self.path is None or self.locked:
            return [self.locked]
        problems = read_rubric(self.path, text).problems
        return [_told(one) for one in problems] or self._write(self._with_own_breaks(text))

    def criterion(self, name: str) -> str:
        """The lines of one criterion. Raises: FileProblems, InputError."""
        return criterion_lines(self.path or Path("rubric"), self.text, name)

    def save_criterion(self, name: str, lines: str) -> list[str]:
        """Put other lines in the place of one criterion's; problems, in these lines."""
        if self.path is None or self.locked:
            return [self.locked]
        made, problems = with_criterion(self.path, self.text, name, lines)
        return [_told(one) for one in problems] or self._write(made)

    def _with_own_breaks(self, text: str) -> str:
        """A page sends other line breaks than those of the file, which are kept."""
        return plain_breaks(text).replace("\n", own_break(self.text))

    def _write(self, text: str) -> list[str]:
        if self.path is None:
            return [self.locked]
        try:
            edit_text(self.path, lambda _: text)
        except (InputError, RunError) as error:
            return [str(error)]
        return []


def desk_of(rubric: Path | None, command: str, kept: str) -> RubricDesk:
    """Where the rubric of a review is edited.

    Args: `rubric`, the file if a person has named it; else it is looked for in `command`, that of
    the run as a JSON list; `kept`, the text that the run keeps.
    Raises: UnknownName, FileProblems for a file that was named and is at fault.
    """
    if rubric is not None:
        load_rubric(rubric)
        path, locked = _editable(str(rubric))
        return RubricDesk(path, kept, locked)
    name = getattr(read_rubric(Path("rubric.yaml"), kept).rubric, "rubric", "")
    for argument in orjson.loads(command or "[]"):
        found = _as_rubric(argument.removeprefix("--rubric="), name)
        if found is not None:
            path, locked = _editable(str(found))
            return RubricDesk(path, kept, locked)
    return RubricDesk(None, kept, _NOT_FOUND)


def _editable(name: str) -> tuple[Path | None, str]:
    try:
        return rubric_to_edit(name), ""
    except InputError as error:
        return None, str(error)


def _as_rubric(argument: str, name: str) -> Path | None:
    """The file that an argument names, if it is a rubric of that name."""
    path = shipped_rubrics().get(argument, Path(argument))
    if path.suffix not in (".yaml", ".yml"):
        return None
    try:
        read = read_rubric(path) if path.is_file() else None
    except (RlaifError, OSError, ValueError):
        return None
    return path if read and read.rubric and read.rubric.rubric == name else None


def _told(one: Problem) -> str:
    """`line:column: message`, without the file, which stands above the box."""
    where = f"{one.line}:{one.column}: " if one.line else ""
    return where + one.message + (f"\n  hint: {one.hint}" if one.hint else "")
