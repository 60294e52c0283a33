"""What became of shards that were joined, as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from rlaif.records.merged import Merged
from rlaif.reporting.text import count_of


def merged_text(done: Merged) -> str:
    """A few lines, with what to do next."""
    return "\n".join(_lines(done))


def _lines(done: Merged) -> Iterator[str]:
    failed = f"; {done.failed:,} failed and got no score" if done.failed else ""
    yield (
        f"{count_of(done.shards, 'shard')} of {done.of:,} joined: {done.ok:,} of "
        f"{count_of(done.samples, 'sample')} graded{failed}"
    )
    if done.missing:
        shards = ", ".join(f"{number}/{done.of}" for number in done.missing)
        yield f"not there: {shards}; the same command with them too puts them in"
    if done.ungraded:
        told = "start the command of their shards again, then merge again"
        yield f"{count_of(done.ungraded, 'sample')} not graded yet: {told}"
    yield f"The run lies in {done.path}; look at it with: rlaif show {done.path}"
    if done.failed:
        yield f"Ask again what failed with: rlaif retry {done.path}"
