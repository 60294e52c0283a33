"""The samples of a dry run: what a job would take in and grade, with nothing written to its run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rlaif.runs.order import Order
from rlaif.runs.samples_in import check_source, samples_in
from rlaif.storage import queries
from rlaif.storage.cleaning import sound_parts
from rlaif.storage.failures import Retry
from rlaif.storage.manifest import Manifest, Needed, Samples, read_manifest
from rlaif.storage.pending import Pending, how_many_pending, pending_samples
from rlaif.storage.run_folder import RunFolder, make_run, open_run


@dataclass(frozen=True, slots=True)
class Planned:
    """Samples, and the grades that there are."""

    samples: Samples
    needs: Needed
    manifest: Manifest
    """Of the run that would be gone on with; an empty one where there is none."""
    sample_parts: list[Path]
    grade_parts: list[Path]

    def pending(self, under: str, retry: Retry) -> Iterator[Pending]:
        """What a job would begin with, in the order of the input.

        Of samples with the same content only the first; those behind it are asked nothing, unless
        the first is graded already and has left something open.
        """
        if not self.samples.twins:
            yield from self._pending(under, retry, "all")
            return
        yield from self._pending(under, retry, "firsts")
        yield from self._pending(under, retry, "late twins")

    def passed_over(self, under: str, retry: Retry) -> Iterator[Pending]:
        """Samples to be graded with the content of an earlier one; `pending` leaves most out."""
        return self._pending(under, retry, "twins")

    def done(self, under: str, retry: Retry) -> int:
        """How many samples would not be graded again."""
        parts = self.sample_parts, self.grade_parts
        return self.samples.count - how_many_pending(*parts, under, retry)

    def _pending(self, under: str, retry: Retry, which: queries.Which) -> Iterator[Pending]:
        return pending_samples(self.sample_parts, self.grade_parts, under, retry, which)


@contextmanager
def planned(order: Order) -> Iterator[Planned]:
    """The order's samples, laid out in a temporary folder, beside the grades of its run if any.

    Raises: FileProblems for samples at fault; InputError for a check that can be forged; RunError.
    """
    check_source(order)
    run = _run_of(order)
    with ExitStack() as stack:
        shadow = run
        if order.samples is not None or run is None:
            folder = stack.enter_context(TemporaryDirectory(prefix="rlaif-"))
            shadow = make_run(Path(folder))
        assert shadow is not None  # noqa: S101 - one of the two
        needs = samples_in(shadow, order, lambda _: None)
        samples = shadow.manifest.samples
        assert samples is not None  # noqa: S101 - taken in
        yield Planned(
            samples,
            needs,
            run.manifest if run else Manifest(),
            shadow.files()[0],
            sound_parts(run.path) if run else [],
        )


def _run_of(order: Order) -> RunFolder | None:
    if order.out == Path() or read_manifest(order.out) is None:
        return None
    return open_run(order.out)
