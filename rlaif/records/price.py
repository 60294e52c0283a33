"""What a judge's server charges, so that a job can say what it costs."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from rlaif.records.base import Record, fault
from rlaif.records.written import Number, Words

PER = 1_000_000
"""Tokens that a price is stated for."""

_CODE = re.compile(r"[A-Z]{3}\Z")


def _currency(text: str) -> str:
    if not _CODE.match(text):
        raise fault(f"'{text[:20]}' is no currency", "three capital letters, such as USD or EUR")
    return text


PerMillion = Annotated[Number, Field(ge=0, le=1_000_000)]


class Price(Record):
    """What the judge's server charges, for a million tokens."""

    input: PerMillion
    """For tokens of prompts."""
    cached: PerMillion | None = None
    """For tokens of prompts that the server had computed before; as `input` when not given."""
    output: PerMillion
    """For tokens that the model writes. A verdict read from the labels is one token."""
    currency: Annotated[Words, AfterValidator(_currency)] = "USD"
    """Its three letters."""

    def of(self, computed: int, cached: int, written: int) -> float:
        """What so many tokens cost, in the price's currency.

        Args: tokens of prompts that were computed and that had been before, and tokens written.
        """
        again = self.input if self.cached is None else self.cached
        return (computed * self.input + cached * again + written * self.output) / PER
