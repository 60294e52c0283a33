"""The shards of a job array joined into one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rlaif.errors import InputError, RunError, RunLocked
from rlaif.records.merged import Merged
from rlaif.reporting.text import count_of
from rlaif.storage.inventory import in_use
from rlaif.storage.manifest import Manifest, read_manifest
from rlaif.storage.merging import merge
from rlaif.storage.run_folder import RunFolder, make_run, open_run
from rlaif.storage.selection import Shard
from rlaif.storage.whole_files import parts

_SEVERAL = "merge joins the shards of one job (`rlaif grade ... --shard I/N`)"


def merge_runs(
    out: Path,
    folders: Sequence[Path],
    *,
    partial: bool = False,
    command: Sequence[str] = (),
    note: Callable[[str], None] = lambda _: None,
) -> Merged:
    """Join the shards at `folders` into the run `out`, which becomes an ordinary run.

    It can be killed at any instant and started again, and started again with more shards. The
    shards stay as they are. Args: `partial`, some may be missing; `note` hears of damaged parts.
    Raises: InputError for shards that do not belong together, or are not all there; RunError;
    RunLocked while a job writes to one of them.
    """
    shards = _opened(out, folders)
    numbers = {_shard(run): run for run in shards}
    of = next(iter(numbers)).of
    missing = tuple(n for n in range(1, of + 1) if Shard(n, of) not in numbers)
    if missing and not partial:
        named = ", ".join(f"{n}/{of}" for n in missing)
        raise InputError(
            f"not all shards are there: {named} missing\n"
            "  hint: name them too; or --partial joins those that there are"
        )
    ordered = [numbers[shard] for shard in sorted(numbers, key=lambda one: one.number)]
    _refuse_other_run(out, ordered[0])
    for text in _damaged(ordered):
        note(text)
    run = make_run(out)
    with run.lock() as damaged:
        for text in damaged:
            note(text)
        merge(run, ordered, _selection(ordered, missing), command)
        counts = run.counts()
    twins = run.manifest.samples.twins if run.manifest.samples else 0
    return Merged(
        out, len(ordered), of, missing, counts.samples, counts.ok, counts.failed, twins or 0
    )


def _opened(out: Path, folders: Sequence[Path]) -> list[RunFolder]:
    """The shards, which are of one job. Raises: InputError with all that is wrong."""
    shards = []
    for folder in folders:
        if folder.resolve() == out.resolve():
            raise InputError(f"{folder}: is both a shard and where they are joined")
        run = open_run(folder)
        if in_use(folder):
            raise RunLocked(f"{folder}: a job is writing to it\n  hint: wait for it to end")
        if not run.manifest.under or run.manifest.samples is None:
            raise RunError(f"{folder}: nothing was graded into it yet")
        shards.append(run)
    problems = [*_not_shards(shards)] or [*_unlike(shards)]
    if problems:
        raise InputError("\n".join(problems))
    return shards


def _not_shards(shards: Sequence[RunFolder]) -> Iterator[str]:
    seen: dict[str, RunFolder] = {}
    for run in shards:
        share = _of_manifest(run.manifest)[0]
        if "/" not in share or "+" in share:
            yield f"{run.path}: is no shard\n  hint: {_SEVERAL}"
        elif share in seen:
            yield f"{seen[share].path} and {run.path} are both the shard {share}"
        seen[share] = run


def _unlike(shards: Sequence[RunFolder]) -> Iterator[str]:
    """What keeps the shards from being of one job."""
    first = shards[0]
    for run in shards[1:]:
        for what, one, other in _facts(first.manifest, run.manifest):
            if one != other:
                yield f"{first.path} and {run.path} differ in {what}: {one} and {other}"
                break


def _facts(one: Manifest, other: Manifest) -> Iterator[tuple[str, str, str]]:
    """What shards of one job have in common, the more telling first."""
    yield "the number of shards", _of(one), _of(other)
    drawn = [_of_manifest(m)[1] or "all" for m in (one, other)]
    yield "the samples drawn", drawn[0], drawn[1]
    inputs = [m.samples.input if m.samples else "" for m in (one, other)]
    if all(inputs):
        yield "their input, or how it was read", inputs[0][:12], inputs[1][:12]
    for what in ("rubric", "judge"):
        both = [getattr(m, what) for m in (one, other)]
        names = [f"{s.name} {s.version} ({s.hash[:12]})" if s else "none" for s in both]
        yield f"their {what}", names[0], names[1]
    served = [m.judge.served if m.judge else "" for m in (one, other)]
    yield "the model that answered", served[0], served[1]
    told = "the versions of rlaif that scored them (the commands of the older one mend it)"
    yield told, one.under[:12], other.under[:12]


def _of_manifest(manifest: Manifest) -> tuple[str, str]:
    """The share, such as 3/8, and what was drawn of it."""
    share, _, drawn = (manifest.samples.selection if manifest.samples else "").partition(";")
    return share, drawn


def _of(manifest: Manifest) -> str:
    return _of_manifest(manifest)[0].rpartition("/")[2]


def _shard(run: RunFolder) -> Shard:
    return Shard.parse(_of_manifest(run.manifest)[0])


def _selection(shards: Sequence[RunFolder], missing: Sequence[int]) -> str:
    """Which of the input's samples the shards are together; nothing for all of them."""
    drawn = _of_manifest(shards[0].manifest)[1]
    if not missing and not drawn:
        return ""
    numbers = "+".join(str(_shard(run).number) for run in shards)
    return f"{numbers}/{_of(shards[0].manifest)};{drawn}"


def _refuse_other_run(out: Path, first: RunFolder) -> None:
    """See that `out` is free, or an earlier merge of such shards. Raises: RunError."""
    there = read_manifest(out)
    if there is None:
        return
    hint = "name a new folder"
    if not there.merged:
        raise RunError(f"{out}: holds a run that is no merge of shards\n  hint: {hint}")
    if there.under != first.manifest.under:
        told = "another rubric or judge than the shards"
        raise RunError(f"{out}: is under {told}\n  hint: {hint}")


def _damaged(shards: Sequence[RunFolder]) -> Iterator[str]:
    for run in shards:
        if count := len(parts(run.path / "parts")) - len(run.files()[1]):
            yield (
                f"{run.path}: {count_of(count, 'part')} damaged and left out; start its command "
                "again, then merge again"
            )
