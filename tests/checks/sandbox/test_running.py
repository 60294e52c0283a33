"""Programs in a real sandbox: honest ones work, the others get nowhere and leave nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from rlaif.checks.sandbox.inside.program import descendants
from rlaif.checks.sandbox.pool import Pool
from rlaif.errors import SandboxFailed
from rlaif.records.jobs import Limits, ProgramJob, Ran

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLENTY = Limits(time_s=30)
"""Time enough for an honest program on a busy machine."""


async def run(pool: Pool, *command: str, limits: Limits = PLENTY, **more: Any) -> Ran:
    return await pool.run(ProgramJob(command, limits=limits, **more))


async def python(pool: Pool, text: str, *arguments: str, **more: Any) -> Ran:
    return await run(pool, "python3", "-c", text, *arguments, **more)


def installed(*names: str) -> None:
    for name in names:
        if shutil.which(name, path="/usr/local/bin:/usr/bin:/bin") is None:
            pytest.skip(f"{name} is not installed")


@pytest.fixture(scope="module", autouse=True)
def temporary() -> Iterator[Path]:
    """A folder of its own for temporary files, which everybody can reach."""
    path = Path(tempfile.mkdtemp(dir="/var/tmp"))
    path.chmod(0o755)
    before, tempfile.tempdir = tempfile.tempdir, str(path)
    yield path
    tempfile.tempdir = before
    path.rmdir()


def below_us() -> dict[str, int]:
    """Our processes, by what they run; how many."""
    found: dict[str, int] = {}
    for pid in descendants(os.getpid()):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        if "State:\tZ" not in status:
            name = status.split()[1]
            found[name] = found.get(name, 0) + 1
    return found


def held(folder: Path) -> list[Path]:
    """What is in a folder."""
    return list(folder.iterdir())


PACKAGES = ("pytest",)


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def settled(pool: Pool) -> None:
    """Every fork server that there will be has started."""
    await asyncio.gather(*(run(pool, "sleep", "0.1") for _ in range(2 * pool._width)))
    with contextlib.suppress(SandboxFailed):
        await run(pool, "true", packages=PACKAGES)


@pytest.fixture(autouse=True)
def nothing_is_left(settled: None, temporary: Path) -> Iterator[None]:
    """No process, no mount and no folder stays behind, whatever a test runs."""
    before, mounts = below_us(), Path("/proc/self/mounts").read_text()
    yield
    assert below_us() == before
    assert Path("/proc/self/mounts").read_text() == mounts
    assert list(temporary.iterdir()) == []


# Honest programs


async def test_a_program_reads_its_input_and_says_how_it_ended(pool: Pool) -> None:
    ran = await python(pool, "print(input()[::-1]); raise SystemExit(3)", stdin=b"abc\n")
    assert (ran.how, ran.code, ran.stdout, ran.stderr) == ("exited", 3, b"cba\n", b"")
    assert ran.seconds is not None
    assert ran.seconds > 0
    assert ran.memory is not None
    assert ran.memory > 2**20


async def test_a_program_killed_by_a_signal_says_which(pool: Pool) -> None:
    ran = await python(pool, "import ctypes; ctypes.string_at(0)")
    assert (ran.how, ran.code) == ("killed", signal.SIGSEGV)
    assert "SIGSEGV" in ran.message


async def test_files_go_in_and_come_back(pool: Pool) -> None:
    text = (
        "import pathlib; found = pathlib.Path('data/in.txt').read_text();"
        "pathlib.Path('data/out.txt').write_text(found.upper()); pathlib.Path('other').touch()"
    )
    ran = await python(
        pool, text, files={"data/in.txt": b"abc"}, wanted=("data/out.txt", "never.txt")
    )
    assert ran.files == {"data/out.txt": b"ABC"}
    all_of_it = await python(pool, text, files={"data/in.txt": b"abc"}, wanted=("*",))
    assert all_of_it.files == {"data/in.txt": b"abc", "data/out.txt": b"ABC", "other": b""}


async def test_each_run_begins_in_an_empty_folder(pool: Pool) -> None:
    await run(pool, "sh", "-c", "echo x > left; mkdir -p .hidden/deep")
    ran = await run(pool, "sh", "-c", "ls -A")
    assert (ran.stdout, ran.stderr) == (b"", b"")


async def test_what_is_compiled_in_one_run_runs_in_the_next(pool: Pool) -> None:
    installed("gcc")
    source = b'#include <stdio.h>\nint main(){int n; scanf("%d", &n); printf("%d\\n", 2 * n);}'
    command = ("gcc", "-o", "twice", "twice.c")
    built = await run(pool, *command, files={"twice.c": source}, wanted=("*",))
    assert (built.code, built.stderr, built.executable) == (0, b"", ("twice",))
    ran = await run(
        pool,
        "./twice",
        files={"twice": built.files["twice"]},
        executable=built.executable,
        stdin=b"21",
    )
    assert ran.stdout == b"42\n"


async def test_javascript_runs_and_starts_programs(pool: Pool) -> None:
    installed("node")
    text = """
        const said = require('child_process').execSync('echo hi')
        console.log([1, 2].map(x => x * 2), String(said))
    """
    ran = await run(pool, "node", "-e", text)
    assert (ran.code, ran.stdout) == (0, b"[ 2, 4 ] hi\n\n")


async def test_a_shell_has_pipes_subshells_links_and_rights(pool: Pool) -> None:
    text = """
        (echo b; echo a) | sort | tr a-z A-Z; test -z "$(cat)" && echo empty
        echo one > a; cp -p a b; mv b c; ln -s a link; ln a hard; mkfifo fifo
        (cat fifo &) ; echo through > fifo
        tar cf all.tar a c && rm a && tar xf all.tar && cat link
        printf '#!/bin/sh\\necho script' > own; chmod +x own; test -x own; yes | head -1
    """
    ran = await run(pool, "sh", "-c", text)
    assert ran.stderr == b""
    assert sorted(ran.stdout.split()) == [b"A", b"B", b"empty", b"one", b"through", b"y"]


async def test_python_starts_threads_and_programs(pool: Pool) -> None:
    text = """
