"""Code that tries to get out, to do harm, or to stay: none succeeds, in any tier.

Each attack returns "escaped" when it has reached what it should not; whatever else becomes of it is
its own matter. Its neighbours are not disturbed, and nothing of it is left.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlaif.checks.sandbox.pool import Pool
from rlaif.checks.sandbox.processes import family
from rlaif.records.jobs import Call, CallsJob, Limits, Step

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMITS = Limits(time_s=1.5, memory=256 * 2**20)
SHORT = Limits(time_s=0.7, memory=256 * 2**20)
"""For what goes on until it is ended."""
HONEST = CallsJob("def f():\n    return sum(range(1000))", (Call((Step("f"),), LIMITS),))

ESCAPES = {
    "read the password hashes": "return reached(lambda: open('/etc/shadow').read())",
    "read the users": "return reached(lambda: open('/etc/passwd').read())",
    "read a home folder": "return reached(lambda: os.listdir('/root') or os.listdir('/home'))",
    "read rlaif's own checkout": "return reached(lambda: open(SECRET).read())",
    "read the environment of rlaif": "return reached(lambda: open('/proc/PARENT/environ').read())",
    "read its own memory map": "return reached(lambda: open('/proc/self/maps').read())",
    "list processes": "return reached(lambda: [p for p in os.listdir('/proc') if p.isdigit()][0])",
    "write to the temporary folder": "return reached(lambda: open('/tmp/escaped', 'w').write('x'))",
    "write to shared memory": "return reached(lambda: open('/dev/shm/escaped', 'w').write('x'))",
    "write beside python": "return reached(lambda: open(os.__file__ + 'x', 'w').write('x'))",
    "write to a device": "return reached(lambda: open('/dev/vda', 'rb').read(1))",
    "delete": "return reached(lambda: os.unlink(SECRET) or 'x')",
    "make a folder": "return reached(lambda: os.mkdir('/usr/escaped') or 'x')",
    "change a mode": "return reached(lambda: os.chmod('/usr/bin/env', 0o777) or 'x')",
    "open a connection": """
import socket
def go():
    s = socket.socket()
    s.connect(('127.0.0.1', PORT))
    return 'x'
return reached(go)
""",
    "listen": """
import socket
def go():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    s.listen()
    return 'x'
return reached(go)
""",
    "an abstract socket": """
import socket
def go():
    s = socket.socket(socket.AF_UNIX)
    s.bind('\\0escaped')
    return 'x'
return reached(go)
""",
    "a raw socket by number": """
import ctypes
return 'escaped' if ctypes.CDLL(None).syscall(41, 2, 1, 0) >= 0 else 'no'
""",
    "fork": "return reached(lambda: os.fork() or 'child')",
    "run a program": "return reached(lambda: os.execv('/usr/bin/env', ['env']))",
    "a subprocess": """
import subprocess
return reached(lambda: subprocess.run(['/usr/bin/id'], capture_output=True).stdout)
""",
    "kill rlaif": "return reached(lambda: os.kill(PARENT, 9) or 'x')",
    "kill all": "return reached(lambda: os.kill(-1, 9) or 'x')",
    "kill its parent": """
parent = os.getppid()
return reached(lambda: os.kill(parent, 9) or 'x') if parent > 0 else 'no'
""",
    "signals by way of a file": """
import fcntl
def go():
    r, w = os.pipe()
    fcntl.fcntl(r, fcntl.F_SETOWN, PARENT)
    fcntl.fcntl(r, 10, 9)
    return 'x'
return reached(go)
""",
    "limits of another process": """
import resource as r
return reached(lambda: r.prlimit(PARENT, r.RLIMIT_NOFILE, (1, 1)) or 'x')
""",
    "processors of another": "return reached(lambda: os.sched_setaffinity(PARENT, {0}) or 'x')",
    "priority of another process": "return reached(lambda: os.setpriority(0, PARENT, 19) or 'x')",
    "new namespaces": """
