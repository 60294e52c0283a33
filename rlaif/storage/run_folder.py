"""The run folder: what was graded, under what, and every grade, whatever happens on the way.

    RUN/manifest.json               what the run is of
    RUN/rubric-HASH.yaml, judge-HASH.json   their texts, kept
    RUN/samples/GENERATION/*.parquet        the input, in its order
    RUN/parts/*.parquet             grades, append-only, each part written whole
    RUN/quarantine/                 parts that were damaged; their samples are graded again
    RUN/batches/                    what was written for a batch API, if any was
    RUN/review.sqlite               what people say of it, if it was reviewed
    RUN/lock                        held by the one who grades

Reading needs no lock. A process killed at any instant leaves a run that can be read and resumed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rlaif.errors import RunError
from rlaif.records.grade import Grade
from rlaif.records.identity import digest
from rlaif.records.sample import Sample
from rlaif.storage import queries
from rlaif.storage.cleaning import clean, sound_parts
from rlaif.storage.database import NARROW, database, refuse_unreadable_name
from rlaif.storage.failures import Retry
from rlaif.storage.grade_table import read_grades
from rlaif.storage.grade_writer import ROWS, SECONDS, GradeWriter
from rlaif.storage.intake import Intake, intact_parts, take_in
from rlaif.storage.lock import locked
from rlaif.storage.manifest import (
    NAME,
    PAIRS,
    Manifest,
    Needed,
    Samples,
    Sandboxed,
    Spent,
    Stated,
    read_manifest,
    text_fault,
    write_manifest,
)
from rlaif.storage.part_rows import rows_at
from rlaif.storage.pending import Pending, pending_samples
from rlaif.storage.place_names import refuse_run_url
from rlaif.storage.queries import Which
from rlaif.storage.sample_table import read_kept
from rlaif.storage.samples import Row
from rlaif.storage.selection import EVERYTHING, Selection
from rlaif.storage.whole_files import disk_errors, write_whole

REVIEW = "review.sqlite"
"""The file of a review; SQLite puts -wal and -shm beside it while it is open."""
_OURS = frozenset(
    {NAME, "samples", "parts", "quarantine", "lock", "canaries.json", "batches"}
    | {REVIEW, f"{REVIEW}-wal", f"{REVIEW}-shm"}
)
_KEPT = ("rubric-", "judge-", ".tmp-")


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a run is."""

    samples: int
    ok: int
    failed: int

    @property
    def missing(self) -> int:
        """Samples with no grade yet."""
        return self.samples - self.ok - self.failed


@dataclass(frozen=True, slots=True)
class Kept:
    """A rubric or a judge to be kept with the run."""

    name: str
    version: str
    hash: str
    text: str
    suffix: str
    """Of the file that keeps the text: `.yaml` or `.json`."""
    served: str = ""


