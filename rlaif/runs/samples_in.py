"""The samples of a job: taken into the run, once, and checked against the rubric."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rlaif.errors import RunError
from rlaif.records.identity import digest
from rlaif.reporting.text import count_of
from rlaif.runs.fitting import FittingRows
from rlaif.runs.forgeable import refuse_forgeable
from rlaif.runs.needs import Needs
from rlaif.runs.order import Order
from rlaif.storage.intake import Intake
from rlaif.storage.manifest import Needed, Samples
from rlaif.storage.problems import Problems
from rlaif.storage.run_folder import RunFolder
from rlaif.storage.samples import Row, read_rows
from rlaif.storage.source_print import source_print

_READING = "1"
"""Version of how an input is read. It changes when the same bytes would become other samples."""


def fitting_rows(order: Order) -> FittingRows:
    """The rows of an order. Raises: InputError for a rubric with a check that can be forged."""
    refuse_forgeable(order.rubric.items, order.accept_forgeable)
    if order.samples is None:
        raise ValueError("an order without an input has no rows to read")
    rows = read_rows(order.samples, order.mapping, order.limit)
    return FittingRows(rows, order.rubric, order.accept_forgeable)


def check_source(order: Order) -> None:
    """See whether there is anything to read, before a run is made for it. Raises: InputError."""
    refuse_forgeable(order.rubric.items, order.accept_forgeable)
    if order.samples is not None:
        fitting_rows(order)


def samples_in(run: RunFolder, order: Order, note: Callable[[str], None]) -> Needed:
    """Make the order's samples those of the run, and say what they and the rubric need.

    An input with the same bytes, read in the same way, is not read again. Needs the lock.
    Raises: FileProblems with all that is wrong in them; the run is then as it was.
    """
    if order.samples is None:
        return _kept_in(run, order)
    input_ = _input_of(order)
    read_as = input_ and digest(input_, str(order.selection))
    known = run.manifest.samples
    if known and read_as and known.read_as == read_as and run.has_samples():
        return known.needs
    rows = fitting_rows(order)
    taken = run.take_in(rows, order.samples, order.selection)
    needs = _needed(rows.needs)
    run.note_samples(read_as, needs, input_)
    _tell(run, taken, note)
    return needs


def _kept_in(run: RunFolder, order: Order) -> Needed:
    """What the samples that the run keeps need under the order's rubric."""
    known = run.manifest.samples
    if known is None:
        raise RunError(f"{run.path}: no samples were taken in yet")
    rows = FittingRows(_kept_rows(run, known), order.rubric, order.accept_forgeable)
    problems = Problems()
    for row in rows:
        problems.add(row.problems)
    problems.refuse()
    return _needed(rows.needs)


def _kept_rows(run: RunFolder, samples: Samples) -> Iterator[Row]:
    for ordinal, sample in run.kept_samples():
        yield Row(samples.source, ordinal + 1, sample)


def _input_of(order: Order) -> str:
    """A hash of the input's bytes and of how they are read; empty where it cannot be told."""
    held = source_print(order.samples or "")
    if held is None:
        return ""
    how = sorted(order.mapping.items()), order.limit
    accepted = sorted(order.accept_forgeable)
    return digest(_READING, held, repr(how), order.rubric.content_hash, repr(accepted))


def _needed(needs: Needs) -> Needed:
    return Needed(judge=needs.judge, code=needs.code, checks=tuple(sorted(needs.checks)))


def _tell(run: RunFolder, taken: Intake, note: Callable[[str], None]) -> None:
    if taken.samples.duplicates:
        repeats = count_of(taken.samples.duplicates, "row")
        note(f"{repeats} with the id and the content of another: graded once")
    if taken.samples.twins:
        twins = count_of(taken.samples.twins, "sample")
        note(f"{twins} with the content of another under another id: asked once")
    if taken.new and run.manifest.rubric:
        note(
            f"the samples differ from the run's: {taken.added} added, {taken.changed} changed, "
            f"{taken.removed} removed; only what is new or changed is graded"
        )
