"""What a run is of: its rubric, judge and samples, and who made it with what."""

from __future__ import annotations

import datetime
import platform
import socket
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import orjson
from pydantic import ConfigDict, Field, ValidationError

from rlaif.errors import RunError
from rlaif.records.base import Record
from rlaif.records.identity import canonical, digest
from rlaif.records.refusals import place_in_row, plain_faults
from rlaif.storage.whole_files import disk_errors, write_whole

SCHEMA = 1
"""Of the folder as a whole; a newer program reads every older one."""

NAME = "manifest.json"
PAIRS = "pairs.json"
"""The manifest of a run of pairs."""


class _Part(Record):
    """A part of the manifest: keys that a later version adds are let go."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Stated(_Part):
    """A rubric or a judge as it was given: name and version, content hash, and its kept text."""

    name: str
    version: str
    hash: str
    file: str = ""
    """The name, in the run folder, of the file that holds its text."""
    bytes_hash: str = ""
    """Of that file, so that any damage to it is seen; empty where an older rlaif wrote it."""
    served: str = ""
    """For a judge: the model as the backend found it."""


class Needed(_Part):
    """What the criteria of a rubric and of the samples' own need."""

    judge: bool = False
    code: bool = False
    checks: tuple[str, ...] = ()
    """The names of all checks, sorted."""


class Samples(_Part):
    """The input as it was last taken in."""

    source: str
    count: int
    """Samples that are graded: duplicates counted once."""
    duplicates: int
    digest: str
    """Over the rows in their order."""
    generation: str
    """The name of the folder in `samples/` that holds them."""
    selection: str = ""
    """Which of the input's samples they are; empty for all."""
    twins: int | None = None
    """Samples with the content of an earlier one under another id; None where nobody counted."""
    read_as: str = ""
    """Hash of the input's bytes and of all that decides what is read in them; empty where the bytes
    could not be told. While it stays the same, the input need not be read again."""
    needs: Needed = Needed()
    """What was found to be needed when they were taken in."""
    input: str = ""
    """Hash of the bytes of the whole input and of how they are read, whatever is selected of it: by
    it shards of one input know each other. Empty where the bytes could not be told."""


class Sandboxed(_Part):
    """How the policy's code was shut in while it was run."""

    tier: str
    notes: tuple[str, ...] = ()
    """What the sandbox said of itself: which interpreter, and why this tier."""
    earlier: tuple[str, ...] = ()
    """The tiers in which other code of the run was run before; its verdicts stand."""

    def after(self, before: Sandboxed | None) -> Sandboxed:
        """The same, knowing what was used before it."""
        if before is None:
            return self
        tiers = dict.fromkeys((*before.earlier, before.tier))
        earlier = tuple(tier for tier in tiers if tier != self.tier)
        return self.model_copy(update={"earlier": earlier})


class Spent(_Part):
    """What the judge was asked and computed, over all jobs of the run."""

    asked: int = 0
    """Questions, votes and thoughts each by itself."""
    computed: int = 0
    """Tokens of prompts that were computed, as far as the backend says."""
    cached: int = 0
    """Tokens of prompts that had been computed before."""
    written: int = 0
    """Tokens that the judge wrote, besides labels."""
    recalled: int = 0
    """Verdicts taken from the cache of earlier runs."""
    again: int = 0
    """Such verdicts that were asked for again."""
    changed: int = 0
    """Those of them that came out otherwise."""
    priced: int = 0
    """Questions of `asked` whose cost is known: those of a judge with a price."""
    cost: dict[str, float] = Field(default_factory=dict)
    """What they cost, by currency."""

    def plus(self, other: Spent) -> Spent:
        """Both together."""
        mine, others = self.model_dump(exclude={"cost"}), other.model_dump(exclude={"cost"})
        both = {name: mine[name] + others[name] for name in mine}
        return Spent.model_validate({**both, "cost": added(self.cost, other.cost)})

    def minus(self, earlier: Spent) -> Spent:
        """What has come since `earlier`."""
        mine, others = self.model_dump(exclude={"cost"}), earlier.model_dump(exclude={"cost"})
        since = {name: mine[name] - others[name] for name in mine}
        less = {currency: -cost for currency, cost in earlier.cost.items()}
        return Spent.model_validate({**since, "cost": added(self.cost, less)})


def added(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Two sums of money, by currency."""
    return {key: one.get(key, 0.0) + other.get(key, 0.0) for key in {**one, **other}}


def _versions() -> dict[str, str]:
    names = ("rlaif", "pyarrow", "duckdb", "pydantic")
    return {"python": platform.python_version(), **{name: _version(name) for name in names}}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


class Manifest(_Part):
    """The face of a run folder."""

    schema_version: int = SCHEMA
    created: str = Field(default_factory=_now)
    versions: dict[str, str] = Field(default_factory=_versions)
    host: str = Field(default_factory=socket.gethostname)
    command: tuple[str, ...] = ()
    under: str = ""
    """What the current grades are graded under: a hash of rubric and judge."""
    rubric: Stated | None = None
    judge: Stated | None = None
    samples: Samples | None = None
    sandbox: Sandboxed | None = None
    """None where no code was run."""
    spent: Spent = Spent()
    """What the judge cost so far."""
    merged: dict[str, Spent] = Field(default_factory=dict)
    """The shards that `rlaif merge` has joined into it, such as 3/8, and what each had cost."""


def read_manifest(folder: Path, name: str = NAME) -> Manifest | None:
    """The manifest of `folder`, None where there is none. Raises: RunError when it is damaged."""
    path = folder / name
    try:
        with disk_errors(path):
            content = path.read_bytes()
    except RunError as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            return None
        raise
    return _read(path, content)


def _read(path: Path, content: bytes) -> Manifest:
    try:
        stated = orjson.loads(content)
        checksum = stated.pop("checksum")
    except (orjson.JSONDecodeError, AttributeError, KeyError) as error:
        raise _damaged(path, "it is no manifest") from error
    if stated.get("schema_version", 0) > SCHEMA:
        raise RunError(f"{path.parent}: written by a newer rlaif\n  hint: pip install -U rlaif")
    if checksum != digest(canonical(stated)):
        raise _damaged(path, "its checksum does not fit")
    try:
        return Manifest.model_validate(stated)
    except ValidationError as error:
        first = plain_faults(error)[0]
        raise _damaged(path, f"{place_in_row(first.at)}: {first.message}") from error


def _damaged(path: Path, why: str) -> RunError:
    return RunError(
        f"{path}: damaged ({why})\n"
        "  hint: delete this one file and start the same command again; the grades are kept"
    )


def text_fault(folder: Path, stated: Stated) -> str:
    """What is wrong with the kept text of a rubric or a judge: "missing", "damaged", or nothing."""
    try:
        content = (folder / stated.file).read_bytes()
    except OSError:
        return "missing"
    return "damaged" if stated.bytes_hash and digest(content) != stated.bytes_hash else ""


def write_manifest(folder: Path, manifest: Manifest, name: str = NAME) -> None:
    """Put `manifest` in its place, whole. Raises: RunError."""
    stated: dict[str, Any] = manifest.model_dump(mode="json")
    content = {"checksum": digest(canonical(stated)), **stated}
    write_whole(folder / name, orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
