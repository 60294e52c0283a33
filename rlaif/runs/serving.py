"""What `rlaif serve` serves, put together; how it is spoken over HTTP is in `web`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from rlaif.authoring.config_file import read_config
from rlaif.errors import InputError
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.records.shaping import LengthPenalty, RewardGate, Shaping
from rlaif.runs.rewarding import Rewarder

_SHORTEST_TOKEN = 16
"""Characters; a shorter one can be guessed over a network."""


@dataclass(frozen=True, slots=True)
class Grading:
    """How rewards are made, besides the rubric and the judge."""

    shaping: Path | None = None
    """A file of shaping; None: the reward is the score."""
    deadline_s: float = 150.0
    retries: int = 1
    in_flight: int = 256
    cache: bool = False
    unsafe_no_sandbox: bool = False
    accept_forgeable: Collection[str] = ()


def rewarder_of(rubric: Rubric, judge: Judge | None, how: Grading) -> Rewarder:
    """Who makes the rewards; nothing is loaded yet.

    Raises: FileProblems with every problem of the shaping file; InputError for what does not go
    together.
    """
    return Rewarder(
        rubric,
        judge,
        shaping=read_shaping(how.shaping) if how.shaping else None,
        deadline_s=how.deadline_s,
        retries=how.retries,
        in_flight=how.in_flight,
        cache=how.cache,
        unsafe_no_sandbox=how.unsafe_no_sandbox,
        accept_forgeable=how.accept_forgeable,
    )


def counts_tokens(shaping: Shaping) -> bool:
    """Whether a completion whose length in tokens nobody says has no reward."""
    return shaping.length is not None and shaping.length.unit == "tokens"


def warnings_of(shaping: Shaping) -> Iterator[str]:
    """What of the shaping some trainers cannot have."""
    if shaping.ranking:
        yield (
            "warning: the shaping ranks completions inside their group, and a group is ranked only "
            "within one request: OpenRLHF and NeMo-Gym send one completion a request"
        )
    if counts_tokens(shaping):
        yield (
            "warning: the shaping's length penalty counts tokens, and OpenRLHF does not say how "
            "many there are: every request to /openrlhf will be refused\n"
            "  hint: 'unit: words' or 'unit: characters' in the shaping; elsewhere each item says "
            "its 'tokens'"
        )


async def opened(rewarder: Rewarder, *, judged: bool) -> None:
    """Return once the judge is loaded. Raises: as the `open` of the rewarder.

    Criteria may come with the samples, so that nothing in the rubric shows that a judge is needed.
    One that was named (`judged`) is therefore loaded in any case.
    """
    await rewarder.open(asks=judged)


def read_shaping(path: Path) -> Shaping:
    """The shaping that a file states. Raises: FileProblems with every problem of it."""
    parts: dict[str, type[BaseModel]] = {"": Shaping, "gates": RewardGate, "length": LengthPenalty}
    return read_config(path, TypeAdapter(Shaping), parts)


def token_of(name: str | None, host: str) -> str:
    """The token in the variable `name` of the environment; empty where none is asked for.

    Raises: InputError where it is not set or too short, or where other machines could come to
    `host` without one.
    """
    if name is None:
        if is_loopback(host):
            return ""
        raise InputError(
            f"--host {host} can be reached by other machines: callers must know a token\n"
            "  hint: export RLAIF_TOKEN=$(openssl rand -hex 24), and --token-env RLAIF_TOKEN"
        )
    token = os.environ.get(name, "").strip()
    if not token:
        raise InputError(f"--token-env {name}: the environment has no such variable, or it's empty")
    if len(token) < _SHORTEST_TOKEN:
        raise InputError(
            f"--token-env {name}: a token of {len(token)} characters can be guessed\n"
            f"  hint: {_SHORTEST_TOKEN} at least, such as from: openssl rand -hex 24"
        )
    return token


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address `host`."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
