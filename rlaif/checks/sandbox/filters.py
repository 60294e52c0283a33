"""Which system calls the policy's code may make, as filters that the kernel runs.

The lists are names; libseccomp writes the filters for the architecture that it runs on. They are
made here, on the trusted side, and sent to the fork server as bytes.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rlaif.errors import SandboxUnavailable

_ALWAYS = """
access arch_prctl brk chdir clock_getres clock_gettime clock_nanosleep close close_range dup dup2
dup3 epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 exit
exit_group faccessat faccessat2 fadvise64 fallocate fchdir fdatasync flock fstat fstatfs fsync
ftruncate futex getcpu getcwd getdents getdents64 getegid geteuid getgid getgroups getitimer getpgid
getpgrp getpid getppid getpriority getrandom getresgid getresuid getrlimit getrusage getsid gettid
gettimeofday getuid get_robust_list lseek lstat madvise membarrier mincore mkdir mkdirat mprotect
mremap msync munmap nanosleep newfstatat open openat pause pipe pipe2 poll ppoll pread64 preadv
preadv2 pselect6 pwrite64 pwritev pwritev2 read readlink readlinkat readv rename renameat renameat2
restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn rt_sigsuspend
rt_sigtimedwait sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max
sched_get_priority_min sched_rr_get_interval sched_yield select set_robust_list set_tid_address
setitimer shutdown sigaltstack stat statfs statx sysinfo time
timer_delete times umask uname unlink unlinkat wait4 waitid write writev alarm
"""
"""Calls that touch this process alone, or files that Landlock and the mounts let it touch."""

_PROGRAMS = """
copy_file_range creat execve execveat fork link linkat openat2 readahead sendfile setpgid setsid
symlink symlinkat tee splice timerfd_create timerfd_gettime timerfd_settime vfork
"""
"""What a program besides Python's functions needs: to start others, and to make files."""

_MODES = """
chmod fchmod fchmodat fchmodat2 futimesat utime utimensat utimes
"""
"""Rights and times of files: no rule of Landlock is asked about them."""

_TRUNCATE = "truncate"
"""By path: older versions of Landlock are not asked about it either."""

_NOT_KNOWN = """
getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
"""
"""What copying and listing programs try, and do without where a file system does not have it."""

