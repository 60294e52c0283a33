"""A real sandbox for each tier that works on this machine."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
import pytest_asyncio

from rlaif.checks.sandbox.launch import TIERS, Tier
from rlaif.checks.sandbox.pool import Pool
from rlaif.checks.sandbox.tier import FORCED


@contextmanager
def only(tier: str) -> Iterator[None]:
    """Whatever starts a sandbox tries that tier alone."""
    before = os.environ.get(FORCED)
    os.environ[FORCED] = tier
    try:
        yield
    finally:
        if before is None:
            del os.environ[FORCED]
        else:
            os.environ[FORCED] = before


def machine_lacks(tier: Tier) -> str:
    """Why the tier cannot work here, found out without our own code; empty where it must."""
    if tier == "landlock":
        version = ctypes.CDLL(None).syscall(444, None, 0, 1)
        return "" if version > 0 else "the kernel has no Landlock"
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    user = {"user": "nobody"} if os.geteuid() == 0 else {}
    command = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
    run = subprocess.run(command, capture_output=True, cwd="/", check=False, **user)  # type: ignore[call-overload]  # options as a mapping
    return run.stderr.decode().strip() if run.returncode else ""


async def opened(tier: Tier) -> Pool:
    """A sandbox of that tier; the test is skipped, with the reason, where the machine lacks it."""
    if why := machine_lacks(tier):
        pytest.skip(f"{tier}: {why}")
    made = Pool()
    with only(tier):
        await made.start()
    return made


@pytest_asyncio.fixture(params=TIERS, scope="module", loop_scope="module")
async def pool(request: pytest.FixtureRequest) -> AsyncIterator[Pool]:
    """One sandbox for the tests of a file, once for each tier."""
    made = await opened(request.param)
    yield made
    await made.aclose()