import ctypes
return 'escaped' if ctypes.CDLL(None).unshare(0x10000000) == 0 else 'no'
""",
    "the namespaces of rlaif": """
import ctypes
def go():
    fd = os.pidfd_open(PARENT)
    return 'x' if ctypes.CDLL(None).setns(fd, 0x20000000) == 0 else ''
return reached(go)
""",
    "mount": """
import ctypes
return 'escaped' if ctypes.CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, b'') == 0 else 'no'
""",
    "chroot": "return reached(lambda: os.chroot('/usr') or 'x')",
    "trace another process": """
import ctypes
return 'escaped' if ctypes.CDLL(None).ptrace(16, PARENT, 0, 0) == 0 else 'no'
""",
    "write another process's memory": """
import ctypes
return 'escaped' if ctypes.CDLL(None).syscall(311, PARENT, 0, 0, 0, 0, 0) == 0 else 'no'
""",
    "take another process's files": """
import ctypes
libc = ctypes.CDLL(None)
fd = libc.syscall(434, PARENT, 0)
return 'escaped' if fd >= 0 and libc.syscall(438, fd, 0, 0) >= 0 else 'no'
""",
    "become root": "return reached(lambda: os.setuid(0) or ('x' if PARENT == 1 else ''))",
    "bpf, keys, io_uring, userfaultfd, perf": """
import ctypes
libc = ctypes.CDLL(None)
zeros = b'\\0' * 120
attempts = [(321, 0, 0, 0), (248, b'user', b'a', b'b'), (425, 8, zeros), (323, 0)]
attempts.append((298, zeros, 0, -1))
return 'escaped' if any(libc.syscall(*a) >= 0 for a in attempts) else 'no'
""",
    "memory without a name": """
return reached(lambda: os.memfd_create('x') and 'x')
""",
    "a terminal's input": """
import fcntl
def go():
    for number in range(64):
        try: fcntl.ioctl(number, 0x5412, b'x'); return 'x'
        except OSError: pass
return reached(go)
""",
    "descriptors left open": """
import stat
found = []
for number in range(3, 1024):
    try: kind = os.fstat(number).st_mode
    except OSError: continue
    if not stat.S_ISSOCK(kind): found.append(number)
for number in found:
    try: os.listdir(number); return 'escaped'
    except OSError: pass
    try:
        if os.pread(number, 1, 0): return 'escaped'
    except OSError: pass
return 'no'
""",
    "the 32-bit way to call the kernel": """
import ctypes, mmap
code = b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3'
page = mmap.mmap(-1, 4096, prot=7)
page.write(code)
call = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
return 'escaped' if call() > 0 else 'no'
""",
}

FLOODS = {
    "endless loop": "while True: pass",
    "memory": "data = []\nwhile True: data.append(bytearray(2**24))",
    "memory that is shared": """
import mmap
maps = []
while True:
    one = mmap.mmap(-1, 2**24)
    one.write(b'x' * 2**24)
    maps.append(one)
""",
    "threads": """
import threading, time
threading.stack_size(32768)
while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
""",
    "open files": "kept = []\nwhile True: kept.append(open('/dev/null'))",
    "sockets": "import socket\nkept = []\nwhile True: kept.append(socket.socketpair())",
    "output": "while True: print('x' * 10000)",
    "standard error": "while True: os.write(2, b'x' * 10000)",
    "every descriptor": """
while True:
    for number in range(64):
        try: os.write(number, b'x' * 100000)
        except OSError: pass
""",
    "deep recursion": "import sys\nsys.setrecursionlimit(10**9)\ng = lambda: g()\ng()",
    "a deep value": "x = []\nfor _ in range(10**6): x = [x]\nreturn x",
    "a value that holds itself": "x = []\nx.append(x)\nreturn x",
    "a huge number": "return 10 ** 10**7",
    "a huge text": "return 'x' * 10**8",
    "an endless iterator": "import itertools\nreturn itertools.count()",
    "a slow regular expression": "import re\nreturn re.match('(a+)+$', 'a' * 40 + 'b')",
    "signals ignored": """
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True: pass
""",
    "alarms": """