import subprocess, tempfile, threading
print(subprocess.run("echo a b | wc -w", shell=True, capture_output=True).stdout)
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
with tempfile.TemporaryFile() as file:
    print(file.write(b"abc"))
"""
    ran = await python(pool, text)
    assert (ran.stdout, ran.stderr) == (b"b'2\\n'\nthread\n3\n", b"")


async def test_python_hashes_the_same_in_every_run(pool: Pool) -> None:
    text = "import os; print(hash('a'), os.umask(0), os.environ['LC_ALL'], os.environ['TZ'])"
    first, second = await asyncio.gather(python(pool, text), python(pool, text))
    assert first.stdout == second.stdout
    assert first.stdout.split()[1:] == [b"63", b"C.UTF-8", b"UTC"]


async def test_a_closed_pipe_ends_who_writes_into_it(pool: Pool) -> None:
    ran = await run(pool, "sh", "-c", "yes | head -1")
    assert (ran.how, ran.stdout, ran.stderr) == ("exited", b"y\n", b"")


async def test_packages_can_be_imported_where_the_job_has_some(pool: Pool) -> None:
    text = "import importlib.util as u; print(u.find_spec('pytest') is not None)"
    try:
        ran = await python(pool, text, packages=PACKAGES)
    except SandboxFailed as error:
        pytest.skip(str(error))
    assert ran.stdout == b"True\n"


async def test_a_command_that_is_not_there_says_where_commands_come_from(pool: Pool) -> None:
    ran = await run(pool, "no-such-program")
    assert ran.how == "not_found"
    assert "/usr" in ran.message
    assert "RLAIF_SANDBOX_READ" in ran.message
    own = await run(pool, "./no-such-file")
    assert (own.how, own.message) == (
        "not_found",
        "'./no-such-file' cannot be run: No such file or directory",
    )


async def test_a_file_that_may_not_be_run_is_not_run(pool: Pool) -> None:
    ran = await run(pool, "./own", files={"own": b"#!/bin/sh\necho no"})
    assert (ran.how, ran.stdout) == ("not_found", b"")
    assert "Permission denied" in ran.message


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x", "a//b", "./a", ""])
async def test_a_path_out_of_the_folder_is_refused(pool: Pool, path: str) -> None:
    with pytest.raises(ValueError, match="no plain path"):
        await run(pool, "true", files={path: b""})


# Limits


async def test_a_program_that_computes_for_too_long_is_ended(pool: Pool) -> None:
    text = "print('so far', flush=True)\nwhile True: pass"
    ran = await python(pool, text, limits=Limits(time_s=1))
    assert (ran.how, ran.stdout) == ("timeout", b"so far\n")


async def test_a_program_that_only_waits_is_asked_again_and_ended(pool: Pool) -> None:
    ran = await run(pool, "sleep", "60", limits=Limits(time_s=0.2))
    assert ran.how == "timeout"
    assert ran.message == ("it had not ended after 0.2 s, nor, run once more, after twice as long")


SMALL = Limits(time_s=30, scratch=2**20)


async def test_output_is_bounded(pool: Pool) -> None:
    ran = await run(pool, "yes", limits=SMALL)
    assert (ran.how, ran.code, len(ran.stdout)) == ("killed", signal.SIGXFSZ, 2**20)
    assert "more than 1 MB" in ran.message
    errors = await run(pool, "sh", "-c", "yes 1>&2", limits=SMALL)
    assert len(errors.stderr) <= 2**20


async def test_the_scratch_folder_is_bounded(pool: Pool) -> None:
    text = """
