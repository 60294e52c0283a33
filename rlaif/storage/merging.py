"""Shards of one job laid together into one run, with flat memory.

It is safe at every instant: samples and grades are on disk before the manifest names them, and a
merge that is started again lays down only what is not there yet.
"""

from __future__ import annotations

import heapq
import secrets
import shutil
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import itemgetter
from pathlib import Path

from rlaif.errors import RunError
from rlaif.records.identity import digest_of
from rlaif.storage import queries
from rlaif.storage.compact_order import kept_places
from rlaif.storage.database import NARROW, database
from rlaif.storage.intake import intact_parts, number_after
from rlaif.storage.large_parts import lay_together
from rlaif.storage.manifest import (
    Manifest,
    Samples,
    Sandboxed,
    Spent,
    Stated,
    text_fault,
    write_manifest,
)
from rlaif.storage.run_folder import RunFolder
from rlaif.storage.sample_table import KeptRow, SampleParts, ids_of, kept_rows
from rlaif.storage.whole_files import (
    TEMPORARY,
    disk_errors,
    parts,
    sync_folder,
    write_whole,
)

_IN_MEMORY = 8192
"""Rows of samples in memory, of all shards together."""
_FEWEST = 16


def merge(
    out: RunFolder, shards: Sequence[RunFolder], selection: str, command: Sequence[str] = ()
) -> None:
    """Make the samples and the grades of the shards those of `out`. Needs its lock.

    They have been seen to be of one job. Args: `selection`, which samples of the input these are,
    as the manifest states it.
    Raises: RunError where two shards have the same sample, or the disk refuses.
    """
    with disk_errors(out.path):
        samples = _samples(out, shards, selection)
        _grades(out, shards, samples)
        first = shards[0].manifest
        manifest = Manifest(
            created=out.manifest.created,
            command=tuple(command),
            under=first.under,
            rubric=_text(out, shards, "rubric"),
            judge=_text(out, shards, "judge"),
            samples=samples,
            sandbox=_sandbox(shards),
            spent=_spent(out.manifest, shards),
            merged=_merged(shards),
        )
        if manifest.model_copy(update={"command": out.manifest.command}) != out.manifest:
            write_manifest(out.path, manifest)
    out.manifest = manifest


def _samples(out: RunFolder, shards: Sequence[RunFolder], selection: str) -> Samples:
    """The samples of all shards in the order of the input, in a generation of `out`."""
    folder = out.path / "samples"
    spool = folder / f"{TEMPORARY}{secrets.token_hex(4)}"
    spool.mkdir(parents=True)
    try:
        writer = SampleParts(spool)
        name = digest_of(_copied(writer, shards, selection))
        writer.flush()
        _refuse_repeated(spool, shards)
        samples = _stated(shards, selection, writer.count, name, _twins(spool))
        return _in_place(folder, spool, samples)
    finally:
        shutil.rmtree(spool, ignore_errors=True)


def _copied(writer: SampleParts, shards: Sequence[RunFolder], selection: str) -> Iterator[str]:
    """The text of each sample, once it is written; what the digest of the samples is made of."""
    if selection:
        yield selection
    last: tuple[int, str, int] | None = None
    for row, shard in _in_order(shards):
        if last and last[0] == row[0]:
            one, other = shards[last[2]].path, shards[shard].path
            raise RunError(
                f"{one} and {other} are not shards of one input: its row {row[0] + 1:,} is "
                f"'{last[1]}' in the first and '{row[1]}' in the second\n"
                "  hint: grade all shards of the same samples, then merge"
            )
        last = (row[0], row[1], shard)
        writer.copy(row)
        yield row[5]


