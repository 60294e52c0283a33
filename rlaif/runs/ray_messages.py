"""What crosses between the coordinator of a Ray job and its replicas. Nothing here imports Ray."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from traceback import format_exception

import pyarrow as pa

from rlaif import errors
from rlaif.errors import FileProblems, Problem, RlaifError, RunError
from rlaif.grading.plan import Work
from rlaif.grading.usage import Usage
from rlaif.runs.watching import Step
from rlaif.storage.manifest import Sandboxed


@dataclass(frozen=True, slots=True)
class Given:
    """What a replica is told once, when it starts."""

    version: str
    """Of the coordinator's rlaif."""
    run: Path
    """The run folder, absolute; a replica must find it under the same path."""
    token: tuple[str, str]
    """The name of a file in it, and what is in that file."""
    task: bytes
    """A pickled `Task`. It is looked into once the versions are known to be the same."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables for the replica's process, the judge's keys among them."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a replica found when it started judge and sandbox."""

    served: str
    stated: Sandboxed | None
    notes: tuple[str, ...]
    host: str


@dataclass(frozen=True, slots=True)
class Done:
    """Grades of a batch are on disk."""

    step: Step
    usage: Usage
    """What this replica's judge cost since it started."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An error, as it crosses: Ray would wrap it, and some errors cannot be pickled."""

    kind: str
    """The name of the class in errors.py; empty for a fault of ours."""
    text: str
    problems: tuple[Problem, ...] = ()
    more: int = 0


class ReplicaDied(Exception):
    """A replica's process, or its machine, is no more. The coordinator sees to it."""


def broken(error: BaseException, host: str) -> Broken:
    """The error, so that it can be sent."""
    if isinstance(error, FileProblems):
        return Broken("FileProblems", str(error), error.problems, error.more)
    if isinstance(error, RlaifError):
        return Broken(type(error).__name__, str(error))
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return Broken("RunError", f"{where}{error.strerror or error} (on {host})")
    return Broken("", f"on {host}:\n{''.join(format_exception(error))}")


def error_of(told: Broken) -> Exception:
    """The error that was sent, as it was raised there."""
    if told.kind == "FileProblems":
        return FileProblems(told.problems, told.more)
    kind = getattr(errors, told.kind, None) if told.kind else RuntimeError
    return (kind or RunError)(told.text)


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples to grade, packed, on the coordinator's side."""

    content: tuple[int, bytes]
    """Size of the pickled works in bytes, and the same compressed."""
    size: int
    """How many."""
    deaths: int = 0
    """How many replicas died while they had it."""

    def works(self) -> list[Work]:
        """What is in it."""
        return unpacked(self.content)


def batch_of(works: Sequence[Work], deaths: int = 0) -> Batch:
    """The works, packed: they wait in the coordinator's memory until they are graded."""
    content = pickle.dumps(list(works), protocol=5)
    packed = pa.Codec("zstd", compression_level=1).compress(content, asbytes=True)
    return Batch((len(content), packed), len(works), deaths)


def unpacked(content: tuple[int, bytes]) -> list[Work]:
    """The works of a batch. Only what the coordinator of the same job has sent is read."""
    size, packed = content
    works: list[Work] = pickle.loads(  # noqa: S301 - our own, over Ray's authenticated channel
        pa.Codec("zstd").decompress(packed, decompressed_size=size)
    )
    return works