import time
for number in range(40):
    with open(str(number), "wb") as file:
        file.write(bytes(2**18))
    time.sleep(0.02)
"""
    ran = await python(pool, text, limits=SMALL, wanted=("*",))
    assert (ran.how, ran.code) in (("exited", 1), ("killed", signal.SIGKILL))
    assert sum(map(len, ran.files.values())) <= 2**20


async def test_files_that_nobody_sees_count_as_well(pool: Pool) -> None:
    text = """
import os, time
held = []
for number in range(40):
    held.append(os.open(str(number), os.O_RDWR | os.O_CREAT))
    os.unlink(str(number))
    os.write(held[-1], bytes(2**18))
    time.sleep(0.02)
print("got through")
"""
    ran = await python(pool, text, limits=SMALL)
    assert ran.stdout == b""


async def test_the_number_of_files_is_bounded(pool: Pool) -> None:
    text = "import time\nfor i in range(9000): open(str(i), 'w').close()\ntime.sleep(20)"
    ran = await python(pool, text, wanted=("*",))
    assert (ran.how, ran.code) in (("exited", 1), ("killed", signal.SIGKILL))
    assert len(ran.files) == 1024


async def test_input_that_does_not_fit_is_no_fault_of_ours(pool: Pool) -> None:
    ran = await run(pool, "true", files={"large": bytes(2**21)}, limits=SMALL)
    assert ran.how == "killed"
    assert "scratch folder" in ran.message


@pytest.mark.parametrize(
    "paths",
    [("data", "data/in"), ("a/b", "a/b/c/d"), ("/".join("d" * 20 for _ in range(200)),)],
)
async def test_files_that_cannot_lie_there_together_are_no_fault_of_ours(
    pool: Pool, paths: tuple[str, ...]
) -> None:
    """What a first run has left can be such that the files of a case no longer fit."""
    ran = await run(pool, "true", files=dict.fromkeys(paths, b"x"))
    assert (ran.how, ran.stdout) == ("killed", b"")
    assert "is a file and a folder" in ran.message or "the path of one" in ran.message


async def test_folders_count_among_what_there_is_to_begin_with(pool: Pool) -> None:
    files = {f"{n}/a/b/c/d/file": b"" for n in range(1000)}
    assert "files and folders" in (await run(pool, "true", files=files)).message


async def test_memory_of_one_process_is_bounded(pool: Pool) -> None:
    ran = await python(pool, "b = bytearray(2**28)", limits=Limits(time_s=30, memory=2**27))
    assert ran.code == 1
    assert b"MemoryError" in ran.stderr


async def test_memory_of_many_processes_is_bounded(pool: Pool) -> None:
    text = """
