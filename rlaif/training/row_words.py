"""What was kept and what was left out, in words: for cards and for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rlaif.records.row_rules import Reason, RowsMade
from rlaif.training.groups import WORDS


def number_of(number: int, noun: str) -> str:
    """`1 pair`, `1,200 pairs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def left_out(made: RowsMade, noun: str) -> Iterator[str]:
    """A phrase for the candidates, called `noun`, and one for the prompts, where any are."""
    for one, counted in ((noun, made.dropped), ("prompt", made.prompts_dropped)):
        if total := sum(counted.values()):
            yield f"left out {number_of(total, one)}: {_reasons(counted)}"


def _reasons(counted: Mapping[Reason, int]) -> str:
    """`30 failed, 5 not graded yet`: the most frequent first."""
    ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{count:,} {WORDS[reason]}" for reason, count in ordered if count)
