"""Forks a child for each command asked on standard input, and does to it what is asked.

Each line asks, in JSON: `argv`, `cwd`, and if need be
- `sample_rows`: of a part of the kept samples, 4 if not told; grades come in parts of 4;
- `pace_s`: seconds that the judge takes for an answer;
- `uid`: the user that it runs as;
- `kill_after_s`: SIGKILL so long after the start, or after the words of `since` are printed;
- `at`, `what`: at this point (from 1) of what it asks of the system under `cwd`/run, "kill" it, or
  let the call fail with the errno of that name; `what` "kill" at an fsync tears the file first;
- `signals`: names of signals to send, each `send_after_s` after the one before; the first once the
  words of `send_at` are printed, or once the call `send_at_point` was made.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import rlaif.checks.run
import rlaif.cli.grade
import rlaif.judging.scripted
import rlaif.judging.scripted_rules
import rlaif.storage.sample_table
from rlaif.cli import main
from rlaif.storage.grade_writer import GradeWriter

for _name in ("pandas", "pyarrow.dataset"):  # DuckDB looks for them, wherever they are installed
    with contextlib.suppress(ImportError):
        importlib.import_module(_name)

ROWS = 4
"""Of a part: a small job commits as often as a large one."""
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CALLS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "fcntl.flock"}
_LOOKS = {"os.listdir", "os.scandir"}


def _path_of(handle: int) -> str:
    return str(Path(f"/proc/self/fd/{handle}").readlink())


class Points:
    """Counts what the program asks of the system under one folder; something happens at one."""

    def __init__(self, folder: str, at: int, what: str, reads: bool, log: int) -> None:
        self._folder, self._at, self._what, self._reads = folder, at, what, reads
        self._log, self._seen, self._busy = log, 0, False
        sync = os.fsync

        def fsync(handle: int) -> None:
            self.hook("os.fsync", (handle,))
            sync(handle)

        os.fsync = fsync  # type: ignore[assignment]  # stands in
        sys.addaudithook(self.hook)

    def hook(self, event: str, given: tuple[Any, ...]) -> None:
        if self._busy or not self._counts(event, given):
            return
        self._busy = True  # what we ask ourselves is no point
        try:
            self._point(event, self._place(event, given))
        finally:
            self._busy = False

    def _counts(self, event: str, given: tuple[Any, ...]) -> bool:
        if event == "open":
            counts = self._reads or bool((given[2] or 0) & _WRITES)
        else:
            counts = event in _CALLS or event == "os.fsync" or (self._reads and event in _LOOKS)
        return counts and self._place(event, given).startswith(self._folder)

    @staticmethod
    def _place(event: str, given: tuple[Any, ...]) -> str:
        """The path that a call is about, also where it is told by a handle."""
        path = given[0]
        if isinstance(path, int):
            return _path_of(path) if path >= 0 else ""
        text = os.fsdecode(path) if path else ""
        inside = given[-1] if event.startswith("os.") else -1
        if not text.startswith("/") and isinstance(inside, int) and inside >= 0:
            return f"{_path_of(inside)}/{text}"
        return os.path.abspath(text)  # noqa: PTH100 - resolves no link

    def _point(self, event: str, place: str) -> None:
        self._seen += 1
        os.write(self._log, f"{event} {place.removeprefix(self._folder)}\n".encode())
        if self._seen != self._at:
            return
        if self._what != "kill":
            number = getattr(errno, self._what)
            raise OSError(number, os.strerror(number), place)
        if event == "os.fsync" and Path(place).is_file():
            os.truncate(place, Path(place).stat().st_size // 2)
        os.kill(os.getpid(), signal.SIGKILL)


def small_parts(sample_rows: int) -> None:
    """Commits of a few rows."""
    rlaif.storage.sample_table.ROWS = sample_rows
    append = GradeWriter.append
    taken = 0

    def append_some(self: GradeWriter, grade: Any) -> None:
        nonlocal taken
        append(self, grade)
        taken += 1
        if taken % ROWS == 0:
            self.flush()

    GradeWriter.append = append_some  # type: ignore[method-assign]  # stands in


def slow_judge(pace_s: float) -> None:
    answer_of = rlaif.judging.scripted_rules.answer_of

    def slow(*given: Any) -> Any:
        time.sleep(pace_s)
        return answer_of(*given)

    vars(rlaif.judging.scripted)["answer_of"] = slow


def child(asked: dict[str, Any], err: Path, log: int) -> None:
    os.chdir(asked["cwd"])
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # these tests may run under nohup
    nowhere = os.open(os.devnull, os.O_RDWR)
    printed = os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for handle, place in ((nowhere, 0), (nowhere, 1), (printed, 2)):
        os.dup2(handle, place)
    small_parts(asked.get("sample_rows", ROWS))
    if asked.get("pace_s"):
        slow_judge(asked["pace_s"])
    if "uid" in asked:
        os.setuid(asked["uid"])
    folder = str(Path(asked["cwd"]) / "run")
    Points(folder, asked.get("at", 0), asked.get("what", ""), asked.get("reads", False), log)
    status = 70
    try:
        main(asked["argv"])
    except SystemExit as left:
        status = int(str(left.code))
    finally:
        sys.stderr.flush()
        os._exit(status)  # as Python's own end, but for what the parent has open


def waited(pid: int, asked: dict[str, Any], err: Path, log: Path) -> int:
    """How the child ended, after what was to be done to it."""
    signals = [getattr(signal, n) for n in asked.get("signals", ())]
    began = None if "since" in asked else time.monotonic()
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if began is None and asked["since"] in err.read_text():
            began = time.monotonic()
        if began is not None and time.monotonic() > began + asked.get("kill_after_s", 120):
            os.kill(pid, signal.SIGKILL)
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if signals and _is_time(asked, err, log):
            time.sleep(asked.get("send_after_s", 0.0))
            os.kill(pid, signals.pop(0))
        time.sleep(0.002)


def _is_time(asked: dict[str, Any], err: Path, log: Path) -> bool:
    return asked.get("send_at", "") in err.read_text() and (
        asked.get("send_at_point", "") in log.read_text()
    )


def carried_out(asked: dict[str, Any]) -> dict[str, Any]:
    err, log = Path(asked["cwd"]) / "err", Path(asked["cwd"]) / "points"
    err.write_text("")
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    pid = os.fork()
    if not pid:
        child(asked, err, handle)
    os.close(handle)
    status = waited(pid, asked, err, log)
    return {
        "status": status,
        "err": err.read_text(),
        "points": log.read_text().splitlines(),
    }


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(carried_out(json.loads(line))) + "\n")
        sys.stdout.flush()