_TOO_NEW = ("clone3", "pidfd_open", "io_uring_setup")
"""Programs do without them on older kernels: the first hides its flags from a filter."""
_SIGNALS = ("kill", "tkill", "tgkill")
_IOCTLS = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""Of terminals only to look at one; FIONREAD, FIONBIO, FIONCLEX, FIOCLEX."""
_FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032, 1034)
"""Without F_SETOWN and F_SETSIG, by which a file would send signals to any process."""
_PRCTLS = (15, 16)
"""The name of a thread."""
_CLONE_THREAD, _CLONE_NAMESPACES = 0x10000, 0x7E020080
_MAP_TYPE, _MAP_PRIVATE, _MAP_ANONYMOUS, _MAP_GROWSDOWN = 0x0F, 0x02, 0x20, 0x100
_FILE_TYPE, _FIFO = 0o170000, 0o010000
_OUT_OF_BAND = 1
_FLAGS_OF = {"sendto": 3, "recvfrom": 3, "sendmsg": 2, "recvmsg": 2}
"""The place of the flags among the arguments. Out of band, which hardly anybody uses, sockets of a
machine have had one hole in the kernel after the other."""

_SOCKET_TYPE, _CONNECTED_SOCKETS = 0x0F, (1, 5)
"""Streams and sequenced packets. A datagram socket of a pair can still write to any path."""

_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EQUAL, _MASKED_EQUAL = 4, 7
_ON_OTHER_ARCHITECTURE, _OPTIMISE = 2, 8


class _Compare(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


@lru_cache(maxsize=1)
def library() -> Any:
    """Libseccomp. Raises: SandboxUnavailable with what to install."""
    for name in ("libseccomp.so.2", ctypes.util.find_library("seccomp")):
        try:
            found = ctypes.CDLL(name) if name else None
        except OSError:
            continue
        if found is not None:
            found.seccomp_init.restype = ctypes.c_void_p
            return found
    raise SandboxUnavailable(
        "libseccomp is not installed\n  hint: apt install libseccomp2, or dnf install libseccomp"
    )


@lru_cache(maxsize=8)
def filter_of(kind: str, *, signals: bool, modes: bool) -> bytes:
    """The filter for `calls` (threads only) or `program` (processes too), as instructions.

    With `signals` false the process can send none but to its own group: for where nothing else
    shields the others. With `modes` false a program changes neither rights nor times of files, and
    is told that it did: for where it runs as the person who owns more than its scratch folder.
    Raises: SandboxUnavailable.
    """
    with _Filter() as made:
        made.allow(_ALWAYS.split())
        for name in _TOO_NEW:
            made.refuse(name, errno.ENOSYS)
        made.allow_values("ioctl", 1, _IOCTLS)
        made.allow_values("fcntl", 1, _FCNTLS)
        made.allow_values("prctl", 0, _PRCTLS)
        for name, place in _FLAGS_OF.items():
            made.allow_masked(name, place, _OUT_OF_BAND, 0)
        for connected in _CONNECTED_SOCKETS:
            made.allow_masked("socketpair", 1, _SOCKET_TYPE, connected)
        # Of this process alone: whoever watches over it may have the same user and namespace.
        made.allow_values("prlimit64", 0, (0,))
        made.allow_values("sched_setaffinity", 0, (0,))
        if signals:
            made.allow(_SIGNALS)
        else:
            made.allow_values("kill", 0, (0,))
        if kind == "program":
            _allow_programs(made, modes)
        else:
            made.allow_masked("clone", 0, _CLONE_NAMESPACES | _CLONE_THREAD, _CLONE_THREAD)
            made.allow(("mmap",))
        return made.exported()


def _allow_programs(made: _Filter, modes: bool) -> None:
    made.allow(_PROGRAMS.split())
    made.allow_masked("clone", 0, _CLONE_NAMESPACES, 0)
    made.allow_masked("mknod", 1, _FILE_TYPE, _FIFO)
    made.allow_masked("mknodat", 2, _FILE_TYPE, _FIFO)
    for name in _NOT_KNOWN.split():
        made.refuse(name, errno.EOPNOTSUPP)
    # Memory that is shared without a file, or that grows like a stack, counts to no limit of data.
    made.allow_masked("mmap", 3, _MAP_TYPE | _MAP_GROWSDOWN, _MAP_PRIVATE)
    made.allow_masked("mmap", 3, _MAP_ANONYMOUS | _MAP_GROWSDOWN, 0)
    for name in _MODES.split():
        if modes:
            made.allow((name,))
        else:
            made.refuse(name, 0)
    if modes:
        made.allow((_TRUNCATE,))


class _Filter:
    """A filter in the making: what is not allowed is refused with EPERM."""

    def __enter__(self) -> _Filter:
        self._library = library()
        self._context = ctypes.c_void_p(self._library.seccomp_init(_ERRNO | errno.EPERM))
        self._set(_ON_OTHER_ARCHITECTURE, _KILL_PROCESS)
        self._set(_OPTIMISE, 2)
        return self

    def __exit__(self, *_: object) -> None:
        self._library.seccomp_release(self._context)

    def _set(self, attribute: int, value: int) -> None:
        self._library.seccomp_attr_set(self._context, attribute, ctypes.c_uint32(value))

    def allow(self, names: Iterable[str]) -> None:
        for name in names:
            self._rule(_ALLOW, name)

    def refuse(self, name: str, number: int) -> None:
        self._rule(_ERRNO | number, name)

    def allow_values(self, name: str, argument: int, values: Iterable[int]) -> None:
        for value in values:
            self._rule(_ALLOW, name, _Compare(argument, _EQUAL, value, 0))

    def allow_masked(self, name: str, argument: int, mask: int, value: int) -> None:
        self._rule(_ALLOW, name, _Compare(argument, _MASKED_EQUAL, mask, value))

    def _rule(self, action: int, name: str, *compared: _Compare) -> None:
        """A call that this architecture does not have needs no rule."""
        number = self._library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return
        array = (_Compare * len(compared))(*compared)
        self._sure(
            self._library.seccomp_rule_add_array(
                self._context, ctypes.c_uint32(action), number, len(compared), array
            )
        )

    def exported(self) -> bytes:
        descriptor = os.memfd_create("filter")
        try:
            self._sure(self._library.seccomp_export_bpf(self._context, descriptor))
            return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        finally:
            os.close(descriptor)

    def _sure(self, result: int) -> None:
        if result < 0:
            raise SandboxUnavailable(f"libseccomp refused a rule: {os.strerror(-result)}")
