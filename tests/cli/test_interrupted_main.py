"""What `main` makes of Ctrl-C at moments that a library, or Python itself, handles badly."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from rlaif import cli
from rlaif.cli.console import tell as told_plainly
from rlaif.errors import RunError
from tests.cli.conftest import Rlaif

TOLD = "rlaif: interrupted; what was graded is kept, and the same command goes on\n"


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Puts a function in place of every command."""

    def run(body: Callable[[], Any]) -> None:
        monkeypatch.setattr(cli, "_run", lambda _: body())

    return run


def closed_twice(failed: OSError) -> None:
    """As `shutil.rmtree` when it is interrupted just after it closed a folder."""
    try:
        try:
            raise KeyboardInterrupt
        finally:
            raise failed
    except OSError as error:
        raise RunError(f"run: {error.strerror}") from error


def test_a_folder_that_a_library_closed_twice_for_ctrl_c_is_an_interruption(
    rlaif: Rlaif, running: Callable[[Callable[[], Any]], None]
) -> None:
    running(lambda: closed_twice(OSError(errno.EBADF, os.strerror(errno.EBADF))))
    ended = rlaif("grade")
    assert (ended.status, ended.err) == (130, TOLD)


def test_a_disk_that_is_full_when_the_job_is_interrupted_is_told(
    rlaif: Rlaif, running: Callable[[Callable[[], Any]], None]
) -> None:
    running(lambda: closed_twice(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    ended = rlaif("grade")
    assert (ended.status, ended.err) == (2, "rlaif: run: No space left on device\n")


def test_ctrl_c_while_the_first_is_told_changes_nothing(
    rlaif: Rlaif,
    running: Callable[[Callable[[], Any]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tell = told_plainly

    def impatient(*given: Any, **more: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        tell(*given, **more)

    monkeypatch.setattr(cli, "tell", impatient)
    running(lambda: signal.raise_signal(signal.SIGINT))
    ended = rlaif("grade")
    assert (ended.status, ended.err) == (130, TOLD)


def test_ctrl_c_while_an_error_is_told_is_an_interruption(
    rlaif: Rlaif,
    running: Callable[[Callable[[], Any]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tell = told_plainly
    left = [1]

    def interrupted(*given: Any, **more: Any) -> None:
        if left:
            left.pop()
            raise KeyboardInterrupt
        tell(*given, **more)

    def failed() -> None:
        raise RunError("run: gone")

    monkeypatch.setattr(cli, "tell", interrupted)
    running(failed)
    assert rlaif("grade").status == 130


class _Tidied:
    def __del__(self) -> None:
        raise KeyboardInterrupt


def test_ctrl_c_while_python_tidies_up_prints_no_traceback(
    rlaif: Rlaif, running: Callable[[Callable[[], Any]], None]
) -> None:
    before = sys.unraisablehook

    def tidied() -> int:
        del [_Tidied()][0]
        return 0

    running(tidied)
    ended = rlaif("grade")
    assert (ended.status, ended.err) == (0, "")
    assert sys.unraisablehook is before
