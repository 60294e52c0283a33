"""What need not be asked: verdicts of the run by key, and those of earlier runs in the cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rlaif.grading.seat import Asker
from rlaif.records.identity import digest
from rlaif.records.outcome import Outcome, Verdict


class Known:
    """The verdicts that are at hand for one sample."""

    def __init__(self, prior: Mapping[str, Verdict], asker: Asker) -> None:
        """`prior`: verdicts of the same run."""
        self._prior, self._asker = prior, asker
        self._doubted: dict[str, Verdict] = {}

    def prior(self, key: str) -> Verdict | None:
        """A verdict of the same run."""
        return self._prior.get(key)

    def of(self, keys: Sequence[str]) -> dict[str, Verdict]:
        """Those of `keys` that need not be asked."""
        prior = self._prior
        found = {key: prior[key] for key in keys if key in prior} if prior else {}
        cache = self._asker.cache
        if cache is None or len(found) == len(keys):
            return found
        cached = cache.get([key for key in keys if key not in found])
        for key, verdict in cached.items():
            if self._doubts(key):
                self._doubted[key] = verdict
            else:
                found[key] = verdict
                self._asker.usage.recalled += 1
        return found

    def kept(self, key: str, outcome: Outcome, judge: str) -> Outcome:
        """What was just answered, remembered where it is a verdict.

        Where a verdict from the cache was asked for again and could not be had, it is the old one.
        """
        before = self._doubted.pop(key, None)
        if not isinstance(outcome, Verdict):
            return before or outcome
        if before:
            self._asker.usage.compare(before, outcome)
        if self._asker.cache is not None:
            self._asker.cache.put(key, outcome, judge)
        return outcome

    def _doubts(self, key: str) -> bool:
        share = self._asker.recheck
        return bool(share) and int(digest(self._asker.day, key)[:8], 16) / 2**32 < share
