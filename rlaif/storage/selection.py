"""Which of the samples of an input a run takes: its share of a job array, and a random draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from rlaif.errors import InputError
from rlaif.records.identity import digest


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `of` shares of the samples, by a hash of their ids: whatever their order is."""

    number: int
    """From 1."""
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """`3/8` as the third of eight. Raises: InputError for anything else."""
        number, sign, of = text.partition("/")
        if sign and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
            return cls(int(number), int(of))
        raise InputError(f"--shard {text}: expected I/N with I from 1 to N, such as 3/8")

    def has(self, sample_id: str) -> bool:
        """Whether the sample of that id is in this share."""
        return _place("shard", sample_id) % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is taken of an input, besides its first rows (`limit`)."""

    shard: Shard | None = None
    draw: int | None = None
    """How many samples are drawn at random; None for all. Of a shard, within that shard."""
    seed: int = 0
    """Another one draws others. A draw of more holds every smaller draw of the same seed."""

    def __str__(self) -> str:
        drawn = "" if self.draw is None else f"{self.draw} by {self.seed}"
        return f"{self.shard or ''};{drawn}" if self.shard or drawn else ""


EVERYTHING = Selection()


def _place(purpose: str, sample_id: str) -> int:
    """A number from 0 to 2**64 - 1, alike for the same id and unlike otherwise."""
    return int(digest(purpose, sample_id)[:16], 16)