def _in_order(shards: Sequence[RunFolder]) -> Iterator[tuple[KeptRow, int]]:
    """Each row with the place of its shard, by the place in the input."""
    batch = max(_IN_MEMORY // len(shards), _FEWEST)

    def of(place: int) -> Iterator[tuple[int, int, KeptRow]]:
        for row in kept_rows(shards[place].files()[0], batch):
            yield row[0], place, row

    merged = heapq.merge(*map(of, range(len(shards))), key=itemgetter(0, 1))
    return ((row, place) for _, place, row in merged)


def _refuse_repeated(spool: Path, shards: Sequence[RunFolder]) -> None:
    with database(samples=parts(spool)) as connection:
        found = next(queries.repeated_ids(connection), None)
    if found is None:
        return
    _, name, _, _, same, _, _ = found
    holders = [run.path for run in shards if any(i == name for _, i in ids_of(run.files()[0]))]
    content = "the same" if same else "other"
    raise RunError(
        f"the sample '{name}' stands in {' and in '.join(map(str, holders))}, with {content} "
        "content\n  hint: shards of one input have no sample in common: grade them again"
    )


def _twins(spool: Path) -> int:
    found = parts(spool)
    if not found:
        return 0
    with database(samples=found) as connection:
        return queries.twin_count(connection)


def _stated(
    shards: Sequence[RunFolder], selection: str, count: int, name: str, twins: int
) -> Samples:
    every = [run.manifest.samples for run in shards if run.manifest.samples]
    return Samples(
        source=every[0].source,
        count=count,
        duplicates=sum(one.duplicates for one in every),
        digest=name,
        generation="",
        selection=selection,
        twins=twins,
        needs=every[0].needs,
        input=every[0].input,
    )


def _in_place(folder: Path, spool: Path, samples: Samples) -> Samples:
    """Give the spool its name, unless an earlier merge has laid down the same samples."""
    for there in sorted(folder.glob(f"[0-9]*-{samples.digest[:12]}")):
        known = samples.model_copy(update={"generation": there.name})
        if intact_parts(folder, known) is not None:
            return known
    generation = f"{number_after(folder):04d}-{samples.digest[:12]}"
    spool.rename(folder / generation)
    sync_folder(folder)
    return samples.model_copy(update={"generation": generation})


def _grades(out: RunFolder, shards: Sequence[RunFolder], samples: Samples) -> None:
    """Lay the grades of all shards into `out`, but for those that it has."""
    theirs = [part for run in shards for part in run.files()[1]]
    own = parts(out.path / "parts")  # behind theirs: of two alike, its own one counts
    every = [*theirs, *own]
    laid = intact_parts(out.path / "samples", samples)
    with database(NARROW, samples=laid or [], grades=every) as connection:
        places = kept_places(connection, "", current_only=False)
        lacking = (place for place in places if place[0] < len(theirs))
        lay_together(every, lacking, out.path / "parts")


def _text(out: RunFolder, shards: Sequence[RunFolder], what: str) -> Stated | None:
    """Copy the kept text of a rubric or a judge from the first shard that has it whole."""
    for run in shards:
        stated: Stated | None = getattr(run.manifest, what)
        if stated and not text_fault(run.path, stated):
            write_whole(out.path / stated.file, (run.path / stated.file).read_bytes())
            return stated
    raise RunError(f"{shards[0].path}: the kept {what} is damaged, and in all other shards too")


def _sandbox(shards: Sequence[RunFolder]) -> Sandboxed | None:
    def both(one: Sandboxed | None, other: Sandboxed | None) -> Sandboxed | None:
        return one.after(other) if one else other

    return reduce(both, (run.manifest.sandbox for run in shards))


def _merged(shards: Sequence[RunFolder]) -> dict[str, Spent]:
    return {_share(run): run.manifest.spent for run in shards}


def _share(run: RunFolder) -> str:
    samples = run.manifest.samples
    return samples.selection.partition(";")[0] if samples else ""


def _spent(before: Manifest, shards: Sequence[RunFolder]) -> Spent:
    """What all shards cost, and what was spent in the merged run itself."""
    own = reduce(Spent.minus, before.merged.values(), before.spent)
    return reduce(Spent.plus, _merged(shards).values(), own)
