"""The run folder of pairs: what was compared, under what, and every preference.

    RUN/pairs.json                  what the run is of
    RUN/rubric-HASH.yaml, judge-HASH.json   their texts, kept
    RUN/pairs/GENERATION.jsonl      the input, in its order
    RUN/preferences/*.jsonl         preferences, append-only, each part written whole
    RUN/quarantine/                 parts that were damaged; their pairs are compared again
    RUN/lock                        held by the one who compares

Reading needs no lock. A process killed at any instant leaves a run that can be read and resumed.
The preferences of a run have to fit in memory while it is read; the texts of its pairs do not.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from rlaif.errors import RunError
from rlaif.records.identity import digest
from rlaif.records.outcome import Verdict
from rlaif.records.pair import Pair
from rlaif.records.preference import Preference
from rlaif.storage.lock import locked
from rlaif.storage.manifest import NAME as GRADES
from rlaif.storage.manifest import PAIRS as NAME
from rlaif.storage.manifest import (
    Manifest,
    Samples,
    Sandboxed,
    Spent,
    Stated,
    read_manifest,
    text_fault,
    write_manifest,
)
from rlaif.storage.pair_intake import PairIntake, intact_pairs, kept_pairs, take_in_pairs
from rlaif.storage.pair_lines import preference_line, read_line, verdicts_of
from rlaif.storage.pair_rows import PairRow
from rlaif.storage.place_names import refuse_run_url
from rlaif.storage.run_folder import Counts, Kept
from rlaif.storage.whole_files import (
    TEMPORARY,
    disk_errors,
    is_intact,
    parts,
    sync_folder,
    write_part,
    write_whole,
)

_SUFFIX = ".jsonl"
_OURS = frozenset({NAME, "pairs", "preferences", "quarantine", "lock"})
_KEPT = ("rubric-", "judge-", TEMPORARY)
_ROWS, _SECONDS = 512, 5.0


@dataclass(frozen=True, slots=True)
class PendingPair:
    """A pair to compare."""

    pair: Pair
    pair_hash: str
    attempt: int
    """From 1: the number of the attempt that is to be made."""
    prior: dict[str, Verdict] = field(default_factory=dict)
    """Earlier verdicts on pairs of this id by their key, whatever they were compared under."""


class PairFolder:
    """A run of pairs on disk. Make one with `open_pairs` or `make_pairs`."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        """Take a folder whose manifest was read."""
        self.path = path
        self.manifest = manifest

    @contextmanager
    def lock(self) -> Iterator[list[str]]:
        """Be the only one who compares; yields a sentence for each part found damaged.

        Raises: RunLocked when another process holds the lock.
        """
        with locked(self.path / "lock"):
            self.manifest = read_manifest(self.path, NAME) or self.manifest
            yield self._clean()

    def state(
        self,
        rubric: Kept,
        judge: Kept,
        under: str,
        command: Sequence[str] = (),
        sandbox: Sandboxed | None = None,
    ) -> None:
        """Say what is compared under what from here on, and keep the texts. Needs the lock."""
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

    def keeps_texts(self) -> bool:
        """Whether the rubric and the judge that it states are still there, as they were written."""
        stated = (self.manifest.rubric, self.manifest.judge)
        return all(one is None or not text_fault(self.path, one) for one in stated)

    def spend(self, spent: Spent) -> None:
        """Add what a job cost its judge. Raises: RunError."""
        self._write(self.manifest.model_copy(update={"spent": self.manifest.spent.plus(spent)}))

    def take_in(self, rows: Iterable[PairRow], source: str) -> PairIntake:
        """Make `rows` the pairs of this run, unless they already are. Needs the lock.

        Raises: FileProblems with all that is wrong in them; the run is then as it was.
        """
        with disk_errors(self.path):
            taken = take_in_pairs(rows, self.path / "pairs", source, self.manifest.samples)
        if taken.pairs != self.manifest.samples:
            self._write(self.manifest.model_copy(update={"samples": taken.pairs}))
        return taken

    def writer(self) -> PreferenceWriter:
        """A writer of preferences under what the run states. Needs the lock."""
        return PreferenceWriter(self.path / "preferences", self.manifest.under)

    def pending(self, retry_failed: bool = False) -> Iterator[PendingPair]:
        """Pairs without a preference in input order; failed ones too if asked."""
        stored = list(self._stored())
        best = _best(stored, self.manifest.under)
        prior: dict[str, dict[str, Verdict]] = {}
        for _, preference in stored:
            prior.setdefault(preference.pair_id, {}).update(verdicts_of(preference))
        for content, pair in kept_pairs(self._pairs()):
            known = best.get((pair.pair_id, content))
            if known is None or (retry_failed and known.status == "failed"):
                attempt = known.attempt + 1 if known else 1
                yield PendingPair(pair, content, attempt, prior.get(pair.pair_id, {}))

    def compared_pairs(self) -> Iterator[tuple[Pair, Preference | None]]:
        """Each pair of the run in input order, with its effective preference if it has one."""
        best = _best(self._stored(), self.manifest.under)
        for content, pair in kept_pairs(self._pairs()):
            yield pair, best.get((pair.pair_id, content))

    def counts(self) -> Counts:
        """How many pairs there are, and how many are compared."""
        found = [p.status for _, p in self.compared_pairs() if p is not None]
        return Counts(self._taken().count, found.count("ok"), found.count("failed"))

    def _stored(self) -> Iterator[tuple[str, Preference]]:
        """Every preference ever written, in the order of writing, with what it is under."""
        with disk_errors(self.path):
            sound = [p for p in parts(self.path / "preferences", _SUFFIX) if is_intact(p)]
        for part in sound:
            for line in part.read_bytes().splitlines():
                yield read_line(line)

    def _taken(self) -> Samples:
        if self.manifest.samples is None:
            raise RunError(f"{self.path}: no pairs were taken in yet")
        return self.manifest.samples

    def _pairs(self) -> Path:
        with disk_errors(self.path):
            found = intact_pairs(self.path / "pairs", self._taken())
        if found is None:
            raise RunError(
                f"{self.path / 'pairs'}: the kept pairs are damaged\n"
                "  hint: start the same `rlaif compare` command again; the preferences are kept"
            )
        return found

    def _clean(self) -> list[str]:
        """Tidy up after a killed process; a sentence for each part put into quarantine."""
        folder = self.path / "preferences"
        with disk_errors(self.path):
            for place in (self.path, folder, self.path / "pairs"):
                for leftover in place.glob(f"{TEMPORARY}*"):
                    leftover.unlink(missing_ok=True)
            damaged = [part for part in parts(folder, _SUFFIX) if not is_intact(part)]
            for part in damaged:
                (self.path / "quarantine").mkdir(exist_ok=True)
                part.replace(self.path / "quarantine" / part.name)
            if damaged:
                sync_folder(folder)
        told = "is damaged: put into quarantine/, its pairs are compared again"
        return [f"preferences/{part.name} {told}" for part in damaged]

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
        write_manifest(self.path, manifest, NAME)
        self.manifest = manifest


class PreferenceWriter:
    """Appends preferences to a folder of parts. One counts once its part is on disk.

    Leaving the `with` block writes what is in memory, also when it is left by an error.
    """

    def __init__(
        self, folder: Path, under: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the folder, and the hash of what is compared under."""
        self._folder, self._under, self._clock = folder, under, clock
        self._lines: list[bytes] = []
        self._oldest = 0.0
        self._name = f"{time.time_ns() // 1_000_000:013d}-{secrets.token_hex(4)}"
        self._parts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def append(self, preference: Preference) -> None:
        """Take one preference; it is on disk after the next flush. Raises: RunError."""
        if not self._lines:
            self._oldest = self._clock()
        self._lines.append(preference_line(preference, self._under))
        if len(self._lines) >= _ROWS:
            self.flush()
        self.tick()

    def tick(self) -> None:
        """Write if the oldest has waited long enough; for callers with a timer."""
        if self._lines and self._clock() - self._oldest >= _SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is in memory. Raises: RunError; it is kept for the next try."""
        if self._lines:
            name = f"{self._name}-{self._parts:06d}"
            write_part(self._folder, name, b"".join(self._lines), _SUFFIX)
            self._parts += 1
            self._lines = []


def is_of_pairs(path: Path) -> bool:
    """Whether the run at `path` is one of pairs."""
    return (path / NAME).is_file()


def open_pairs(path: Path) -> PairFolder:
    """The run of pairs at `path`. Raises: RunError when there is none."""
    refuse_run_url(path)
    manifest = read_manifest(path, NAME)
    if manifest is None:
        there = "no such folder" if not path.exists() else "not a run of pairs"
        there = "a run of grades, not of pairs" if (path / GRADES).exists() else there
        raise RunError(f"{path}: {there}\n  hint: `rlaif compare ... --out {path}` makes one")
    return PairFolder(path, manifest)


def make_pairs(path: Path) -> PairFolder:
    """The run of pairs at `path`, made where there is none. Raises: RunError for any other."""
    refuse_run_url(path)
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        names = (p.name for p in path.iterdir())
        foreign = sorted(n for n in names if n not in _OURS and not n.startswith(_KEPT))
        manifest = read_manifest(path, NAME)
        if manifest is None and foreign:
            told = (
                "is a run of grades" if GRADES in foreign else f"holds other things ({foreign[0]})"
            )
            raise RunError(f"{path}: {told}\n  hint: name a new or empty folder")
        for inner in ("pairs", "preferences"):
            (path / inner).mkdir(exist_ok=True)
    return PairFolder(path, manifest or Manifest())


def _best(
    stored: Iterable[tuple[str, Preference]], under: str
) -> dict[tuple[str, str], Preference]:
    """The effective preferences by id and content: ok beats failed, then the later attempt."""
    best: dict[tuple[str, str], Preference] = {}
    for stated, preference in stored:
        if stated != under:
            continue
        name = preference.pair_id, preference.pair_hash
        known = best.get(name)
        if known is None or _rank(preference) >= _rank(known):
            best[name] = preference
    return best


def _rank(preference: Preference) -> tuple[bool, int]:
    return preference.status == "ok", preference.attempt
