"""Where rlaif keeps what it can make again: converted weights, verdicts of earlier runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """$RLAIF_CACHE, or rlaif/ in the user's cache folder. It need not be there yet."""
    if own := os.environ.get("RLAIF_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "rlaif"


def verdict_folder() -> Path | None:
    """$RLAIF_VERDICT_CACHE, or verdicts/ in the cache folder; None where it says `off`."""
    own = os.environ.get("RLAIF_VERDICT_CACHE", "")
    if own.lower() == "off":
        return None
    return Path(own) if own else cache_folder() / "verdicts"
