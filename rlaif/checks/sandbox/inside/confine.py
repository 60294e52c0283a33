"""Giving up power, for good: capabilities, limits, Landlock, seccomp. Linux, by system calls."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import stat
import struct
from collections.abc import Iterable

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID = 0x20000, 0x10000000, 0x20000000
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38
_M_ARENA_MAX = -8
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_EXECUTE, _WRITE, _READ, _READ_FOLDER = 1, 2, 4, 8
_TRUNCATE, _DEVICE_IOCTL = 1 << 14, 1 << 15
_DEVICES_AND_SOCKETS = 1 << 6 | 1 << 9 | 1 << 11
"""Rights to make devices and sockets, which nobody gets."""

_libc = ctypes.CDLL(None, use_errno=True)
_held = ctypes.PyDLL(None, use_errno=True)
"""Called without letting go of the interpreter's lock."""

_no_caps = struct.pack("6I", 0, 0, 0, 0, 0, 0)
_caps_header = struct.pack("Ii", 0x20080522, 0)


def _sure(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def fork() -> int:
    """As os.fork, without Python's hooks: half of what a new process costs.

    They are for what other threads hold, and there is one thread only; and `random` is to keep the
    state that it was given.
    """
    return _sure(_held.fork(), "fork")


def unshare(flags: int) -> None:
    """New namespaces: for this process, or (pid) for its children."""
    _sure(_libc.unshare(flags), "unshare")


def counted_apart() -> bool:
    """Whether this process now has a namespace of users, in which its processes alone count.

    False where none can be had: there those of all others of this user count as well.
    """
    try:
        unshare(CLONE_NEWUSER)
    except OSError:
        return False
    return True


def enter_own_pid_namespace(pidfd: int) -> None:
    """Children are born beside this process again, not in a namespace made for another."""
    _sure(_libc.setns(pidfd, CLONE_NEWPID), "setns")


def mount_scratch(path: str, size: int) -> None:
    """An empty folder in memory of at most `size` bytes, seen by this process and its children."""
    options = f"size={size},nr_inodes=4096,mode=0700".encode()
    _sure(_libc.mount(b"tmpfs", path.encode(), b"tmpfs", 6, options), "mount")


def drop_capabilities() -> None:
    """No capability is left, in any set."""
    _sure(_libc.capset(_caps_header, _no_caps), "capset")


def no_new_privileges() -> None:
    """No program that is run gains anything."""
    _sure(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def die_with_parent() -> None:
    """Killed when the process that started this one ends."""
    _sure(_libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0), "pdeathsig")


def adopt_orphans() -> None:
    """Processes below this one whose parents end become its children."""
    _sure(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")


def few_arenas() -> None:
    """Threads allocate from one place: else each takes 64 MB of address space for itself."""
    with contextlib.suppress(AttributeError):  # a libc that has no such places
        _libc.mallopt(_M_ARENA_MAX, 1)


def limit(kind: int, amount: int) -> None:
    """At most `amount`, and never more than what holds already."""
    most = resource.getrlimit(kind)[1]
    amount = amount if most < 0 else min(amount, most)
    resource.setrlimit(kind, (amount, amount))


def seccomp(program: bytes) -> None:
    """Only the system calls that the filter, in the kernel's own instructions, allows."""
    buffer = ctypes.create_string_buffer(program, len(program))
    filled = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    _sure(_libc.prctl(_PR_SET_SECCOMP, 2, filled, 0, 0), "seccomp")


def landlock_version() -> int:
    """The version of Landlock that the kernel has; 0 without."""
    return max(0, int(_libc.syscall(_LANDLOCK_CREATE, None, 0, 1)))


def landlock_rules(readable: Iterable[str], writable: Iterable[str] = ()) -> int:
    """A file descriptor of rules: what may be read (and run), what may be written as well.

    No TCP port may be bound or connected, no signal and no abstract socket reaches outside, as far
    as the kernel's version can say so. Paths that do not exist are left out.
    """
    version = landlock_version()
    rights = (1 << 13) - 1
    for since, right in ((2, 1 << 13), (3, _TRUNCATE), (5, _DEVICE_IOCTL)):
        rights |= right if version >= since else 0
    attributes = struct.pack("QQQ", rights, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = _sure(_libc.syscall(_LANDLOCK_CREATE, attributes, size, 0), "landlock rules")
    for path in readable:
        _allow(rules, path, rights & (_EXECUTE | _READ | _READ_FOLDER))
    for path in writable:
        _allow(rules, path, rights & ~_DEVICES_AND_SOCKETS)
    return rules


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE_IOCTL
        rule = struct.pack("=Qi", rights, opened)
        _sure(_libc.syscall(_LANDLOCK_ADD, rules, 1, rule, 0), "landlock rule")
    finally:
        os.close(opened)


def landlock(rules: int) -> None:
    """Nothing but what the rules allow."""
    _sure(_libc.syscall(_LANDLOCK_RESTRICT, rules, 0), "landlock")


def warm() -> None:
    """Find every function of libc now, so that no forked process has to."""
    for name in ("capset", "mount", "prctl", "setns", "syscall", "unshare"):
        getattr(_libc, name)