import os, time
for _ in range(8):
    if not os.fork():
        held = b"x" * (2**26)
        time.sleep(60)
time.sleep(60)
"""
    ran = await python(pool, text, limits=Limits(time_s=30, memory=2**27))
    assert (ran.how, ran.code) == ("killed", signal.SIGKILL)
    assert ran.message == "its processes held more than 192 MB together"


async def test_memory_shared_after_a_fork_counts_once(pool: Pool) -> None:
    text = """
import os, time
held = b"x" * (2**26)
for _ in range(6):
    if not os.fork():
        time.sleep(0.5)
        os._exit(0)
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
print("fine")
"""
    ran = await python(pool, text, limits=Limits(time_s=30, memory=2**27))
    assert ran.stdout == b"fine\n"


FORK_BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""


async def test_a_fork_bomb_ends_with_its_time_or_before(pool: Pool) -> None:
    ran = await python(pool, FORK_BOMB, limits=Limits(time_s=0.7))
    assert ran.how in ("killed", "timeout")


async def test_threads_are_bounded(pool: Pool) -> None:
    text = """
import os, threading, time
try:
    for number in range(200):
        threading.Thread(target=time.sleep, args=(60,)).start()
except RuntimeError:
    pass
else:
    print("all of them")
time.sleep(0.2)
os._exit(0)
"""
    ran = await python(pool, text)
    assert ran.stdout == b""


async def test_a_daemon_ends_with_its_program(pool: Pool) -> None:
    text = """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        open("alive", "w").close()
        time.sleep(600)
    os._exit(0)
while not os.path.exists("alive"):
    time.sleep(0.01)
print("bye")
"""
    ran = await python(pool, text)
    assert (ran.how, ran.stdout) == ("exited", b"bye\n")


# Escapes

ESCAPES = """
import ctypes, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)

