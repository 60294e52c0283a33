"""The pool: whose fault is whose, what is started again, and that nothing is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlaif.checks.sandbox import host as hosts
from rlaif.checks.sandbox import launch
from rlaif.checks.sandbox.inside import fork_server
from rlaif.checks.sandbox.launch import TIERS, Tier
from rlaif.checks.sandbox.pool import Pool
from rlaif.checks.sandbox.processes import family
from rlaif.checks.sandbox.tier import FORCED
from rlaif.errors import SandboxFailed, SandboxUnavailable
from rlaif.records.jobs import Call, CallsJob, Limits, ProgramJob, Step
from tests.checks.sandbox.conftest import opened

SUM = CallsJob("def f():\n    return sum(range(1000))", (Call((Step("f"),)),))
SLOW = CallsJob("import time\ndef f():\n    time.sleep(0.3)\n    return 1", (Call((Step("f"),)),))
ENDLESS = CallsJob(
    "def f():\n    while True:\n        pass", (Call((Step("f"),), Limits(time_s=0.2)),)
)


def fork_servers(pool: Pool) -> list[int]:
    crew = pool._crew
    assert crew is not None
    return [host._process.pid for some in crew._hosts.values() for host in some]


def stop(pid: int) -> None:
    """Hold up a fork server, and whatever it has started that is still on its way out."""
    for one in family(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGSTOP)


@pytest.mark.parametrize("tier", TIERS)
async def test_jobs_of_a_fork_server_that_dies_are_run_on_another(tier: Tier) -> None:
    pool = await opened(tier)
    try:
        jobs = [asyncio.create_task(pool.calls(SLOW)) for _ in range(6)]
        await asyncio.sleep(0.15)
        for pid in fork_servers(pool):
            for one in reversed(family(pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
        assert [(await job)[0].value for job in jobs] == [1] * 6
    finally:
        await pool.aclose()


@pytest.mark.parametrize("tier", TIERS)
async def test_a_fork_server_that_falls_silent_is_replaced(
    tier: Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "SILENT_S", 1.0)
    monkeypatch.setattr("rlaif.checks.sandbox.calling.START_S", 2.0)
    pool = await opened(tier)
    try:
        await pool.calls(SUM)
        for pid in fork_servers(pool):
            stop(pid)
        assert (await pool.calls(SUM))[0].value == 499500
    finally:
        await pool.aclose()


async def test_a_job_that_no_fork_server_can_run_fails_and_is_nobodys_score(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = await opened("landlock")
    try:
        assert pool._crew is not None
        for pid in fork_servers(pool):
            os.kill(pid, signal.SIGKILL)
        monkeypatch.setattr(launch, "_BOOT", "raise SystemExit('broken on purpose')")
        with pytest.raises(SandboxFailed, match=r"3 tries: broken on purpose"):
            await pool.calls(SUM)
    finally:
        await pool.aclose()


async def test_a_package_that_is_not_there_is_our_fault_and_named() -> None:
    pool = await opened("landlock")
    try:
        with pytest.raises(SandboxFailed, match="no_such_package cannot be imported"):
            await pool.calls(CallsJob(SUM.code, SUM.calls, packages=("no_such_package",)))
    finally:
        await pool.aclose()


async def test_a_loop_that_is_held_up_is_not_taken_for_slow_code() -> None:
    pool = await opened("landlock")
    try:
        job = CallsJob(SUM.code, (Call((Step("f"),), Limits(time_s=0.3)),) * 3)
        running = asyncio.create_task(pool.calls(job))
        await asyncio.sleep(0)
        time.sleep(1.0)  # noqa: ASYNC251 - the loop is to be held up
        assert [one.value for one in await running] == [499500] * 3
    finally:
        await pool.aclose()


async def test_no_tier_is_a_refusal_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(launch, "_BOOT", "raise SystemExit('broken on purpose')")
    pool = Pool()
    with pytest.raises(SandboxUnavailable) as refused:
        await pool.start()
    await pool.aclose()
    said = str(refused.value)
    assert said.startswith("the policy's code cannot be shut in on this machine, so it is not run")
    assert "install bubblewrap" in said
    assert "libseccomp2" in said
    assert "--unsafe-no-sandbox" in said


async def test_without_bubblewrap_the_next_tier_is_used_and_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await (await opened("landlock")).aclose()
    monkeypatch.delenv(FORCED, raising=False)
    monkeypatch.setattr("shutil.which", lambda _: None)
    pool = Pool()
    try:
        await pool.start()
        assert pool.tier == "landlock"
        assert "Landlock" in pool.notes[0]
    finally:
        await pool.aclose()


async def test_a_bubblewrap_that_cannot_be_run_is_a_tier_that_does_not_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await (await opened("landlock")).aclose()
    monkeypatch.delenv(FORCED, raising=False)
    broken = tmp_path / "bwrap"
    broken.write_text("no program")
    broken.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda _: str(broken))
    pool = Pool()
    try:
        await pool.start()
        assert pool.tier == "landlock"
    finally:
        await pool.aclose()


async def test_a_job_whose_fork_server_dies_while_it_takes_a_large_input_is_run_again() -> None:
    pool = await opened("landlock")
    try:
        await pool.calls(SUM)
        call = Call((Step("f", ("x" * 6_000_000,)),))
        jobs = CallsJob("def f(x):\n    return len(x)", (call,))
        for pid in fork_servers(pool):
            stop(pid)
        job = asyncio.create_task(pool.calls(jobs))
        await asyncio.sleep(0.3)
        began = time.monotonic()
        for pid in fork_servers(pool):
            os.kill(pid, signal.SIGKILL)
        assert (await job)[0].value == 6_000_000
        assert time.monotonic() - began < 10
    finally:
        await pool.aclose()


async def test_a_tier_that_is_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FORCED, "none")
    pool = Pool()
    with pytest.raises(SandboxUnavailable, match="it can be: namespaces, landlock"):
        await pool.start()
    await pool.aclose()


def test_every_file_of_the_inside_is_sent_there() -> None:
    folder = Path(fork_server.__file__).parent
    assert set(launch._MODULES) == {path.stem for path in folder.glob("*.py")} - {"__init__"}


def test_what_runs_inside_needs_nothing_but_pythons_own_library() -> None:
    folder = Path(fork_server.__file__).parent
    text = "\n".join(path.read_text() for path in folder.glob("*.py"))
    ours = [line for line in text.splitlines() if line.startswith(("from rlaif", "import rlaif"))]
    assert all(line.startswith("from rlaif.checks.sandbox.inside") for line in ours)


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _left() -> tuple[int, int, list[int]]:
    """Mounts, open files and processes of this process."""
    mounts = len(Path("/proc/self/mountinfo").read_text().splitlines())
    return mounts, len(list(Path("/proc/self/fd").iterdir())), family(os.getpid())


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
async def test_ten_thousand_tests_leave_nothing_and_memory_stays_flat(tier: Tier) -> None:
    before = _left()
    pool = await opened(tier)
    crash = CallsJob("import os\ndef f():\n    os._exit(3)", SUM.calls)

    async def some(count: int) -> None:
        for place in range(count):
            job = (SUM, crash, SUM, SUM)[place % 4] if place % 500 else ENDLESS
            (came,) = await pool.calls(job)
            wanted = {id(SUM): "returned", id(crash): "died", id(ENDLESS): "timeout"}[id(job)]
            assert came.how == wanted

    await asyncio.gather(*(some(125) for _ in range(8)))
    first = _memory()
    await asyncio.gather(*(some(1125) for _ in range(8)))
    grown = _memory() - first
    await pool.aclose()
    assert grown < 8 * 2**20
    assert _left() == before


def ours() -> set[int]:
    """The processes below this one."""
    return set(family(os.getpid())) - {os.getpid()}


async def test_first_calls_at_the_same_time_start_one_sandbox() -> None:
    pool = Pool(width=2)
    before = ours()
    try:
        found = await asyncio.gather(*(pool.calls(SUM) for _ in range(8)))
        assert [called.how for (called,) in found] == ["returned"] * 8
        known = {one for pid in fork_servers(pool) for one in family(pid)}
        for _ in range(100):  # processes that have answered are still on their way out
            if (started := ours() - before) <= known and len(started) < 10:
                break
            await asyncio.sleep(0.05)
            known = {one for pid in fork_servers(pool) for one in family(pid)}
        assert started <= known
        assert len(known) < 10
    finally:
        await pool.aclose()


async def test_jobs_under_way_are_told_that_the_sandbox_was_closed() -> None:
    pool = Pool(width=1)
    await pool.start()
    jobs = [asyncio.create_task(pool.calls(SLOW)) for _ in range(3)]
    await asyncio.sleep(0.1)
    await pool.aclose()
    found = await asyncio.wait_for(asyncio.gather(*jobs, return_exceptions=True), 5)
    assert [type(one) for one in found] == [SandboxFailed] * 3
    (called,) = await pool.calls(SUM)  # and it can be started again
    await pool.aclose()
    assert called.how == "returned"


async def test_more_flavours_at_once_than_are_kept_leave_nothing_behind() -> None:
    pool = Pool(width=8)
    before = ours()
    names = ["hypothesis", "pytest", "orjson", "pydantic", "rich", "jinja2"]
    jobs = [CallsJob(SUM.code, SUM.calls, (name,)) for name in names]
    found = await asyncio.gather(*(pool.calls(job) for job in jobs))
    assert [called.how for (called,) in found] == ["returned"] * len(names)
    await pool.aclose()
    assert ours() <= before


async def test_a_job_given_up_while_its_fork_server_starts_leaves_nothing_behind() -> None:
    pool = Pool(width=1)
    await pool.calls(SUM)
    servers = {one for pid in fork_servers(pool) for one in family(pid)[:3]}
    job = asyncio.create_task(pool.calls(CallsJob(SUM.code, SUM.calls, ("hypothesis",))))
    await asyncio.sleep(0.05)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    await pool.calls(SUM)
    for _ in range(100):  # a process that has answered is still on its way out
        if ours() <= servers:
            break
        await asyncio.sleep(0.05)
    assert ours() <= servers
    await pool.aclose()


@pytest.fixture
def below_tmp() -> Iterator[str]:
    """A folder below /tmp itself, which everybody may read."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        Path(folder, "said.txt").write_text("here")
        yield folder


async def test_what_lies_below_the_temporary_folder_can_be_read_beside_the_scratch_folder(
    monkeypatch: pytest.MonkeyPatch, below_tmp: str
) -> None:
    monkeypatch.setenv(launch.READ, below_tmp)
    pool = await opened("namespaces")
    try:
        command = ("sh", "-c", f"cat {below_tmp}/said.txt; echo there > mine; cat mine")
        ran = await pool.run(ProgramJob(command))
    finally:
        await pool.aclose()
    assert (ran.stdout, ran.code) == (b"herethere\n", 0)
