"""Where corrections come from: JSON lines, a review file, or a run that was reviewed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rlaif.errors import InputError
from rlaif.records.base import nearest
from rlaif.records.correction import Correction
from rlaif.runs.review_corrections import corrections_of
from rlaif.storage.corrections.reading import read_corrections
from rlaif.storage.corrections.spool import Spooled

REVIEW_FILE = "review.sqlite"
"""What the review app keeps in a run's folder."""
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which corrections of a source."""

    annotators: tuple[str, ...] = ()
    """Of these people; none: of all."""
    adjudicated_only: bool = False


def corrections_in(source: str) -> Iterator[Correction]:
    """Every correction of `source`, in its order, replaced ones included; streamed.

    Raises: InputError for what holds none; FileProblems at the end, with every line at fault.
    """
    path = _review_file(source)
    if path is None:
        for row in read_corrections(source):
            yield row.correction
        return
    yield from corrections_of(path)


def _review_file(source: str) -> Path | None:
    """The review file that `source` names, or that lies in the run that it names."""
    path = Path(source)
    if path.is_dir():
        if not (path / REVIEW_FILE).is_file():
            raise InputError(
                f"{source}: no {REVIEW_FILE} in this folder\n"
                f"  hint: `rlaif review {source}` makes one, or name a file of corrections"
            )
        return path / REVIEW_FILE
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return path if file.read(len(_SQLITE)) == _SQLITE else None


@contextmanager
def spooled(source: str, wanted: Wanted) -> Iterator[Spooled]:
    """The newest correction of each id that is wanted.

    Raises: InputError where there is none, or an annotator that is named made none; FileProblems.
    """
    found: set[str] = set()
    with Spooled() as spool:
        spool.take(_of(corrections_in(source), wanted, found))
        for name in wanted.annotators:
            if name not in found:
                told = f"\n  hint: {nearest(name, sorted(found))}" if found else ""
                raise InputError(f"{source}: no correction is by '{name}'{told}")
        if not len(spool):
            kind = "adjudicated correction" if wanted.adjudicated_only else "correction"
            raise InputError(f"{source}: there is no {kind}")
        yield spool


def _of(corrections: Iterable[Correction], wanted: Wanted, found: set[str]) -> Iterator[Correction]:
    """Those that are wanted; `found` gets the names of all annotators."""
    for one in corrections:
        found.add(one.annotator)
        of_them = not wanted.annotators or one.annotator in wanted.annotators
        if of_them and (one.adjudicated or not wanted.adjudicated_only):
            yield one
