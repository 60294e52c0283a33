"""Placeholder until programs are there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rlaif.checks.sandbox.inside.channel import Channel


def main(channel: Channel, server: Any, limits: dict[str, int]) -> None:
    """Not there yet."""
    raise NotImplementedError


def children(pid: int) -> list[int]:
    """The processes that `pid` has started, or that have come to it."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (thread / "children").read_text().split())
    return found


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, those nearest to it first."""
    found = children(pid)
    for one in found:
        found += children(one)
    return found
