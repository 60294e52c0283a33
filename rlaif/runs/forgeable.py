"""Checks whose pass a policy can forge: refused as a reward unless they are named."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

from rlaif.checks.run import FORGEABLE
from rlaif.errors import InputError, RunError
from rlaif.records.base import Fault
from rlaif.records.criterion import Checked, Item, leaves
from rlaif.records.pair import Pair
from rlaif.records.sample import Sample
from rlaif.runs.kept import kept_rubric
from rlaif.storage.pair_folder import PairFolder
from rlaif.storage.run_folder import RunFolder

_Input = TypeVar("_Input", Sample, Pair)
_Made = TypeVar("_Made")


def forgeable(items: Sequence[Item]) -> tuple[str, ...]:
    """The ids of the criteria that run the tests in one process with the code that they test."""
    return tuple(
        c.id for c in leaves(items) if isinstance(c, Checked) and c.check.check in FORGEABLE
    )


def forgery(items: Sequence[Item], accepted: Collection[str]) -> Fault | None:
    """The first forgeable criterion that nobody has accepted, as a fault."""
    found = next((name for name in forgeable(items) if name not in accepted), None)
    if found is None:
        return None
    return Fault(
        ("criteria",),
        f"the criterion '{found}' runs its tests in one process with the policy's code, which can "
        "forge a pass",
        "python_tests cannot be forged; to grade by this one nevertheless: "
        f"--accept-forgeable {found}",
    )


def refuse_forgeable(items: Sequence[Item], accepted: Collection[str]) -> None:
    """Raises: InputError for a forgeable criterion that nobody has accepted."""
    if fault := forgery(items, accepted):
        raise InputError(f"{fault.message}\n  hint: {fault.hint}")


class Forgeable:
    """The forgeable criteria of a run, as its samples or pairs go by."""

    def __init__(self, run: RunFolder | PairFolder) -> None:
        """Begin with those of the kept rubric; none where it cannot be read."""
        self._found: dict[str, None] = {}
        with suppress(RunError):
            self._add(kept_rubric(run).items)

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the rubric, and of what went by."""
        return tuple(self._found)

    def seen(self, rows: Iterable[tuple[_Input, _Made]]) -> Iterator[tuple[_Input, _Made]]:
        """The same rows."""
        for given, made in rows:
            self._add(given.criteria)
            yield given, made

    def _add(self, items: Sequence[Item]) -> None:
        self._found.update(dict.fromkeys(forgeable(items)))