import signal
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
while True: pass
""",
    "an exception that cannot be written": """
class Odd(Exception):
    def __str__(self): raise Odd
    __repr__ = __str__
raise Odd
""",
    "a value that fights back": """
class Odd(dict):
    def items(self): raise SystemExit
    def __iter__(self):
        while True: yield 1
    def __len__(self): return 10**18
return Odd()
""",
    "exit handlers": "import atexit, time\natexit.register(time.sleep, 60)\nreturn 1",
    "threads that stay": """
import threading, time
for _ in range(8): threading.Thread(target=time.sleep, args=(60,)).start()
return 1
""",
    "garbage that stays": """
class Odd:
    def __del__(self):
        while True: pass
x = Odd(); x.x = x; del x
return 1
""",
    "stop": "os.kill(os.getpid(), 19)\nreturn 1",
    "abort": "os.abort()",
}

SECRET, ESCAPED = Path(__file__), Path("/tmp/escaped")  # noqa: S108 - where an attack writes
PREAMBLE = """
import os
PARENT, PORT, SECRET = {parent}, {port}, {secret!r}
def reached(attempt):
    try:
        return 'escaped' if attempt() else 'no'
    except (OSError, ValueError, AttributeError, PermissionError):
        return 'no'
def f():
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server of this machine that takes whoever reaches it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def attack(body: str, port: int, limits: Limits = LIMITS) -> CallsJob:
    indented = "\n".join(f"    {line}" for line in body.strip().splitlines())
    start = PREAMBLE.format(parent=os.getpid(), port=port, secret=str(SECRET))
    return CallsJob(start + indented, (Call((Step("f"),), limits),))


def processes() -> set[int]:
    """Those below this one: fork servers, and whatever they have started or taken in."""
    return set(family(os.getpid())) - {os.getpid()}


@pytest.mark.parametrize("name", ESCAPES)
async def test_nothing_is_reached(pool: Pool, port: int, name: str) -> None:
    (came,), (neighbour,) = await asyncio.gather(
        pool.calls(attack(ESCAPES[name], port)), pool.calls(HONEST)
    )
    assert came.value != "escaped"
    assert came.how in ("returned", "raised", "died"), came
    assert neighbour.value == 499500
    assert os.path.exists(SECRET)  # noqa: PTH110, ASYNC240 - a look, not a wait
    assert not os.path.exists(ESCAPED)  # noqa: PTH110, ASYNC240 - a look, not a wait


@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_is_bounded_and_nothing_is_left(pool: Pool, port: int, name: str) -> None:
    await asyncio.gather(*(pool.calls(HONEST) for _ in range(8)))  # every fork server is there
    before = processes()
    (came,), *neighbours = await asyncio.gather(
        pool.calls(attack(FLOODS[name], port, SHORT)), *(pool.calls(HONEST) for _ in range(4))
    )
    assert [one.value for (one,) in neighbours] == [499500] * 4
    assert came.how != "not_run"
    for _ in range(100):
        if not processes() - before:
            break
        await asyncio.sleep(0.05)
    assert processes() - before == set()


async def test_the_attacks_would_reach_something_without_a_sandbox(port: int) -> None:
    """Else they would show nothing."""
    pool = Pool(unsafe=True)
    names = ["read the users", "list processes", "open a connection", "fork", "a subprocess"]
    try:
        found = [(await pool.calls(attack(ESCAPES[name], port)))[0].value for name in names]
    finally:
        await pool.aclose()
    assert found == ["escaped"] * len(names)


async def test_signals_of_this_process_are_as_before(pool: Pool, port: int) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGCHLD)}
    await pool.calls(attack(FLOODS["signals ignored"], port))
    assert before == {number: signal.getsignal(number) for number in before}
    assert threading.active_count() < 20
    assert time.time() > 0
