"""The fork server: for each job a process of its own, shut in before any code of others is read.

It holds no secret and reads no job: it passes file descriptors on. On its control socket come
`{"spawn": number, "role": ..., "limits": ...}` with the descriptors of the job, and
`{"kill": number}`; back go `{"ended": number, ...}` and `{"failed": number, "why": ...}`.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import gc
import importlib
import json
import os
import random
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from rlaif.checks.sandbox.inside import calls, candidate, checker, confine, program
from rlaif.checks.sandbox.inside.channel import Channel
from rlaif.checks.sandbox.inside.values import dumps

_ROLES: dict[str, Callable[..., None]] = {
    "calls": calls.main,
    "candidate": candidate.main,
    "checker": checker.main,
}
_MOST_MESSAGE = 4096
_SETUP_FAILED = 97
_REHEARSALS = 32
_REHEARSED = "import math\n\n\ndef f(a, b, c=0):\n    return [a, b, c, (1.5, True)]\n"


class ForkServer:
    """Starts processes, and says how they ended."""

    def __init__(self, control: socket.socket, setup: dict[str, Any]) -> None:
        """Take the control socket and what the trusted side has decided."""
        self.control = control
        self.setup = setup
        self.filters = {k: base64.b64decode(v) for k, v in setup["filters"].items()}
        self.namespaces = setup["tier"] == "namespaces"
        self.confined = setup["tier"] != "none"
        self.pidfd = os.pidfd_open(os.getpid())
        self.null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        self.rules = self._rules() if self.confined else -1
        self.running: dict[int, tuple[int, int]] = {}
        """By the pidfd of a process: its job's number and its pid."""
        self.poll = select.poll()

    def _rules(self) -> int:
        if not confine.landlock_version():
            return -1
        return confine.landlock_rules(self.setup["readable"], ["/dev/null"])

    def serve(self) -> None:
        """Until the trusted side closes the control socket."""
        self.poll.register(self.control, select.POLLIN)
        while True:
            for descriptor, _ in self.poll.poll():
                if descriptor != self.control.fileno():
                    self._ended(descriptor)
                elif not self._message():
                    return

    def _message(self) -> bool:
        try:
            raw, fds, _, _ = socket.recv_fds(self.control, _MOST_MESSAGE, 4)
        except ConnectionError:
            return False
        if not raw:
            return False
        asked = json.loads(raw)
        if "kill" in asked:
            self._kill(asked["kill"])
        else:
            self._spawn(asked, fds)
        return True

    def _spawn(self, asked: dict[str, Any], fds: list[int]) -> None:
        try:
            if self.namespaces:
                confine.enter_own_pid_namespace(self.pidfd)
                confine.unshare(confine.CLONE_NEWPID)
            pid = confine.fork()
        except OSError as error:
            self._say({"failed": asked["spawn"], "why": str(error)})
        else:
            if pid == 0:
                self._be(asked, fds)
            pidfd = os.pidfd_open(pid)
            self.running[pidfd] = asked["spawn"], pid
            self.poll.register(pidfd, select.POLLIN)
        for descriptor in fds:
            os.close(descriptor)

    def _be(self, asked: dict[str, Any], fds: list[int]) -> None:
        """The new process: never returns."""
        status = _SETUP_FAILED
        try:
            role, limits = asked["role"], asked["limits"]
            channel = Channel(self._only(fds))
            if role == "program":
                program.main(channel, self, limits)
            else:
                self._shut_in(limits)
                link = [Channel(5)] if len(fds) > 1 else []
                status = 0
                _ROLES[role](channel, *link)
        except BaseException as error:  # noqa: BLE001 - a process of its own: said, and the end
            if status:
                _last_words(f"the sandbox could not be set up: {error}")
        finally:
            os._exit(status)

    def _only(self, fds: list[int]) -> int:
        """Nothing stays open but null as 0 to 2, the rules as 3 and the job's from 4 on.

        Returns the first of the job's.
        """
        wanted = [self.null if self.rules < 0 else self.rules, *fds]
        high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 64) for descriptor in wanted]
        for number in (0, 1, 2):
            os.dup2(self.null, number)
        for place, descriptor in enumerate(high, 3):
            os.dup2(descriptor, place, inheritable=False)
        os.closerange(3 + len(high), 4096)
        self.rules = self.rules if self.rules < 0 else 3
        return 4

    def _shut_in(self, limits: dict[str, int]) -> None:
        """For Python of others: no process, no program, no file but to read what Python needs."""
        if self.confined and confine.counted_apart():
            limits = {**limits, "processes": limits["threads"]}
        self.bound(limits)
        confine.limit(resource.RLIMIT_AS, limits["memory"])
        if self.confined:
            self.confine("calls")

    def bound(self, limits: dict[str, int]) -> None:
        """The limits that every process has."""
        confine.die_with_parent()
        os.setsid()
        confine.limit(resource.RLIMIT_CORE, 0)
        confine.limit(resource.RLIMIT_MEMLOCK, 0)
        confine.limit(resource.RLIMIT_NOFILE, 128)
        confine.limit(resource.RLIMIT_NPROC, limits["processes"])
        confine.limit(resource.RLIMIT_FSIZE, limits["scratch"])
        resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_s"], limits["cpu_s"] + 1))

    def confine(self, filtered: str, rules: int | None = None) -> None:
        """No capability, the rules for files, and the filter for system calls."""
        confine.drop_capabilities()
        confine.no_new_privileges()
        rules = self.rules if rules is None else rules
        if rules >= 0:
            confine.landlock(rules)
        elif not self.namespaces:
            raise OSError("neither namespaces nor Landlock")
        confine.seccomp(self.filters[filtered])

    def _kill(self, number: int) -> None:
        for job, pid in self.running.values():
            if job == number:
                self._kill_tree(pid)

    def _kill_tree(self, pid: int) -> None:
        """In a pid namespace of its own the kernel kills whatever the process has started."""
        with contextlib.suppress(ProcessLookupError):
            if not self.namespaces:
                program.kill(program.descendants(pid))
            os.kill(pid, signal.SIGKILL)

    def _ended(self, pidfd: int) -> None:
        job, pid = self.running.pop(pidfd)
        self.poll.unregister(pidfd)
        os.close(pidfd)
        _, status, used = os.wait4(pid, 0)
        cpu = used.ru_utime + used.ru_stime
        memory = used.ru_maxrss * 1024
        if not self.namespaces:
            self._reap_orphans()
        self._say({"ended": job, "status": status, "cpu_s": cpu, "memory": memory})

    def _reap_orphans(self) -> None:
        """Whatever an ended process left behind has come to the fork server: it ends as well."""
        mine = {pid for _, pid in self.running.values()}
        while left := [pid for pid in program.children(os.getpid()) if pid not in mine]:
            for pid in left:
                self._kill_tree(pid)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)

    def _say(self, data: dict[str, Any]) -> None:
        with contextlib.suppress(ConnectionError):
            self.control.send(json.dumps(data).encode())

    def end(self) -> None:
        """Kill what still runs."""
        for _, pid in self.running.values():
            self._kill_tree(pid)
        if not self.namespaces:
            self.running.clear()
            self._reap_orphans()


