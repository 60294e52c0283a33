"""A run asked in SQL, whatever kind of run it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rlaif.storage.pair_folder import is_of_pairs, open_pairs
from rlaif.storage.query_pairs import TABLES as OF_PAIRS
from rlaif.storage.query_pairs import asking_pairs
from rlaif.storage.query_text import Asked, asking
from rlaif.storage.query_views import TABLES as OF_GRADES
from rlaif.storage.query_views import Columns
from rlaif.storage.run_folder import open_run


@contextmanager
def asked(folder: Path) -> Iterator[Asked]:
    """The run at `folder`, to be asked; it reads nothing else. Raises: RunError."""
    if is_of_pairs(folder):
        with asking_pairs(open_pairs(folder)) as run:
            yield run
        return
    open_run(folder)  # what it says names the folder as it was given
    with asking(open_run(folder.resolve())) as run:
        yield run


def tables_of(folder: Path) -> Mapping[str, Columns]:
    """The tables of the run at `folder`, each with its columns. Raises: RunError."""
    if is_of_pairs(folder):
        open_pairs(folder)
        return OF_PAIRS
    open_run(folder)
    return OF_GRADES
