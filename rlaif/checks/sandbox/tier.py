"""The ladder of tiers: the best one that works here, and why the others do not."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from rlaif.checks.sandbox.calling import call_all
from rlaif.checks.sandbox.host import Host, HostLost
from rlaif.checks.sandbox.launch import TIERS, Flavour, Tier
from rlaif.errors import SandboxUnavailable
from rlaif.records.jobs import Call, CallsJob, Step

FORCED = "RLAIF_SANDBOX"
"""Environment variable: the only tier to be tried, `namespaces` or `landlock`."""

LEAST_LANDLOCK = 3
"""Before this version a file that may be read can be emptied by opening it."""

_TRIAL = CallsJob("def one():\n    return 1", (Call((Step("one"),)),))
_MEND = {
    "namespaces": "install bubblewrap, and let users make namespaces (user.max_user_namespaces; on "
    "Ubuntu kernel.apparmor_restrict_unprivileged_userns=0 or a profile for bwrap)",
    "landlock": "a kernel from 6.2 on with Landlock among its security modules, and libseccomp2",
}


@dataclass(frozen=True, slots=True)
class Rung:
    """One tier, tried out."""

    tier: Tier
    works: bool
    told: str
    """How it works, or why it does not."""
    mend: str = ""


async def tried(tier: Tier) -> tuple[Rung, Host | None]:
    """Start a fork server in that tier and run something in it."""
    host = Host(Flavour(tier))
    try:
        await host.open()
    except SandboxUnavailable as error:
        return Rung(tier, False, str(error).partition("\n")[0], _MEND.get(tier, "")), None
    if tier == "landlock" and host.landlock < LEAST_LANDLOCK:
        await host.aclose()
        told = f"Landlock {host.landlock} is too old" if host.landlock else "there is no Landlock"
        return Rung(tier, False, f"the kernel: {told}", _MEND[tier]), None
    try:
        (called,) = await call_all(host, _TRIAL)
        works, told = called.value == 1, called.message
    except HostLost as error:
        works, told = False, str(error)
    if works:
        return Rung(tier, True, _how(host)), host
    await host.aclose()
    return Rung(tier, False, told or "a trial run failed", _MEND.get(tier, "")), None


async def chosen() -> tuple[Host, list[Rung]]:
    """The best tier that works, opened, and all that were tried. Raises: SandboxUnavailable."""
    rungs = []
    for tier in wanted():
        rung, host = await tried(tier)
        rungs.append(rung)
        if host is not None:
            return host, rungs
    raise SandboxUnavailable(refusal(rungs))


def diagnosis() -> list[Rung]:
    """Every tier, tried out here and now; the first that works is the one that is used.

    Raises: SandboxUnavailable for an unknown name in RLAIF_SANDBOX.
    """
    return asyncio.run(_all_tried())


async def _all_tried() -> list[Rung]:
    rungs = []
    for tier in wanted():
        rung, host = await tried(tier)
        rungs.append(rung)
        if host is not None:
            await host.aclose()
    return rungs


def wanted() -> tuple[Tier, ...]:
    """The tiers to be tried. Raises: SandboxUnavailable for an unknown name in RLAIF_SANDBOX."""
    named = os.environ.get(FORCED, "")
    found = tuple(tier for tier in TIERS if named in ("", tier))
    if not found:
        raise SandboxUnavailable(f"{FORCED} is '{named}'; it can be: {', '.join(TIERS)}")
    return found


def refusal(rungs: list[Rung]) -> str:
    """What to say where no tier works."""
    lines = ["the policy's code cannot be shut in on this machine, so it is not run"]
    for rung in rungs:
        lines.append(f"  {rung.tier}: {rung.told}\n    hint: {rung.mend}")
    lines.append("  `rlaif doctor` shows this again; --unsafe-no-sandbox runs the code as you are")
    return "\n".join(lines)


def _how(host: Host) -> str:
    tier = host.flavour.tier
    if tier == "none":
        return "limits only"
    shut = "bubblewrap namespaces, " if tier == "namespaces" else ""
    landlock = f"Landlock {host.landlock}" if host.landlock else "no Landlock"
    return f"{shut}{landlock}, seccomp, limits"
