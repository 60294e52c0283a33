"""What a program finds around it: paths, environment, interpreter; and what is said of its end."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from rlaif.checks.sandbox import scratch
from rlaif.checks.sandbox.interpreter import interpreter
from rlaif.checks.sandbox.launch import ENVIRONMENT, READ, Flavour, visible
from rlaif.records.jobs import Limits, ProgramJob

_MOST_INPUTS = scratch.MOST_ENTRIES // 4
_PAGE = 4096
_LONGEST_PATH = 3000
_SPARE = 96
_PYTHONS = ("python", "python3")


def too_large(job: ProgramJob) -> str:
    """Why the job's files do not fit into the folder, which can be a policy's doing; else empty.

    Raises: ValueError for a path that leads out of it.
    """
    for path in (*job.files, *job.executable, *(one for one in job.wanted if one != "*")):
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or str(pure) != path or "\0" in path:
            raise ValueError(f"'{path}' is no plain path in the scratch folder")
    size = sum(-(-len(data) // _PAGE) * _PAGE for data in job.files.values())
    if max(size, len(job.stdin)) > job.limits.scratch:
        return f"its files take more than the {job.limits.scratch >> 20} MB of its scratch folder"
    if len(job.files) > _MOST_INPUTS:
        return f"it has more than {_MOST_INPUTS} files to begin with"
    return _no_place(job)


def _no_place(job: ProgramJob) -> str:
    """Why the files cannot be written, which what an earlier run has left can be made to bring."""
    folders = {str(one) for path in job.files for one in PurePosixPath(path).parents}
    if both := folders.intersection(job.files):
        return f"'{min(both)}' is a file and a folder"
    if len(folders) + len(job.files) > scratch.MOST_ENTRIES - _SPARE:
        return f"its files need more than {scratch.MOST_ENTRIES - _SPARE} files and folders"
    if any(len(path.encode()) > _LONGEST_PATH for path in job.files):
        return f"the path of one of its files is longer than {_LONGEST_PATH} bytes"
    return ""


def command(words: tuple[str, ...]) -> list[str]:
    """The command; Python is the one that the sandbox uses."""
    first = interpreter().path if words[0] in _PYTHONS else words[0]
    return [first, *words[1:]]


def environment(flavour: Flavour, folder: str) -> dict[str, str]:
    """The same for every run, but for where the scratch folder lies."""
    path = list(dict.fromkeys([*ENVIRONMENT["PATH"].split(":"), *_further()]))
    own = str(Path(interpreter().path).parent)
    if own not in path:
        path.insert(0, own)
    found = {**ENVIRONMENT, "PATH": ":".join(path), "HOME": folder, "TMPDIR": folder}
    # Node reads it at its start, and ends where it lies in a folder that cannot be seen.
    found["OPENSSL_CONF"] = "/dev/null"
    if flavour.packages:
        found["PYTHONPATH"] = ":".join(interpreter().packages)
    return found


def _further() -> Iterator[str]:
    """Where programs lie in the folders that a person has added."""
    for folder in os.environ.get(READ, "").split(":"):
        if folder:
            yield from (f"{folder}/bin", folder)


def absent(flavour: Flavour, name: str, number: int) -> str:
    """Why a command cannot be run."""
    if "/" in name or number not in (errno.ENOENT, errno.EACCES):
        return f"'{name}' cannot be run: {os.strerror(number)}"
    folders = ", ".join(visible(flavour))
    return (
        f"'{name}' does not exist in the sandbox, which shows these folders: {folders}; "
        f"the environment variable {READ} names further ones"
    )


def signal_told(number: int, limits: Limits) -> str:
    """How a program was ended by that signal."""
    known = number in set(signal.Signals)
    told = f"it was ended by {signal.Signals(number).name if known else number}"
    if number == signal.SIGXFSZ:
        return f"{told}: it wrote more than {limits.scratch >> 20} MB into one file or output"
    return told