def sure(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")

def connect(family, address):
    socket.socket(family).connect(address)

attempts = {
    "shadow": lambda: open("/etc/shadow").read(),
    "passwd": lambda: open("/etc/passwd").read(),
    "root": lambda: os.listdir("/root"),
    "home": lambda: os.listdir("/home"),
    "checkout": lambda: open(sys.argv[1]).read(),
    "outside": lambda: open("/var/tmp/rlaif-was-here", "w"),
    "usr": lambda: open("/usr/rlaif-was-here", "w"),
    "shm": lambda: open("/dev/shm/rlaif-was-here", "w"),
    "above": lambda: open("../rlaif-was-here", "w"),
    "rename": lambda: os.rename("mine", "/var/tmp/rlaif-was-here"),
    "hard link": lambda: os.link(sys.argv[1], "theirs"),
    "processes": lambda: open("/proc/1/environ").read(),
    "own process": lambda: open("/proc/self/mem", "r+b"),
    "supervisor": lambda: open(f"/proc/{os.getppid()}/mem", "r+b"),
    "kill supervisor": lambda: os.kill(os.getppid(), 9),
    "kill init": lambda: os.kill(1, 9),
    "limit supervisor": lambda: sure(libc.prlimit(os.getppid(), 4, None, None)),
    "tcp": lambda: connect(socket.AF_INET, ("127.0.0.1", 80)),
    "unix": lambda: connect(socket.AF_UNIX, "/run/systemd/journal/stdout"),
    "ptrace": lambda: sure(libc.ptrace(16, os.getppid(), 0, 0)),
    "mount": lambda: sure(libc.mount(b"tmpfs", b".", b"tmpfs", 0, None)),
    "unmount": lambda: sure(libc.umount2(b"/tmp", 2)),
    "unshare": lambda: sure(libc.unshare(0x10000000)),
    "root user": lambda: os.setuid(0),
    "device": lambda: os.mknod("device", 0o20600, os.makedev(1, 1)),
    "chroot": lambda: os.chroot("."),
    "signal by file": lambda: sure(libc.fcntl(0, 8, os.getppid())),
}
for pid in map(int, sys.argv[2:]):
    attempts[f"kill {pid}"] = lambda pid=pid: os.kill(pid, 9)
open("mine", "w").close()
for name, attempt in attempts.items():
    try:
        attempt()
    except OSError:
        continue
    print(name)
print("tried", len(attempts))
"""


async def test_no_escape_succeeds(pool: Pool) -> None:
    ours = [os.getpid(), *descendants(os.getpid())]
    ran = await python(pool, ESCAPES, __file__, *map(str, ours))
    assert ran.stderr == b""
    assert ran.stdout.decode().splitlines() == [f"tried {27 + len(ours)}"]


async def test_a_program_that_changes_its_user_gains_nothing(pool: Pool) -> None:
    text = "su -c id < /dev/null; mount --bind /usr /usr; passwd -d root; cat /etc/shadow; id -u"
    ran = await run(pool, "sh", "-c", text)
    assert ran.stdout.strip().isdigit()
    assert int(ran.stdout) != 0


async def test_killing_all_that_can_be_reached_ends_nobody_else(pool: Pool) -> None:
    ran = await python(pool, "import os\nos.kill(-1, 9)")
    assert ran.how in ("exited", "killed")
    assert (await run(pool, "echo", "still here")).stdout == b"still here\n"


async def test_what_comes_back_is_never_a_link_or_a_device(pool: Pool) -> None:
    text = """
        ln -s /etc/passwd link; ln -s /etc folder; ln -s own inner; echo x > own
        mkfifo fifo; mkdir real; ln -s /etc/hostname real/link
    """
    wanted = ("link", "folder/passwd", "inner", "own", "fifo", "real", "real/link", ".")
    ran = await run(pool, "sh", "-c", text, wanted=wanted)
    assert ran.files == {"own": b"x\n"}
    all_of_it = await run(pool, "sh", "-c", text, wanted=("*",))
    assert all_of_it.files == {"own": b"x\n"}


async def test_a_folder_without_rights_is_removed_as_well(pool: Pool) -> None:
    text = """
import os
os.makedirs("a/b/c")
open("a/b/c/file", "w").close()
os.symlink("/usr", "a/b/link")
for path in ("a/b/c/file", "a/b/c", "a/b", "a", "."):
    os.chmod(path, 0)
"""
    ran = await python(pool, text, wanted=("*",))
    assert (ran.code, ran.files) == (0, {})


async def test_a_very_deep_folder_is_removed_as_well(pool: Pool) -> None:
    text = "import os\nfor _ in range(2000): os.mkdir('d'); os.chdir('d')\nprint('deep')"
    ran = await python(pool, text, wanted=("*",))
    assert ran.stdout == b"deep\n"


# Neighbours


async def test_honest_neighbours_pass_beside_hostile_ones(pool: Pool) -> None:
    hostile = [
        python(pool, FORK_BOMB, limits=Limits(time_s=0.7)),
        python(pool, "held = []\nwhile True: held.append(b'x' * 2**20)"),
        run(pool, "yes", limits=SMALL),
        python(pool, "import os\nos.kill(-1, 9)"),
    ]
    honest = [
        python(pool, "import subprocess as s; print(s.run(['echo', 'hi']).returncode)")
        for _ in hostile
    ]
    mixed = [one for pair in zip(honest, hostile, strict=True) for one in pair]
    found = (await asyncio.gather(*mixed))[::2]
    assert [ran.stdout for ran in found] == [b"hi\n0\n"] * len(honest)


async def test_a_cancelled_run_leaves_nothing(pool: Pool, temporary: Path) -> None:
    task = asyncio.create_task(run(pool, "sh", "-c", "sleep 600 & sleep 600"))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # It is cleared away in the sandbox's own thread, which the caller does not wait for.
    for _ in range(100):
        if "sleep" not in below_us() and not held(temporary):
            break
        await asyncio.sleep(0.05)
