"""The program in a process that can be killed, forked off one that has everything imported.

`tests/faults/warm.py` is the other side, with what is done to the program there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

KILLED = -9


@dataclass(frozen=True)
class Ended:
    """What became of one command."""

    status: int
    """Exit status; the signal's number below 0."""
    err: str
    points: list[str]
    """What it asked of the system under the run's folder, in order."""


class WarmProcess:
    """Use as a context; one command at a time."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("warm.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=60)

    def run(self, argv: Sequence[str], cwd: Path, **how: Any) -> Ended:
        """Run `rlaif ARGV` in `cwd`. What `how` may say stands in `warm.py`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"argv": list(argv), "cwd": str(cwd), **how}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))
