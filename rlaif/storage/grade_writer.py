"""Grades to disk: parts written whole, after so many rows or so many seconds."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from rlaif.records.grade import Grade
from rlaif.storage.grade_table import as_parquet, grades_table
from rlaif.storage.whole_files import write_part

ROWS = 1024
SECONDS = 5.0


class GradeWriter:
    """Appends grades to a folder of parts. A grade counts once its part is on disk.

    Leaving the `with` block writes what is in memory, also when it is left by an error or by
    Ctrl-C. Several writers may write into one folder; one writer belongs to one thread.
    """

    def __init__(
        self,
        folder: Path,
        under: str,
        clock: Callable[[], float] = time.monotonic,
        rows: int = ROWS,
        seconds: float = SECONDS,
    ) -> None:
        """Take the folder, and the hash of what the grades are graded under.

        Args: a part is written at `rows` grades, or when the oldest one is `seconds` old by
        `clock`.
        """
        self._folder = folder
        self._under = under
        self._clock = clock
        self._rows = rows
        self._seconds = seconds
        self._waiting: list[Grade] = []
        self._oldest = 0.0
        self._name = f"{time.time_ns() // 1_000_000:013d}-{secrets.token_hex(4)}"
        self._parts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.flush()

    def append(self, grade: Grade) -> None:
        """Take one grade; it is on disk after the next flush. Raises: RunError."""
        if not self._waiting:
            self._oldest = self._clock()
        self._waiting.append(grade)
        if len(self._waiting) >= self._rows:
            self.flush()
        else:
            self.tick()

    def tick(self) -> None:
        """Write if the oldest grade has waited long enough; for callers with a timer."""
        if self._waiting and self._clock() - self._oldest >= self._seconds:
            self.flush()

    def flush(self) -> None:
        """Write what is in memory. Raises: RunError; the grades are kept for the next try."""
        if not self._waiting:
            return
        content = as_parquet(grades_table(self._waiting, self._under))
        write_part(self._folder, f"{self._name}-{self._parts:06d}", content)
        self._parts += 1
        self._waiting = []
