"""The judges that a jury or a cascade names: their files, each with what is wrong with it.

A member is the name of a shipped judge, or a file beside the panel's own. A panel has no panel for
a member, so that no file can lead back to itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rlaif.authoring.nodes import Listing, Mapping, Scalar
from rlaif.authoring.shipped import is_path, shipped_folder, shipped_judges
from rlaif.authoring.under_folder import file_under
from rlaif.errors import Problem
from rlaif.records.base import nearest
from rlaif.records.judge import PANELS, Judge
from rlaif.records.panel import MOST_MEMBERS

_OTHERS = "name a shipped judge (rlaif judges lists them), or a file beside this one"

ReadMember = Callable[[Path], tuple[Judge | None, Sequence[Problem]]]
"""A judge file with a model of its own -> the judge, or None and all that is wrong with it."""


@dataclass(frozen=True, slots=True)
class _Seat:
    """A judge that sits, and where the panel's file names it."""

    place: Scalar
    judge: Judge


def panel_key(root: Mapping) -> str:
    """`jury` or `cascade`, where a file names other judges; empty where it has a model."""
    return next((key for key in PANELS if key in root.keys), "")


def members_of(
    root: Mapping, path: Path, read: ReadMember
) -> tuple[tuple[Judge, ...], list[Problem]]:
    """The judges that a panel's file names, in its order, and what is wrong with any of them.

    Those at fault are missing from the first. Every problem stands where the file names the judge.
    """
    seats: list[_Seat] = []
    found: list[Problem] = []
    for place in _places(root):
        judge, faults = _member(str(place.value), path, read)
        found += [Problem(str(path), place.line, place.column, *fault) for fault in faults]
        if judge is not None:
            seats.append(_Seat(place, judge))
    found += _unlike(seats, str(path))
    return tuple(seat.judge for seat in seats), found


def _places(root: Mapping) -> list[Scalar]:
    """What stands in the list; what is no text, or empty, is told by the record."""
    listing = root.values[panel_key(root)]
    items = listing.items[:MOST_MEMBERS] if isinstance(listing, Listing) else []
    return [
        item
        for item in items
        if isinstance(item, Scalar) and item.value.strip() and not item.broken
    ]


class _Said(NamedTuple):
    """What is wrong with a member, and the mend."""

    message: str
    hint: str = ""


def _member(name: str, path: Path, read: ReadMember) -> tuple[Judge | None, list[_Said]]:
    file = _file(name, path.parent)
    if not isinstance(file, Path):
        return None, [file]
    if is_path(path) and file.resolve() == path.resolve():
        return None, [_Said(f"'{name}' is this file itself", "name other judges")]
    judge, problems = read(file)
    if problems:
        return None, [_of_member(name, problem) for problem in problems]
    return judge, []


def _of_member(name: str, problem: Problem) -> _Said:
    where = f", line {problem.line}" if problem.line else ""
    return _Said(f"'{name}'{where}: {problem.message}", problem.hint)


def _file(name: str, folder: Path) -> Path | _Said:
    """The file of a member, or why there is none; what has a suffix lies beside the panel's."""
    shipped = shipped_judges()
    if name in shipped and not Path(name).suffix:
        return shipped[name]
    given = Path(name)
    beside = folder / given
    if not given.is_absolute() and ".." not in given.parts and "\0" not in name:
        if not is_path(beside) and not beside.is_symlink():
            return _unknown(name, folder, shipped)
        if beside.parent.resolve() == shipped_folder("judges").resolve():
            return beside  # ours: an installer may have made links of shipped files
    file = file_under(name, folder)
    return file if isinstance(file, Path) else _Said(file, _OTHERS)


def _unknown(name: str, folder: Path, shipped: dict[str, Path]) -> _Said:
    """Why there is no such judge; the file that was meant, where its suffix is all that lacks."""
    meant = next((s for s in (".yaml", ".yml") if is_path(folder / f"{name}{s}")), "")
    if meant:
        return _Said(f"there is no judge '{name}'", f"did you mean '{name}{meant}'?")
    near = nearest(Path(name[:100]).stem, shipped)
    return _Said(f"there is no judge '{name}'", near if near.startswith("did") else _OTHERS)


def _unlike(seats: Sequence[_Seat], path: str) -> Iterator[Problem]:
    """Judges of one name, and such as do not answer the same questions."""
    names: dict[str, Scalar] = {}
    holistic = [seat.judge.own.verdict == "holistic" for seat in seats]
    for seat, whole in zip(seats, holistic, strict=True):
        place, name = seat.place, seat.judge.name
        if name in names and names[name].value != place.value:
            message = f"this judge and '{names[name].value}' are both called {name}"
            hint = "give one of them another name or version"
            yield Problem(path, place.line, place.column, message, hint)
        elif whole != holistic[0]:
            message = "one overall score and answers by criterion cannot be put together"
            hint = "give all of its judges 'verdict: holistic', or none"
            yield Problem(path, place.line, place.column, message, hint)
        names.setdefault(name, place)
