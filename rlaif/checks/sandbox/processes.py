"""Processes of this machine, counted and followed by what the kernel shows of them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from rlaif.checks.sandbox.interpreter import sandbox_user

_LATELY_S = 2.0
"""How long a count of a user's processes is taken for right."""


def family(pid: int) -> list[int]:
    """A process and all below it, whichever of its threads has started them."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{one}/task").iterdir():
                with contextlib.suppress(OSError):
                    found += map(int, (thread / "children").read_text().split())
    return found


def tasks_of_user() -> int:
    """Processes and threads of the sandbox's user on this machine, as they were lately."""
    return _tasks_lately(int(time.monotonic() / _LATELY_S))


@lru_cache(maxsize=1)
def _tasks_lately(when: int) -> int:
    user = sandbox_user()
    uid = os.geteuid() if user is None else user.uid
    found = 0
    with contextlib.suppress(OSError):
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if process.name.isdigit() and process.stat().st_uid == uid:
                    found += threads(int(process.name))
    return found


def threads(pid: int) -> int:
    """How many threads a process has; 0 where it is gone."""
    return sum(told(f"/proc/{pid}/status", ("Threads:",)))


def told(path: str, names: tuple[str, ...]) -> Iterator[int]:
    """The numbers after those names in a file of the kernel; none where the process has ended."""
    with contextlib.suppress(OSError):
        for line in Path(path).read_text(errors="replace").splitlines():
            if line.startswith(names):
                yield int(line.split()[1])
