"""What texts give away with no judge: their length, what they repeat, how alike they are.

A reward that is cheated often shows here first: completions grow, loop, or all become the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from rlaif.records.identity import digest
from rlaif.records.loop_figures import TextFigures
from rlaif.training.means import Means

RUN_OF_WORDS = 4
"""Words in a row that count as repeated when they come again in the same completion."""

OPENING = 4
"""Words that make an opening."""

_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]|\w+(?:['\u2019]\w+)*|[^\w\s]"
)
"""A word, a sign of punctuation, or one sign of a script that has no spaces."""


def words(text: str) -> list[str]:
    """The words of a text in small letters; punctuation counts."""
    return _WORD.findall(text.casefold())


def repetition(said: Sequence[str]) -> float:
    """Share of the runs of RUN_OF_WORDS words that came before: 1 - different / all.

    0 for a text of fewer words. "good good good good good good" has 3 runs, 1 of them different.
    """
    runs = [tuple(said[at : at + RUN_OF_WORDS]) for at in range(len(said) - RUN_OF_WORDS + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


class TextTally:
    """Counts completions one by one; holds a hash of each and a few numbers a prompt, no text."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lengths, self._repeated = Means(), Means()
        self._texts: dict[str, set[str]] = {}
        self._counts: Counter[str] = Counter()
        self._openings: Counter[tuple[str, ...]] = Counter()

    def add(self, prompt: str, completion: str) -> None:
        """One more completion of a prompt."""
        said = words(completion)
        self._lengths.add(prompt, len(said))
        self._repeated.add(prompt, repetition(said))
        self._texts.setdefault(prompt, set()).add(digest(" ".join(said)))
        self._counts[prompt] += 1
        self._openings[tuple(said[:OPENING])] += 1

    def figures(self) -> TextFigures | None:
        """What was counted; None of no completions."""
        count = sum(self._counts.values())
        if not count:
            return None
        shares = [len(self._texts[name]) / n for name, n in self._counts.items() if n > 1]
        opening, often = min(self._openings.items(), key=lambda one: (-one[1], one[0]))
        return TextFigures(
            length=self._lengths.of(),
            repetition=self._repeated.of(),
            distinct=fmean(shares) if shares else None,
            opening_share=often / count,
            opening=" ".join(opening)[:200],
            completions=count,
        )
