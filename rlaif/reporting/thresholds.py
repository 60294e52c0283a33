"""Which probabilities of yes a calibration turns into which answers, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from rlaif.records.grade import Answered

_NONE: Mapping[str, float] = MappingProxyType({})


class Thresholds(NamedTuple):
    """From which probability on a question is answered yes, where that is not 0.5."""

    by_criterion: Mapping[str, float] = _NONE
    others: float | None = None
    """Of yes/no criteria that samples bring."""

    def told(self, answered: Answered) -> str:
        """` (yes from 0.8)` where the answer goes against the greater probability; else empty."""
        value = 0.5 if answered.value is None else answered.value
        against = value > 0.5 if answered.answer == "no" else value < 0.5
        yes_from = self.by_criterion.get(answered.criterion, self.others)
        if yes_from is None or not against or answered.answer not in ("no", "yes"):
            return ""
        return f" (yes from {yes_from:.3g})"

    def of(self, names: Sequence[str]) -> str:
        """`kind from 0.8, warm from 0.3`, of those that have one."""
        known = ((name, self.by_criterion.get(name, self.others)) for name in names)
        return ", ".join(f"{name} from {at:.3g}" for name, at in known if at is not None)
