"""Supervises one command in its scratch folder. Ours: the command runs in a process of its own.

A line brings the job, and the bytes of its files follow. Back go `{"started": true}`, then
`{"ended": status, ...}` as soon as the command has ended, then, when nothing of it runs any more,
what it has left behind. Any line that comes in between stops the run.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import select
import signal
import socket
import time
from pathlib import Path
from typing import Any, NoReturn

from rlaif.checks.sandbox.inside import confine
from rlaif.checks.sandbox.inside.channel import Channel
from rlaif.checks.sandbox.inside.collecting import collected

_CHANNEL, _LINK = 4, 5
_STACK = 2**23
_NO_SUCH = (errno.ENOENT, errno.ENOTDIR)


def main(channel: Channel, server: Any, limits: dict[str, int]) -> None:
    """Run one command to its end, and say what became of it."""
    # The kernel tells the receiver who sent this: so the trusted side knows whom to watch.
    with socket.socket(fileno=_LINK) as link:
        link.send(b".")
    job = channel.receive()
    if job is None:
        return
    confine.die_with_parent()
    confine.adopt_orphans()
    os.umask(0o077)
    if server.namespaces:
        confine.unshare(confine.CLONE_NEWNS)
        confine.mount_scratch(job["scratch"], limits["scratch"])
    os.chdir(job["scratch"])
    stdin = os.memfd_create("stdin")
    _write(stdin, channel.exactly(job["stdin"]))
    os.lseek(stdin, 0, os.SEEK_SET)
    for path, size, executable in job["files"]:
        _put(path, channel.exactly(size), executable)
    _Run(channel, server, limits, job).to_the_end(stdin)


class _Run:
    """One command and all that it starts."""

    def __init__(
        self, channel: Channel, server: Any, limits: dict[str, int], job: dict[str, Any]
    ) -> None:
        self.channel, self.server, self.limits, self.job = channel, server, limits, job
        self.status: int | None = None
        self.cpu_s = 0.0
        self.memory = 0
        self.stopped = False

    def to_the_end(self, stdin: int) -> None:
        """Start it, wait for it, kill what is left, and send what there is."""
        outputs = os.memfd_create("stdout"), os.memfd_create("stderr")
        told, tell = os.pipe()
        woken = self._woken()
        self.channel.send({"started": True})
        self.pid = confine.fork()
        if self.pid == 0:
            self._become((stdin, *outputs), tell)
        os.close(tell)
        self._wait(woken)
        if not self.stopped:
            self._say_ended(told)
        self._kill_all()
        if self.stopped:
            self._say_ended(told)
        self._send_left(outputs)

    def _woken(self) -> int:
        """A descriptor that can be read when a process has ended."""
        woken, wake = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        return woken

    def _wait(self, woken: int) -> None:
        """Until the command has ended, or the trusted side wants no more of it."""
        poll = select.poll()
        poll.register(_CHANNEL, select.POLLIN)
        poll.register(woken, select.POLLIN)
        while self.status is None:
            for descriptor, _ in poll.poll():
                if descriptor == _CHANNEL:
                    self.stopped = True
                    return
                with contextlib.suppress(BlockingIOError):
                    os.read(woken, 4096)
            self._reap(os.WNOHANG)

    def _reap(self, option: int) -> bool:
        """Collect every process that has ended. False once there is none at all."""
        while True:
            try:
                pid, status, used = os.wait4(-1, option)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            self.cpu_s += used.ru_utime + used.ru_stime
            self.memory = max(self.memory, used.ru_maxrss * 1024)
            if pid == self.pid:
                self.status = status

    def _kill_all(self) -> None:
        """Nothing but this process is left afterwards."""
        if self.server.namespaces:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            self._reap(0)
            return
        while True:
            kill(descendants(os.getpid()))
            if not self._reap(os.WNOHANG):
                return
            time.sleep(0.0005)

    def _say_ended(self, told: int) -> None:
        os.set_blocking(told, False)
        try:
            why = os.read(told, 400).decode(errors="replace")
        except BlockingIOError:
            why = ""
        if why.startswith("setup"):
            self.channel.send({"setup": why})
            os._exit(0)
        ended = {"ended": self.status, "cpu_s": self.cpu_s, "memory": self.memory, "why": why}
        self.channel.send(ended)

    def _send_left(self, outputs: tuple[int, int]) -> None:
        most = self.limits["scratch"]
        texts = [os.pread(one, min(most, os.fstat(one).st_size), 0) for one in outputs]
        files, left_out = collected(self.job["wanted"], most)
        left = {
            "outputs": [len(text) for text in texts],
            "files": [[path, len(data), executable] for path, data, executable in files],
            "left_out": left_out,
        }
        self.channel.send(left)
        for data in (*texts, *(data for _, data, _ in files)):
            self.channel.write(data)

    def _become(self, standard: tuple[int, ...], tell: int) -> NoReturn:
        """The new process: give up all power and run the command."""
        try:
            for place, descriptor in enumerate(standard):
                os.dup2(descriptor, place)
            self._shut_in()
        except BaseException as error:  # noqa: BLE001 - a process of its own: said, and the end
            os.write(tell, f"setup: {error}"[:300].encode())
            os._exit(126)
        number = self._execute()
        os.write(tell, str(number).encode())
        os._exit(127)

    def _shut_in(self) -> None:
        server, limits = self.server, self.limits
        processes = limits["processes"] + self.job["others"]
        if server.confined and confine.counted_apart():
            processes = self.job["processes"]
        # The signals that Python ignores would stay ignored in the program.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        server.bound({**limits, "processes": processes})
        confine.limit(resource.RLIMIT_DATA, limits["memory"])
        most = resource.getrlimit(resource.RLIMIT_STACK)[1]
        hard = limits["memory"] if most < 0 else min(most, limits["memory"])
        resource.setrlimit(resource.RLIMIT_STACK, (min(_STACK, hard), hard))
        if server.confined:
            rules = -1
            if server.rules >= 0:
                writable = ["/dev/null", self.job["scratch"]]
                rules = confine.landlock_rules(server.setup["readable"], writable)
            server.confine("program", rules)

    def _execute(self) -> int:
        """Become the command. Returns the error's number where that cannot be."""
        command, environment = self.job["command"], self.job["environment"]
        paths = [command[0]]
        if "/" not in command[0]:
            paths = [f"{folder}/{command[0]}" for folder in environment["PATH"].split(":")]
        worst = errno.ENOENT
        for path in paths:
            try:
                os.execve(path, command, environment)  # noqa: S606 - its purpose
            except OSError as error:
                worst = worst if error.errno in _NO_SUCH else error.errno or errno.EPERM
            except ValueError:
                return errno.EINVAL
        return worst


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _put(path: str, data: bytes, executable: bool) -> None:
    """Write one file below the working folder, which nothing of others has touched yet."""
    if parent := os.path.dirname(path):  # noqa: PTH120 - Path is slower, and this is per file
        os.makedirs(parent, exist_ok=True)  # noqa: PTH103 - as above
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    opened = os.open(path, flags, 0o700 if executable else 0o600)
    try:
        _write(opened, data)
    finally:
        os.close(opened)


def children(pid: int) -> list[int]:
    """The processes that `pid` has started, or that have come to it; none where it has ended."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found += map(int, (thread / "children").read_text().split())
    return found


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, those nearest to it first."""
    found = children(pid)
    for one in found:
        found += children(one)
    return found


def kill(pids: list[int]) -> None:
    """Kill them: all are held first, so that none can start another while the rest is killed."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
