"""Problems of a file as they are met: the first ones in full, the rest counted."""

from __future__ import annotations

from collections.abc import Iterable

from rlaif.errors import FileProblems, Problem

MOST = 20
"""Problems told in full."""


class Problems:
    """Collects problems while a file is streamed."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._more = 0

    def add(self, problems: Iterable[Problem]) -> None:
        """Note `problems`."""
        for problem in problems:
            if len(self._kept) < MOST:
                self._kept.append(problem)
            else:
                self._more += 1

    def refuse(self) -> None:
        """Raise FileProblems if there were any."""
        if self._kept:
            raise FileProblems(self._kept, self._more)