def _last_words(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(4, json.dumps({"setup": text[:300]}).encode() + b"\n")


def main(control: socket.socket, setup: dict[str, Any]) -> None:
    """Load what candidates may import, say that all is ready, and serve."""
    sys.path[:] = [*sys.path, *setup["folders"]]
    for name in setup["preload"]:
        importlib.import_module(name)
    absent = [name for name in setup["packages"] if not _importable(name)]
    server = ForkServer(control, setup)
    confine.warm()
    confine.few_arenas()
    _rehearse()
    random.seed(0)
    if not server.namespaces:
        confine.adopt_orphans()
    gc.collect()
    gc.freeze()
    landlock = confine.landlock_version()
    ready = {"absent": absent, "landlock": landlock}
    control.send(json.dumps(ready).encode())
    try:
        server.serve()
    finally:
        server.end()


def _rehearse() -> None:
    """Do what every process will do, so that none has to find its way for the first time.

    What Python then knows of its own code lies in pages that all of them share.
    """
    job = {"code": _REHEARSED, "calls": [[0, [["f", [1, [2, "x"]], {"c": None}]], True]] * 2}
    for _ in range(_REHEARSALS):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(dumps(job))
            ours.shutdown(socket.SHUT_WR)
            calls.main(Channel(theirs.fileno()))
    del sys.modules["candidate"]


def _importable(name: str) -> bool:
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 - a package may fail in any way; the trusted side says it
        return False
    return True
