"""A piece of work in a process of its own: what it tells, how it fails, how it is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rlaif.errors import FileProblems, InputError, RunError
from rlaif.records.loop_stage import GradeTask
from rlaif.runs import loop_child
from rlaif.runs.loop_child import do_in_child
from rlaif.runs.loop_watching import Quiet
from tests.runs.loops import written

SAMPLES = '{"sample_id": "1", "prompt": "a", "completion": "a sparkling drink"}\n'


def task(folder: Path, **more: object) -> GradeTask:
    written(folder)
    (folder / "samples.jsonl").write_text(SAMPLES)
    partial = folder / "run.partial"
    partial.mkdir(exist_ok=True)
    given: dict[str, object] = {
        "samples": str(folder / "samples.jsonl"),
        "rubric": str(folder / "rubric.yaml"),
        "judge": None,
        "out": str(partial),
    }
    return GradeTask.model_validate(given | more)


class Heard(Quiet):
    def __init__(self) -> None:
        self.said: list[str] = []

    def progress(self, told: str) -> None:
        self.said.append(told)


class Interrupts(Quiet):
    def progress(self, told: str) -> None:
        raise KeyboardInterrupt


@pytest.mark.slow  # a process that imports the package
def test_a_child_does_the_work_and_passes_on_its_progress(tmp_path: Path) -> None:
    heard = Heard()
    facts = do_in_child(task(tmp_path), tmp_path, heard)
    assert facts == {"ok": 1, "failed": 0}
    assert heard.said[-1] == "1 of 1"
    assert (tmp_path / "run.partial" / "manifest.json").exists()


@pytest.mark.slow  # a process that imports the package
def test_what_the_work_raises_is_raised_here(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.jsonl") as raised:
        do_in_child(task(tmp_path, samples=str(tmp_path / "nothing.jsonl")), tmp_path, Quiet())
    assert not isinstance(raised.value, FileProblems)


def fake_child(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Start this in place of the child that does the work."""
    given = subprocess.Popen

    def started(command: list[str], **more: object) -> object:
        return given([command[0], "-c", code], **more)  # type: ignore[call-overload] # as it was called

    monkeypatch.setattr(subprocess, "Popen", started)


def test_a_child_that_dies_without_a_word_is_told_with_what_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import os, sys; print('out of memory, perhaps', file=sys.stderr, flush=True); os._exit(7)"
    )
    fake_child(monkeypatch, code)
    with pytest.raises(RunError, match="ended with status 7") as raised:
        do_in_child(task(tmp_path), tmp_path, Quiet())
    assert "out of memory, perhaps" in str(raised.value)
    assert (tmp_path / "run.log").exists()


def test_a_killed_child_is_told_by_its_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_child(monkeypatch, "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(RunError, match=r"was ended by signal 9(.|\n)*where memory ran out"):
        do_in_child(task(tmp_path), tmp_path, Quiet())


@pytest.mark.parametrize("apart", ["", "os.setsid()"])
def test_a_killed_child_is_missed_though_what_it_forked_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, apart: str
) -> None:
    """A worker of its own holds the pipe open, in its session or in another."""
    code = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        f"    {apart or 'pass'}\n"
        "    open('forked', 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "while not os.path.exists('forked'): time.sleep(0.01)\n"
        'os.write(1, b\'{"progress": "begun"}\\n{"prog\')\n'
        "os.kill(os.getpid(), 9)"
    )
    fake_child(monkeypatch, code)
    monkeypatch.chdir(tmp_path)
    heard, began = Heard(), time.monotonic()
    try:
        with pytest.raises(RunError, match="was ended by signal 9"):
            do_in_child(task(tmp_path), tmp_path, heard)
        assert time.monotonic() - began < 30
        assert heard.said == ["begun"]
    finally:
        if apart:
            os.kill(int((tmp_path / "forked").read_text()), signal.SIGKILL)


def test_a_child_that_says_much_while_it_ends_is_not_held_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads it any more: a full pipe would keep it from writing its checkpoint."""
    code = (
        "import os, signal, sys, time\n"
        "def end(*_):\n"
        "    try:\n"
        "        line = b'{\"progress\": \"' + b'.' * 1000 + b'\"}\\n'\n"
        "        for _ in range(9000): os.write(1, line)\n"
        "    except BrokenPipeError: pass\n"
        "    open('ended', 'w').close(); sys.exit(130)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        'os.write(1, b\'{"progress": "begun"}\\n\')\n'
        "time.sleep(60)"
    )
    fake_child(monkeypatch, code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loop_child, "GRACE_S", 5.0)
    with pytest.raises(KeyboardInterrupt):
        do_in_child(task(tmp_path), tmp_path, Interrupts())
    assert (tmp_path / "ended").exists()


def test_ctrl_c_ends_the_child_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, signal, sys, time\n"
        "def end(*_): open('ended', 'w').close(); sys.exit(130)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        'os.write(1, b\'{"progress": "begun"}\\n\')\n'
        "time.sleep(60)"
    )
    fake_child(monkeypatch, code)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(KeyboardInterrupt):
        do_in_child(task(tmp_path), tmp_path, Interrupts())
    assert (tmp_path / "ended").exists()


@pytest.mark.slow  # a process that imports the package
def test_the_child_of_a_loop_that_was_killed_ends_too(tmp_path: Path) -> None:
    """Standard input that ends is how it knows; it is ended as by Ctrl-C."""
    read, write = os.pipe()
    code = (
        "import threading, time\n"
        "from rlaif.runs.loop_child import _end_with_parent\n"
        "try:\n"
        "    threading.Thread(target=_end_with_parent, daemon=True).start()\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    print('ended')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=read, stdout=subprocess.PIPE, text=True
    ) as child:
        os.close(read)
        threading.Timer(0.2, os.close, [write]).start()
        out, _ = child.communicate(timeout=60)
    assert out == "ended\n"


def test_a_child_waits_for_the_one_before_it(tmp_path: Path) -> None:
    lock = tmp_path / "stage.lock"
    hold = (
        "import sys, time; from pathlib import Path; from rlaif.storage.lock import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(0.5)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, str(lock)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        began = time.monotonic()
        with loop_child._alone(lock):
            assert time.monotonic() - began < 30
        assert other.wait() == 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
