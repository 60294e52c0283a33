"""Taking pairs into a run: one streaming pass that checks everything before any is compared."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import orjson

from rlaif.errors import InputError, Problem
from rlaif.records.identity import canonical, digest, digest_of
from rlaif.records.pair import Pair, pair_digest
from rlaif.storage.manifest import Samples
from rlaif.storage.pair_rows import PairRow
from rlaif.storage.place_names import told
from rlaif.storage.problems import Problems
from rlaif.storage.whole_files import TEMPORARY, sync_folder


@dataclass(frozen=True, slots=True)
class PairIntake:
    """What came in, and how it differs from what the run had."""

    pairs: Samples
    new: bool
    """The run had other pairs before, or none."""
    added: int = 0
    removed: int = 0
    changed: int = 0
    """Pairs of a known id whose content is another now."""


def take_in_pairs(
    rows: Iterable[PairRow], folder: Path, source: str, current: Samples | None
) -> PairIntake:
    """Spool `rows` into a new generation below `folder`; drop it where nothing has changed.

    Raises: FileProblems with every bad row and every id of two contents; then nothing has changed.
    """
    folder.mkdir(exist_ok=True)
    spool = folder / f"{TEMPORARY}{secrets.token_hex(4)}.jsonl"
    try:
        seen = _Seen()
        with spool.open("xb") as stream:
            name = digest_of(_written(seen.lines(rows), stream))
            stream.flush()
            os.fsync(stream.fileno())
        pairs = Samples(
            source=told(source),
            count=len(seen.hashes),
            duplicates=seen.duplicates,
            digest=name,
            generation=current.generation if current else "",
        )
        if current and current.digest == name and intact_pairs(folder, current):
            return PairIntake(pairs, new=False)
        return _new_generation(spool, folder, pairs, seen.hashes, current)
    finally:
        spool.unlink(missing_ok=True)


def intact_pairs(folder: Path, pairs: Samples) -> Path | None:
    """The file of the pairs as they were taken in; None when it is damaged or gone."""
    path = folder / f"{pairs.generation}.jsonl"
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        found = digest_of(stream)
    return path if found == pairs.digest else None


def kept_pairs(path: Path) -> Iterator[tuple[str, Pair]]:
    """(content hash, pair) in the order of the input."""
    with path.open("rb") as stream:
        for line in stream:
            pair = Pair.model_validate(orjson.loads(line))
            yield pair_digest(pair), pair


def _written(lines: Iterable[bytes], stream: IO[bytes]) -> Iterator[bytes]:
    """The lines, each once it has been handed to `stream`."""
    for line in lines:
        stream.write(line)
        yield line


class _Seen:
    """What has come in so far; ids and hashes are held in memory, texts are not."""

    def __init__(self) -> None:
        self.hashes: dict[str, str] = {}
        self.duplicates = 0
        self._places: dict[str, tuple[str, str]] = {}
        self._problems = Problems()

    def lines(self, rows: Iterable[PairRow]) -> Iterator[bytes]:
        """The pairs as lines, each id once. Raises: FileProblems at the end, or InputError."""
        for row in rows:
            self._problems.add(row.problems)
            if row.pair is not None and self._is_new(row, row.pair):
                yield canonical(row.pair.as_written()) + b"\n"
        self._problems.refuse()
        if not self.hashes:
            raise InputError("there are no pairs in the input")

    def _is_new(self, row: PairRow, pair: Pair) -> bool:
        written = digest(canonical(pair.as_written()))
        known = self._places.setdefault(pair.pair_id, (written, f"{row.path}:{row.line}"))
        if pair.pair_id not in self.hashes:
            self.hashes[pair.pair_id] = pair_digest(pair)
            return True
        self.duplicates += 1
        if known[0] != written:
            shown = pair.pair_id if len(pair.pair_id) <= 60 else f"{pair.pair_id[:57]}..."
            message = f"pair_id '{shown}' stands at {known[1]} with other content"
            hint = "give each pair its own pair_id"
            self._problems.add([Problem(row.path, row.line, 1, message, hint)])
        return False


def _new_generation(
    spool: Path, folder: Path, pairs: Samples, hashes: dict[str, str], current: Samples | None
) -> PairIntake:
    older: dict[str, str] = {}
    if current and (path := intact_pairs(folder, current)):
        older = {pair.pair_id: content for content, pair in kept_pairs(path)}
    number = 1 + max((int(p.name[:4]) for p in folder.glob("[0-9][0-9][0-9][0-9]-*")), default=0)
    generation = f"{number:04d}-{pairs.digest[:12]}"
    spool.rename(folder / f"{generation}.jsonl")
    sync_folder(folder)
    return PairIntake(
        pairs.model_copy(update={"generation": generation}),
        new=True,
        added=len(hashes.keys() - older.keys()),
        removed=len(older.keys() - hashes.keys()),
        changed=sum(older[name] != hashes[name] for name in older.keys() & hashes.keys()),
    )
