"""What a job remembers of earlier ones: the verdict cache, and how far it is believed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from rlaif.cache_folder import verdict_folder
from rlaif.ports import VerdictCache
from rlaif.records.backends import OpenaiJudge, ScriptedJudge
from rlaif.records.judge import Judge
from rlaif.storage.verdict_cache import VerdictStore

RECHECK = 0.01
"""Share of the cached verdicts of a served model that are asked for again, where none is stated: a
server may be given other weights under the same name. Weights on this machine are known by hash."""


@dataclass(frozen=True, slots=True)
class Remembering:
    """The cache of a job; None where nothing is remembered."""

    cache: VerdictCache | None = None
    recheck: float | None = None
    """Share of the cached verdicts that are asked for again, in [0, 1]; None for the default."""
    day: str = ""
    """Changes which ones those are."""

    def share(self, judge: Judge) -> float:
        """The share that is asked for again of this judge."""
        if self.recheck is not None:
            return self.recheck
        return RECHECK if any(isinstance(s.spec, OpenaiJudge) for s in judge.seats) else 0.0

    def cache_for(self, judge: Judge) -> VerdictCache | None:
        """The cache, unless all who judge are fakes, which cost nothing and may change."""
        fakes = all(isinstance(seat.spec, ScriptedJudge) for seat in judge.seats)
        return None if fakes else self.cache


NOTHING_REMEMBERED = Remembering()


@contextmanager
def remembering(use: bool = True, recheck: float | None = None) -> Iterator[Remembering]:
    """The cache of this machine, open; nothing where it is not to be used or switched off."""
    place = verdict_folder() if use else None
    if place is None:
        yield NOTHING_REMEMBERED
        return
    with VerdictStore(place) as store:
        yield Remembering(store, recheck, datetime.now(UTC).date().isoformat())
