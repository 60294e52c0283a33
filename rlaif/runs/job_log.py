"""A job's log for programs: JSON lines, one event each.

Nothing of samples, prompts or completions is in it, and no key: counts, notes, and how it ended.
"""

from __future__ import annotations

import datetime
import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from rlaif.errors import FileProblems, InputError, RlaifError
from rlaif.reporting.text import count_of
from rlaif.runs.listening import How
from rlaif.runs.pace import View

EVERY_S = 30.0
"""Seconds between two events of progress."""

STDERR = "-"
_MOST_TOLD = 1000
_SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)\Z")
_SHORTEST_SECRET = 6
_CREDENTIALS = re.compile(r"://[^/\s@]+@")


class JobLog:
    """Appends events to a file, or to standard error."""

    every_s = EVERY_S

    def __init__(
        self, target: str, run: str, about: Mapping[str, str], tell: Callable[[str], None]
    ) -> None:
        """Log the job of `run` to the file `target`, `-` for standard error.

        Args: `about` goes into the first event; `tell` is called once with what is wrong where
        events cannot be written, as on a full disk. Raises: InputError for a file that cannot be
        written at all.
        """
        self.name = f"the log {target}"
        self._run, self._about, self._tell = run, dict(about), tell
        self._told = False
        self._secrets = [
            value
            for name, value in os.environ.items()
            if _SECRET.search(name) and len(value) >= _SHORTEST_SECRET
        ]
        self._file = None if target == STDERR else _opened(target)
        self._torn = target != STDERR and _ends_torn(target)

    def note(self, text: str) -> None:
        """A line that people get too."""
        self._write("note", text=self._clean(text))

    def begin(self, view: View) -> None:
        """Grading starts."""
        self._write("started", **self._about, **counts(view))

    def tick(self, view: View) -> None:
        """How it stands."""
        self._write("progress", **counts(view))

    def end(self, view: View, how: How, error: BaseException | None) -> None:
        """The last event; the file is closed."""
        told: dict[str, Any] = {}
        if how == "error" and error is not None:
            told = {"error": type(error).__name__, "message": self._clean(_message(error))}
        self._write(how, **told, **counts(view))
        if self._file is not None:
            os.close(self._file)

    def _write(self, event: str, **more: Any) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        time = now.replace("+00:00", "Z")
        line = orjson.dumps({"time": time, "event": event, "run": self._run, **more}) + b"\n"
        if self._torn:
            line = b"\n" + line
        try:
            self._torn = self._put(line) < len(line)
        except OSError as error:
            if not self._told:
                self._told = True
                self._tell(f"{self.name} has a gap: {error.strerror or error}; the job goes on")

    def _put(self, line: bytes) -> int:
        """Write at once; how many bytes were written."""
        if self._file is not None:
            return os.write(self._file, line)
        sys.stderr.write(line.decode())
        sys.stderr.flush()
        return len(line)

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = _CREDENTIALS.sub("://***@", text)
        return text if len(text) <= _MOST_TOLD else text[: _MOST_TOLD - 3] + "..."


def counts(view: View) -> dict[str, Any]:
    """How a job stands, as an event states it."""
    usage = view.usage
    finishing = view.begun and view.done >= view.samples
    phase = "finishing" if finishing else "grading" if view.begun else "starting"
    return {
        "phase": phase,
        "samples": view.samples,
        "done": view.done,
        "graded": view.new,
        "failed": view.failed,
        "verdicts": view.verdicts,
        "failures": dict(view.stages),
        "seconds": round(view.elapsed_s, 3),
        "idle_seconds": round(view.idle_s, 3),
        "verdicts_per_second": _rounded(view.verdicts_per_s),
        "seconds_left": _rounded(view.left_s),
        "questions": usage.asked,
        "prompt_tokens_computed": usage.computed,
        "prompt_tokens_cached": usage.cached,
        "written_tokens": usage.written,
        "cached_verdicts": usage.recalled,
        "cost": {currency: round(cost, 6) for currency, cost in usage.cost.items()},
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 3)


def _message(error: BaseException) -> str:
    """What went wrong, without the words of samples: their faults repeat what stands in them."""
    if isinstance(error, FileProblems):
        return f"{count_of(len(error.problems) + error.more, 'problem')} in the files"
    if isinstance(error, InputError):
        return "the input is at fault"
    return str(error) if isinstance(error, RlaifError) else ""


def _opened(target: str) -> int:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(target, flags, 0o644)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(
            f"--log {target}: {why}\n  hint: a file in a folder that is there, or - for standard "
            "error"
        ) from error


def _ends_torn(target: str) -> bool:
    """Whether the last line of a file was cut, as by a crash or a full disk."""
    path = Path(target)
    with suppress(OSError):
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                file.seek(-1, os.SEEK_END)
                return file.read(1) != b"\n"
    return False
