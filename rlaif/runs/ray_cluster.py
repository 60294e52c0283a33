"""The one file that knows Ray: a cluster, and replicas as its actors."""

from __future__ import annotations

import logging
import os
import re
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from rlaif.errors import RunError
from rlaif.grading.usage import Usage
from rlaif.runs.ray_messages import Broken, Done, Found, Given, ReplicaDied, error_of
from rlaif.runs.ray_replica import Replica
from rlaif.runs.replicas import LOCAL

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
for _name, _value in _QUIET.items():
    # Ray tells of every death on standard output, which is not its own; it reads these when it is
    # imported. What the user has set stays.
    os.environ.setdefault(_name, _value)

import ray  # noqa: E402 - after its environment
from ray.exceptions import RayActorError, RayError, RayTaskError, RuntimeEnvSetupError  # noqa: E402 - the lines above silence it, and have to come first

_STORE_BYTES = 256 * 2**20
"""Shared memory of a local cluster; only batches go through it."""
_EXIT = re.compile(r"Worker exit type: (\w+)")
_CALLS = 64
"""Calls that a replica takes at once."""


@dataclass(frozen=True, slots=True)
class Size:
    """What one replica takes."""

    cpus: float
    gpus: int

    def __str__(self) -> str:
        """In words."""
        gpus = f" and {self.gpus} GPU{'s' * (self.gpus > 1)}" if self.gpus else ""
        return f"{self.cpus:g} CPU{'s' * (self.cpus != 1)}{gpus}"


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Ray, as it was initialised before or else at `address` while the block lasts.

    Raises: RunError where there is no cluster.
    """
    if ray.is_initialized():
        yield
        return
    with _own_signals():
        _connect(address)
    try:
        yield
    finally:
        with _own_signals():
            ray.shutdown()


@contextmanager
def _own_signals() -> Iterator[None]:
    """Ray puts a handler of its own for SIGTERM, which would end the job without a flush."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        with suppress(ValueError):  # not in the main thread, where Ray put none
            signal.signal(signal.SIGTERM, before)


def _connect(address: str) -> None:
    more: dict[str, Any] = {}
    if address == LOCAL:
        more = {"include_dashboard": False, "object_store_memory": _STORE_BYTES}
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            namespace="rlaif",
            **more,
        )
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        told = str(error).strip().partition("\n")[0]
        raise RunError(
            f"no Ray cluster at '{address}': {told}\n"
            "  hint: `ray status` on this machine says what is there; without --ray-address and "
            "RAY_ADDRESS the job has a cluster of its own"
        ) from error


def gpus_there() -> float:
    """GPUs of all nodes."""
    return sum(node.get("GPU", 0.0) for node in _nodes())


def check_room(size: Size) -> None:
    """Raises: RunError where no node could ever hold a replica."""
    nodes = _nodes()
    fits = [n for n in nodes if n.get("CPU", 0) >= size.cpus and n.get("GPU", 0) >= size.gpus]
    if not fits:
        there = "; ".join(f"{n.get('CPU', 0):g} CPUs, {n.get('GPU', 0):g} GPUs" for n in nodes)
        raise RunError(
            f"a replica takes {size}, and no node has that (there are: {there})\n"
            "  hint: --cpus-per-replica, or a judge file with a smaller tensor_parallel; a cluster "
            "that grows by itself needs one such node to begin with"
        )


def _nodes() -> list[dict[str, float]]:
    """What each node has of everything."""
    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]  # Ray's, untyped
    return [node["Resources"] for node in nodes if node["Alive"]]


class Actor:
    """A replica as an actor of Ray. Its methods are those of `Replica`, with errors raised."""

    def __init__(self, given: Given, size: Size) -> None:
        """Order the actor; it is there once there is room."""
        made = ray.remote(Replica).options(
            num_cpus=size.cpus,
            num_gpus=size.gpus,
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=_CALLS,
        )
        self._given = given
        self._handle: Any = made.remote()

    async def start(self) -> Found:
        """See `Replica.start`."""
        found: Found = await _told(self._handle.start.remote(self._given))
        return found

    async def grade(self, content: tuple[int, bytes]) -> Done:
        """See `Replica.grade`."""
        done: Done = await _told(self._handle.grade.remote(content))
        return done

    async def drain(self) -> None:
        """See `Replica.drain`."""
        await _told(self._handle.drain.remote())

    async def flush(self) -> Usage:
        """See `Replica.flush`."""
        usage: Usage = await _told(self._handle.flush.remote())
        return usage

    async def stop(self) -> None:
        """See `Replica.stop`."""
        await _told(self._handle.stop.remote())

    def kill(self) -> None:
        """End the process at once, or take back the order."""
        with suppress(Exception):  # it is gone, or Ray is
            ray.kill(self._handle)


def actors(given: Given, size: Size) -> Callable[[], Actor]:
    """What makes one replica after the other."""
    return lambda: Actor(given, size)


async def _told(reference: Awaitable[Any]) -> Any:
    """What a replica answers.

    Raises: what it says, ReplicaDied, or RunError where Ray itself fails.
    """
    try:
        came = await reference
    except (RayTaskError, RuntimeEnvSetupError) as error:
        raise RunError(f"Ray failed: {_last_line(error)}") from error
    except RayError as error:  # of the actor, its node or the way to it
        raise ReplicaDied(_reason(error)) from error
    if isinstance(came, Broken):
        raise error_of(came)
    return came


def _reason(error: RayError) -> str:
    """How a replica ended, in few words."""
    if isinstance(error, RayActorError) and (kind := _EXIT.search(str(error))):
        return f"Ray says {kind[1]}"
    return f"Ray says {type(error).__name__}"


def _last_line(error: RayError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[-1][:300]
