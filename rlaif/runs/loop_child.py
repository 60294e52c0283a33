"""Each piece of a loop's work in a process of its own.

A model that was loaded gives its memory back to the system only when its process ends, and a
trainer or an engine that dies takes nothing with it but its stage. The loop itself loads no model.

The child is given its task on standard input, which then stays open: where the loop is killed, the
child sees the end of it and ends as on Ctrl-C. What it tells, one JSON object a line, goes to the
loop by the standard output that it was started with; what libraries print goes to the stage's log.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import orjson
from pydantic import TypeAdapter

from rlaif import errors
from rlaif.errors import RlaifError, RunError, RunLocked
from rlaif.records.loop_stage import AnyTask, CheckTask, Task
from rlaif.runs.loop_pipe import lines_of
from rlaif.runs.loop_stages import Facts, do_here
from rlaif.runs.loop_watching import LoopWatcher
from rlaif.storage.lock import locked

GRACE_S = 120.0
"""Seconds that a child has to end by itself: a trainer writes its checkpoint first."""

_TASK: TypeAdapter[AnyTask] = TypeAdapter(Task)
_ORPHAN_GRACE_S = 60.0
_TAIL = 2000


def do_in_child(task: AnyTask, folder: Path, watcher: LoopWatcher) -> Facts:
    """Do it in a child, and pass on what it tells.

    Raises: what the work raises there, with the same message; RunError where the child ends without
    a word; KeyboardInterrupt, once the child has ended.
    """
    log = log_of(task, folder)
    with log.open("ab") as errors_to:
        began = log.stat().st_size
        command = [sys.executable, "-m", "rlaif.runs.loop_child", str(folder)]
        child = subprocess.Popen(  # noqa: S603 - this program, with a path of ours
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors_to,
            start_new_session=True,  # Ctrl-C reaches the loop alone, which ends the child in order
        )
        with _ended(child, watcher):
            assert child.stdin is not None  # noqa: S101 - pipes were asked for
            assert child.stdout is not None  # noqa: S101 - a pipe was asked for
            with suppress(BrokenPipeError):
                child.stdin.write(_TASK.dump_json(task, exclude_unset=False) + b"\n")
                child.stdin.flush()
            last = _heard(lines_of(child.stdout.fileno(), lambda: _is_gone(child)), watcher)
    return _facts(last, child.returncode, log, began)


def log_of(task: AnyTask, folder: Path) -> Path:
    """Beside the stage's unfinished folder: `NAME.log`."""
    if isinstance(task, CheckTask):
        return folder / "check.log"
    out = Path(task.out)
    partial = next(p for p in (out, *out.parents) if p.suffix == ".partial")
    return partial.with_suffix(".log")


def _is_gone(child: subprocess.Popen[bytes]) -> bool:
    """Whether the child has ended; what it has left behind is then ended too."""
    if child.poll() is None:
        return False
    _tell(child, signal.SIGKILL)
    return True


def _heard(lines: Iterator[bytes], watcher: LoopWatcher) -> dict[str, Any]:
    """Pass on what comes, until the end; the last word, which says how it ended."""
    for line in lines:
        said = orjson.loads(line)
        if "note" in said:
            watcher.note(said["note"])
        elif "progress" in said:
            watcher.progress(said["progress"])
        else:
            return dict(said)
    return {}


@contextmanager
def _ended(child: subprocess.Popen[bytes], watcher: LoopWatcher) -> Iterator[None]:
    """See that the child is gone afterwards, and that it was told to go first."""
    try:
        yield
        child.wait()
    except BaseException:
        _tell(child, signal.SIGTERM)
        if child.poll() is None:
            watcher.note("ending the stage that is under way; Ctrl-C again ends it at once")
        if child.stdout is not None:
            child.stdout.close()  # nobody reads any more: a full pipe would hold the child up
        with suppress(subprocess.TimeoutExpired):
            _wait(child)
        raise
    finally:
        _tell(child, signal.SIGKILL)  # what it has started itself, and has left behind
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _wait(child: subprocess.Popen[bytes]) -> None:
    """A second Ctrl-C does not wait."""
    child.wait(timeout=GRACE_S)


def _tell(child: subprocess.Popen[bytes], number: int) -> None:
    """Signal the child, and with SIGKILL all of its session."""
    with suppress(ProcessLookupError, PermissionError):
        if number == signal.SIGKILL:
            os.killpg(child.pid, number)
        else:
            child.send_signal(number)


def _facts(last: dict[str, Any], status: int, log: Path, began: int) -> Facts:
    if "done" in last:
        return dict(last["done"])
    if "raised" in last:
        kind = getattr(errors, last["raised"], RunError)
        plain = isinstance(kind, type) and issubclass(kind, RlaifError)
        raise (kind if plain and kind is not errors.FileProblems else RunError)(last["message"])
    if last.get("interrupted"):
        raise KeyboardInterrupt
    how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    hint = "\n  hint: signal 9 is often the system, where memory ran out" if status == -9 else ""
    raise RunError(f"its process {how}; {log} says more:\n{_tail(log, began)}{hint}")


def _tail(log: Path, began: int) -> str:
    """The end of what this child wrote."""
    with log.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(began, size - _TAIL))
        return stream.read().decode(errors="replace").strip()


class _Teller:
    """The child's side: one JSON object a line."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._lock = threading.Lock()

    def note(self, text: str) -> None:
        self.tell({"note": text})

    def stage(self, told: str) -> None:
        self.tell({"note": told})

    def progress(self, told: str) -> None:
        self.tell({"progress": told})

    def tell(self, said: dict[str, Any]) -> None:
        with self._lock, suppress(BrokenPipeError):
            self._out.write(orjson.dumps(said) + b"\n")
            self._out.flush()


def main(folder: str) -> int:
    """Do the task that stands on standard input, and tell how it ended."""
    teller = _Teller(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    line = b""
    while not line.endswith(b"\n"):
        more = os.read(0, 65536)
        if not more:
            return 2
        line += more
    task = _TASK.validate_json(line)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored under nohup, and inherited
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with _alone(Path(folder) / "stage.lock"):
            teller.tell({"done": do_here(task, Path(folder), teller)})
    except RlaifError as error:
        teller.tell({"raised": type(error).__name__, "message": str(error)})
    except KeyboardInterrupt:
        teller.tell({"interrupted": True})
        return 130
    return 0


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold the lock; the child of a loop that was killed may need a while to end."""
    last = time.monotonic() + _ORPHAN_GRACE_S + 5
    while True:
        try:
            holding = locked(lock)
            holding.__enter__()
            break
        except RunLocked:
            if time.monotonic() > last:
                raise
            time.sleep(0.2)
    try:
        yield
    finally:
        holding.__exit__(None, None, None)


def _end_with_parent() -> None:
    """Standard input ends when the loop is gone: end too, in order if there is time."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(_ORPHAN_GRACE_S)
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