class RunFolder:
    """A run on disk. Make one with `open_run` or `make_run`."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        """Take a folder whose manifest was read."""
        self.path = path
        self.manifest = manifest

    @contextmanager
    def lock(self) -> Iterator[list[str]]:
        """Be the only one who grades; yields a sentence for each part found damaged.

        Raises: RunLocked when another process holds the lock.
        """
        with locked(self.path / "lock"):
            self.manifest = read_manifest(self.path) or self.manifest
            yield clean(self.path)

    def state(
        self,
        rubric: Kept,
        judge: Kept,
        under: str,
        command: Sequence[str] = (),
        sandbox: Sandboxed | None = None,
    ) -> None:
        """Say what is graded under what from here on, and keep the texts. Needs the lock."""
        before = self.manifest
        self._write(
            Manifest(
                created=before.created,
                command=tuple(command),
                under=under,
                rubric=self._keep("rubric", rubric),
                judge=self._keep("judge", judge),
                samples=before.samples,
                sandbox=sandbox,
                spent=before.spent,
            )
        )

    def spend(self, spent: Spent) -> None:
        """Add what a job cost its judge. Raises: RunError."""
        self._write(self.manifest.model_copy(update={"spent": self.manifest.spent.plus(spent)}))

    def keeps_texts(self) -> bool:
        """Whether the rubric and the judge that it states are still there, as they were written."""
        stated = (self.manifest.rubric, self.manifest.judge)
        return all(one is None or not text_fault(self.path, one) for one in stated)

    def take_in(
        self, rows: Iterable[Row], source: str, selection: Selection = EVERYTHING
    ) -> Intake:
        """Make `rows` the samples of this run, unless they already are. Needs the lock.

        Raises: FileProblems with all that is wrong in them; the run is then as it was.
        """
        with disk_errors(self.path):
            folder = self.path / "samples"
            taken = take_in(rows, folder, source, self.manifest.samples, selection)
        if taken.samples != self.manifest.samples:
            self._write(self.manifest.model_copy(update={"samples": taken.samples}))
        return taken

    def note_samples(self, read_as: str, needs: Needed, input_: str = "") -> None:
        """Keep how the samples were read, what they need, and of which input they are.

        Raises: RunError.
        """
        update = {"read_as": read_as, "needs": needs, "input": input_}
        noted = self._taken().model_copy(update=update)
        if noted != self.manifest.samples:
            self._write(self.manifest.model_copy(update={"samples": noted}))

    def has_samples(self) -> bool:
        """Whether the samples that were taken in are there, whole."""
        samples = self.manifest.samples
        return samples is not None and intact_parts(self.path / "samples", samples) is not None

    def kept_samples(self) -> Iterator[tuple[int, Sample]]:
        """(place in the input from 0, sample) of each sample of the run, in order."""
        for ordinal, _, sample in read_kept(self._samples()):
            yield ordinal, sample

    def writer(
        self,
        clock: Callable[[], float] = time.monotonic,
        rows: int = ROWS,
        seconds: float = SECONDS,
    ) -> GradeWriter:
        """A writer of grades under what the run states. Needs the lock."""
        return GradeWriter(self.path / "parts", self.manifest.under, clock, rows, seconds)

    def pending(
        self, under: str | None = None, retry_failed: Retry = False, which: Which = "all"
    ) -> Iterator[Pending]:
        """What is to be graded, in input order; see `pending_samples`."""
        samples, graded = self.files()
        return pending_samples(samples, graded, self._under(under), retry_failed, which)

    def grades(self, under: str | None = None) -> Iterator[Grade]:
        """The effective grade of each graded sample of the run, in input order."""
        graded = sound_parts(self.path)
        if not graded:
            return
        files = {"samples": self._samples(), "grades": graded}
        with database(NARROW, **files) as connection:
            places = queries.best_places(connection, self._under(under))
            for _, grade in rows_at(graded, places, read_grades):
                yield grade

    def graded_samples(self) -> Iterator[tuple[Sample, Grade | None]]:
        """Each sample of the run in input order, with its effective grade if it has one."""
        grades = self.grades()
        grade = next(grades, None)
        for _, _, sample in read_kept(self._samples()):
            if grade is not None and grade.sample_id == sample.sample_id:
                yield sample, grade
                grade = next(grades, None)
            else:
                yield sample, None

    def graded_sample(self, sample_id: str) -> tuple[Sample, Grade | None]:
        """One sample with its effective grade, None where it has none yet.

        Raises: RunError for an id that the run does not have, with those that are most like it.
        """
        samples, graded = self.files()
        with database(samples=samples, grades=graded) as connection:
            ordinal = queries.ordinal_of(connection, sample_id)
            if ordinal is None:
                near = ", ".join(f"'{name}'" for name in queries.near_ids(connection, sample_id, 3))
                hint = f"\n  hint: the nearest ids: {near}" if near else ""
                raise RunError(f"{self.path}: no sample '{sample_id}'{hint}")
            batches = queries.effective_grade(connection, self.manifest.under, ordinal)
            grade = next((grade for batch in batches for grade in read_grades(batch)), None)
        ((_, _, sample),) = read_kept(samples, iter([ordinal]))
        return sample, grade

    def files(self) -> tuple[list[Path], list[Path]]:
        """The parts that hold the samples, and those that hold grades."""
        return self._samples(), sound_parts(self.path)

    def counts(self, under: str | None = None) -> Counts:
        """How many samples there are, and how many are graded."""
        samples = self._samples()
        files = {"samples": samples, "grades": sound_parts(self.path)}
        with database(NARROW, **files) as connection:
            ok, failed = queries.status_counts(connection, self._under(under))
        return Counts(self._taken().count, ok, failed)

    def _under(self, under: str | None) -> str:
        return self.manifest.under if under is None else under

    def _taken(self) -> Samples:
        if self.manifest.samples is None:
            raise RunError(f"{self.path}: no samples were taken in yet")
        return self.manifest.samples

    def _samples(self) -> list[Path]:
        found = intact_parts(self.path / "samples", self._taken())
        if found is None:
            raise RunError(
                f"{self.path / 'samples'}: the kept samples are damaged\n"
                "  hint: start the same `rlaif grade` command again; the grades are kept"
            )
        return found

    def _keep(self, what: str, kept: Kept) -> Stated:
        name = f"{what}-{kept.hash[:12]}{kept.suffix}"
        content = kept.text.encode()
        write_whole(self.path / name, content)
        return Stated(
            name=kept.name,
            version=kept.version,
            hash=kept.hash,
            file=name,
            bytes_hash=digest(content),
            served=kept.served,
        )

    def _write(self, manifest: Manifest) -> None:
        write_manifest(self.path, manifest)
        self.manifest = manifest


def open_run(path: Path) -> RunFolder:
    """The run at `path`. Raises: RunError when there is none."""
    refuse_run_url(path)
    refuse_unreadable_name(path)
    manifest = read_manifest(path)
    if manifest is None:
        if (path / PAIRS).is_file():
            hint = "`rlaif show` and `rlaif rank` read one"
            raise RunError(f"{path}: a run of pairs, which has no scores\n  hint: {hint}")
        there = "not a run" if path.exists() else "no such folder"
        raise RunError(f"{path}: {there}\n  hint: `rlaif grade ... --out {path}` makes one")
    return RunFolder(path, manifest)


def make_run(path: Path) -> RunFolder:
    """The run at `path`, made where there is none. Raises: RunError for a folder of others."""
    refuse_run_url(path)
    refuse_unreadable_name(path)
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        foreign = [p.name for p in path.iterdir() if not _is_ours(p.name)]
        manifest = read_manifest(path)
        if manifest is None and foreign:
            told = f"holds other things ({', '.join(sorted(foreign)[:3])})"
            if PAIRS in foreign:
                told = "is a run of pairs, which has no scores"
            raise RunError(f"{path}: {told}\n  hint: name a new or empty folder")
        for inner in ("samples", "parts"):
            (path / inner).mkdir(exist_ok=True)
    return RunFolder(path, manifest or Manifest())


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith(_KEPT)
