"""Looks at a program's processes from the trusted side, while they run.

The kernel bounds each process. What all of them hold together, it bounds only in part: so this
side looks every now and then, and ends a run that has passed its limits.
"""

from __future__ import annotations

import contextlib
import socket
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rlaif.checks.sandbox import scratch
from rlaif.checks.sandbox.inside.program import descendants
from rlaif.checks.sandbox.processes import threads, told
from rlaif.records.jobs import Limits

EVERY_S = 0.05
"""Between two looks."""

_TIMES = 1.5
"""Of the memory of one process: what the whole tree may hold."""

_LOOKS = 2
"""A fork shares its parent's memory for a moment, and looks like twice as much: so look again."""

_MOST_HIDDEN = 64
"""Files that are deleted and still mapped."""


def sender(link: socket.socket) -> int:
    """The process that has sent something on the link, as this side sees it; 0 if not known."""
    link.setblocking(False)
    size = struct.calcsize("3i")
    with contextlib.suppress(OSError):
        for level, kind, data in link.recvmsg(1, socket.CMSG_SPACE(size))[1]:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                return int(struct.unpack("3i", data[:size])[0])
    return 0


@dataclass(slots=True)
class Watch:
    """The tree below one supervisor."""

    pid: int
    """Of the supervisor, as this side sees it; 0 where that is not known."""
    limits: Limits
    folder: str = ""
    """The scratch folder, where it lies on this side's disk."""
    counted: bool = False
    """The kernel counts its processes apart from all others."""
    memory: int = 0
    """The most that was seen."""
    over: int = 0

    def look(self) -> str:
        """Why the run is to be ended; empty where it may go on."""
        pids = descendants(self.pid) if self.pid else []
        return self._memory(pids) or self._tasks(pids) or self._files(pids)

    def _memory(self, pids: list[int]) -> str:
        most = int(self.limits.memory * _TIMES)
        held = sum(map(_resident, pids))
        if held > most:
            # Pages that processes share after a fork were counted for each of them.
            held = sum(map(_share, pids))
        self.memory = max(self.memory, held)
        self.over = self.over + 1 if held > most else 0
        if self.over < _LOOKS:
            return ""
        return f"its processes held more than {most >> 20} MB together"

    def _tasks(self, pids: list[int]) -> str:
        if self.counted or sum(map(threads, pids)) <= self.limits.processes:
            return ""
        return f"it had more than {self.limits.processes} processes and threads"

    def _files(self, pids: list[int]) -> str:
        if not self.folder:
            return ""
        size, entries = scratch.used(self.folder, self.limits.scratch)
        if entries > scratch.MOST_ENTRIES:
            return f"it made more than {scratch.MOST_ENTRIES} files"
        hidden = dict(found for pid in pids for found in _deleted_open(pid))
        mapped = {found for pid in pids for found in _deleted_mapped(pid)}
        if size + sum(hidden.values()) > self.limits.scratch or len(mapped) > _MOST_HIDDEN:
            return f"its files took more than {self.limits.scratch >> 20} MB"
        return ""


def _resident(pid: int) -> int:
    """Bytes of one process that are in memory and come from no file."""
    return sum(told(f"/proc/{pid}/status", ("RssAnon:", "RssShmem:"))) * 1024


def _share(pid: int) -> int:
    """The same, of shared pages only its part; as `_resident` where that cannot be had."""
    found = list(told(f"/proc/{pid}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:")))
    return sum(found) * 1024 if found else _resident(pid)


def _deleted_open(pid: int) -> Iterator[tuple[tuple[int, int], int]]:
    """Files that are open and have no name any more: which, and their bytes on disk."""
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                about = descriptor.stat()
                # The two outputs and the input are files in memory, open from the start.
                if (
                    stat.S_ISREG(about.st_mode)
                    and not about.st_nlink
                    and not _in_memory(descriptor)
                ):
                    yield (about.st_dev, about.st_ino), about.st_blocks * 512


def _in_memory(descriptor: Path) -> bool:
    return str(descriptor.readlink()).startswith("/memfd:")


def _deleted_mapped(pid: int) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/maps").read_text(errors="replace").splitlines():
            if line.endswith("(deleted)") and "/memfd:" not in line:
                yield " ".join(line.split()[3:5])
