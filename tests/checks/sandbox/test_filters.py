"""What the filters allow and refuse, told by the kernel in a process of its own."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from rlaif.checks.sandbox.filters import filter_of

_PROLOGUE = """
import ctypes, mmap, os, socket, sys
from rlaif.checks.sandbox.inside import confine
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    ctypes.set_errno(0)
    return getattr(libc, name)(*arguments), ctypes.get_errno()
given = bytes.fromhex(sys.stdin.read())
confine.no_new_privileges()
confine.seccomp(given)
"""


def told(script: str, kind: str = "program", *, signals: bool = True, modes: bool = True) -> str:
    """What the script prints once it has that filter."""
    program = filter_of(kind, signals=signals, modes=modes)
    run = subprocess.run(
        [sys.executable, "-c", _PROLOGUE + script],
        input=program.hex(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert not run.stderr, run.stderr
    return run.stdout.strip()


@pytest.mark.parametrize(
    "call",
    [
        'call("ptrace", 0, 0, 0, 0)',
        'call("unshare", 0x10000000)',
        'call("mount", 0, 0, 0, 0, 0)',
        'call("setns", 0, 0)',
        'call("chroot", b"/")',
        'call("memfd_create", b"x", 0)',
        'call("process_vm_readv", 0, 0, 0, 0, 0, 0)',
        'call("socket", 2, 1, 0)',
        'call("socket", 1, 1, 0)',
        'call("personality", 0)',
        'call("prctl", 4, 1, 0, 0, 0)',
        'call("fcntl", 0, 8, os.getpid())',
        'call("fcntl", 0, 10, 9)',
    ],
)
def test_calls_with_power_over_others_are_refused(call: str) -> None:
    assert told(f"print({call})") == "(-1, 1)"


def test_new_namespaces_are_refused_to_clone_as_well() -> None:
    script = "print(call('syscall', 56, 0x10000000 | 17, 0, 0, 0, 0))"
    if platform.machine() != "x86_64":
        pytest.skip("the number of clone is that of x86-64")
    assert told(script) == "(-1, 1)"


def test_what_hides_its_flags_from_a_filter_is_said_to_be_unknown() -> None:
    assert told("print(call('syscall', 435, 0, 0))") == "(-1, 38)"


def test_memory_that_no_limit_counts_is_refused() -> None:
    script = """
def mapped(flags):
    libc.mmap.restype = ctypes.c_void_p
    found = libc.mmap(None, ctypes.c_size_t(4096), 3, flags, -1, 0)
    return found != ctypes.c_void_p(-1).value
print(mapped(0x22), mapped(0x21), mapped(0x122), mapped(0x121))
"""
    assert told(script) == "True False False False"


def test_a_pair_of_sockets_cannot_write_to_a_path() -> None:
    script = """
left, right = socket.socketpair()
left.send(b"x")
print(right.recv(1))
try:
    socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
except PermissionError:
    print("refused")
"""
    assert told(script) == "b'x'\nrefused"


def test_nothing_is_sent_or_taken_out_of_band() -> None:
    script = """
left, right = socket.socketpair()
for flags in (socket.MSG_OOB, socket.MSG_OOB | socket.MSG_DONTWAIT, socket.MSG_DONTWAIT):
    for does in (
        lambda: left.send(b"x", flags),
        lambda: left.sendmsg([b"x"], [], flags),
        lambda: right.recv(1, flags),
        lambda: right.recvmsg(1, 0, flags),
    ):
        try:
            does()
            print("done", end=" ")
        except PermissionError:
            print("refused", end=" ")
"""
    assert told(script, "calls").split() == ["refused"] * 8 + ["done"] * 4


def test_limits_and_processors_can_be_set_for_oneself_only() -> None:
    script = """
import resource
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
print(call("prlimit", os.getppid(), 4, None, None)[1], call("sched_setaffinity", 1, 8, bytes(8))[1])
"""
    assert told(script) == "1 1"


def test_without_a_shield_signals_reach_the_own_group_alone() -> None:
    script = "print(call('kill', os.getpid(), 0), call('kill', 0, 0), call('kill', -1, 0))"
    assert told(script, signals=False) == "(-1, 1) (0, 0) (-1, 1)"
    assert told("print(call('kill', os.getpid(), 0))") == "(0, 0)"


def test_whoever_owns_more_than_the_folder_changes_no_rights_or_times(tmp_path: object) -> None:
    script = f"""
path = {str(tmp_path)!r} + "/file"
open(path, "w").close()
before = os.stat(path)
os.chmod(path, 0o777)
os.utime(path, (1, 1))
after = os.stat(path)
print(before.st_mode == after.st_mode, before.st_mtime == after.st_mtime)
"""
    assert told(script, modes=False) == "True True"
    assert told(script) == "False False"


def test_functions_start_no_process_and_programs_do() -> None:
    script = """
try:
    print(os.waitpid(os.fork() or os._exit(3), 0)[1] >> 8)
except PermissionError:
    print("refused")
"""
    assert told(script) == "3"
    assert told(script, "calls") == "refused"


def test_fifos_can_be_made_and_devices_not() -> None:
    script = """
import tempfile, stat
with tempfile.TemporaryDirectory() as folder:
    os.mkfifo(folder + "/fifo")
    try:
        os.mknod(folder + "/null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except PermissionError:
        print("refused")
"""
    assert told(script) == "refused"
