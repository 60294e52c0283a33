"""Which Python runs the policy's code, as which user."""

from __future__ import annotations

import json
import os
import pwd
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rlaif.errors import SandboxUnavailable

_TOLD = (
    "import json, sys, sysconfig; print(json.dumps([list(sys.version_info[:3]), sys.base_prefix,"
    " sys.base_exec_prefix, sysconfig.get_path('stdlib')]))"
)
_SYSTEM = ("/usr/bin/python3", "/usr/local/bin/python3")
_OLDEST = (3, 10)
_DEBIAN = "/usr/lib/python3/dist-packages"


@dataclass(frozen=True, slots=True)
class User:
    """An unprivileged user, whom root becomes before any code of others is read."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that the sandbox's user can read."""

    path: str
    version: tuple[int, ...]
    folders: tuple[str, ...]
    """What it needs of the file system besides the system's own folders."""
    packages: tuple[str, ...]
    """Where installed packages lie that fit it."""
    note: str = ""
    """Why it is not the one that runs rlaif; empty where it is."""

    @property
    def told(self) -> str:
        """Its version and its path."""
        return f"Python {'.'.join(map(str, self.version))} ({self.path})"


def sandbox_user() -> User | None:
    """Whom root becomes; None for anybody else, who stays who they are."""
    if os.geteuid() != 0:
        return None
    try:
        found = pwd.getpwnam("nobody")
    except KeyError:
        return User(65534, 65534)
    return User(found.pw_uid, found.pw_gid)


@lru_cache(maxsize=1)
def interpreter() -> Interpreter:
    """The Python that runs rlaif where the sandbox's user can read it, else the system's.

    Raises: SandboxUnavailable where there is none.
    """
    own = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    why = ""
    for path in (own, *_SYSTEM):
        found = _asked(path)
        if found is None or found[0] < _OLDEST:
            continue
        version, folders = found
        real = [os.path.realpath(one) for one in (path, *folders)]
        if (hidden := next((one for one in real if not _readable(one)), None)) is not None:
            why = why or f"the user who runs the code cannot read {hidden}"
            continue
        needed = sorted({os.path.realpath(folder) for folder in folders})
        return Interpreter(real[0], version, tuple(needed), _packages(version), why)
    raise SandboxUnavailable(
        f"no Python was found that the sandbox can use ({why or 'none is installed'})\n"
        "  hint: install python3 for all users of the machine, or run rlaif as an ordinary user"
    )


def _asked(path: str) -> tuple[tuple[int, ...], list[str]] | None:
    """Version and folders of the Python at `path`; None where there is none."""
    try:
        run = subprocess.run(  # noqa: S603 - a path of ours
            [path, "-I", "-S", "-c", _TOLD], capture_output=True, timeout=30, check=True
        )
        version, *folders = json.loads(run.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return tuple(version), folders


def _readable(path: str) -> bool:
    """Whether the sandbox's user can reach and read `path`."""
    if sandbox_user() is None:
        return os.access(path, os.R_OK)
    own = Path(path)
    folders = all(folder.stat().st_mode & stat.S_IXOTH for folder in own.parents)
    return folders and bool(own.stat().st_mode & stat.S_IROTH)


def _packages(version: tuple[int, ...]) -> tuple[str, ...]:
    """Folders of packages for Python of that version."""
    return tuple(dict.fromkeys(_package_folders(version)))


def _package_folders(version: tuple[int, ...]) -> Iterator[str]:
    if version[:2] == sys.version_info[:2]:
        for kind in ("purelib", "platlib"):
            folder = os.path.realpath(sysconfig.get_path(kind))
            if Path(folder).is_dir() and _readable(folder):
                yield folder
    if Path(_DEBIAN).is_dir():
        yield _DEBIAN
