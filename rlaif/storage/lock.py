"""One writer a run: an advisory lock that the system lets go of when its holder dies."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from rlaif.errors import RunError, RunLocked
from rlaif.storage.whole_files import disk_errors

_MOVE = "choose a folder on another one; a run that is there already can be copied"

_LOOK_S = 0.05


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`. Raises: RunLocked when another holds it, naming it if it can."""
    with disk_errors(path):
        stream = path.open("a+")
    with stream:
        _take(stream, path)
        _sign(stream)
        yield


def _take(stream: IO[str], path: Path) -> None:
    try:
        _flock(stream)
    except BlockingIOError as error:
        stream.seek(0)
        holder = stream.read(200).strip()
        by = f" by {holder}" if holder else ""
        raise RunLocked(
            f"{path.parent}: in use{by}\n  hint: wait for it to end, or choose another folder"
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
            raise RunError(
                f"{path.parent}: this file system has no locks\n  hint: {_MOVE}"
            ) from error
        with disk_errors(path):
            raise


def _flock(stream: IO[str]) -> None:
    """Lock it. One more try: `rlaif runs` looks for an instant whether a run is in use."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(_LOOK_S)
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sign(stream: IO[str]) -> None:
    """Say who holds it; for the message of the one who comes second.

    Written at once: what a full disk left in the stream would break the job when it is closed.
    """
    with suppress(OSError):
        os.ftruncate(stream.fileno(), 0)
        os.write(stream.fileno(), f"process {os.getpid()} on {socket.gethostname()}\n".encode())
