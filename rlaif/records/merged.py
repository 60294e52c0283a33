"""What became of shards that were joined."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Merged:
    """A run made of shards."""

    path: Path
    shards: int
    """Those that were joined."""
    of: int
    """Those that the job was cut into."""
    missing: tuple[int, ...]
    samples: int
    ok: int
    failed: int
    twins: int = 0
    """Samples with the content of an earlier one under another id."""

    @property
    def ungraded(self) -> int:
        """Samples without a grade."""
        return self.samples - self.ok - self.failed
