"""What a server is told when it is started: how it deals with its callers, and where it listens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlaif.runs.serving import is_loopback

_OWN_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Terms:
    """How a server deals with its callers."""

    deadline_s: float = 150.0
    """Of grading one request. OpenRLHF's own patience ends after 180 s."""
    max_waiting: int = 4096
    """Completions, waiting or being graded, of all callers together."""
    max_request_mb: float = 32.0
    """Of one body, in MiB."""
    token: str = ""
    """What callers must know; empty: nothing."""
    names: Sequence[str] = ()
    """What a request may call the server; empty: anything."""
    on_failure: float | None = None
    """Stand-in for a reward that is not there, in the form that takes no null."""
    end_tokens: tuple[str, ...] = ()
    """Taken off the end of completions, in the form that leaves them in."""
    labels: str = "reference"
    """What OpenRLHF's labels are: the `reference`, or `json` of several fields."""
    reference_field: str = "reference"
    """The field of NeMo-Gym's rows that holds the reference."""

    needs_tokens: bool = False
    """Whether the shaping takes off for a length in tokens, so that callers must say it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens, and how long it lasts when it is told to stop."""

    host: str = "127.0.0.1"
    port: int = 8100
    """0: any that is free."""
    grace_s: float = 30.0
    """Seconds for what is under way when the server is told to stop."""


def names_of(host: str) -> tuple[str, ...]:
    """What callers may call a server that listens on `host`; empty for anything.

    A page in a browser can have its own name lead to 127.0.0.1, but not the name it asks for.
    """
    return (*_OWN_NAMES, host) if is_loopback(host) else ()
