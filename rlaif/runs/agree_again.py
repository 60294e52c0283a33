"""The same samples graded twice: how often the judge gives another answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rlaif.errors import InputError
from rlaif.reporting.agree_found import Retest
from rlaif.storage.labelled_samples import LabelledRun, labelled_run
from rlaif.storage.run_folder import open_run

_COLUMNS = dict[str, Any]


class Twice(NamedTuple):
    """The verdicts of both runs on one criterion, as columns of `LabelledRun.verdicts`."""

    criterion: str
    before: _COLUMNS
    after: _COLUMNS


def twice(
    first: LabelledRun, again: Path, criteria: Sequence[tuple[str, tuple[str, ...]]]
) -> Iterator[Twice]:
    """Each criterion in both runs. Args: `criteria`, each an id and what it is answered with.

    Raises: RunError for no run.
    """
    with labelled_run(open_run(again), ()) as second:
        for name, answers in criteria:
            yield Twice(name, first.verdicts(name, answers), second.verdicts(name, answers))


def refuse_strangers(again: Path, retest: Sequence[Retest]) -> None:
    """Raises: InputError where the two runs have no verdict on the same text."""
    if not any(one.rows for one in retest):
        raise InputError(
            f"--again {again}: no sample of the same id and text has a verdict in both runs\n"
            "  hint: grade the same samples again, into another folder"
        )
