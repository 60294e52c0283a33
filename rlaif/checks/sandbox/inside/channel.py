"""Lines of JSON over a file descriptor, for a process in the sandbox."""

from __future__ import annotations

import os
from typing import Any

from rlaif.checks.sandbox.inside.values import Garbled, dumps, loads


class Channel:
    """Reads and writes whole lines, and nothing else."""

    def __init__(self, descriptor: int) -> None:
        """Take an open socket or pipe."""
        self._descriptor = descriptor
        self._read = b""

    def receive(self, most: int | None = None) -> Any:
        """The next line's data; None when the other side has closed.

        Raises: Garbled, also where the line is longer than `most` bytes.
        """
        parts, size = [self._read], len(self._read)
        while b"\n" not in parts[-1]:
            got = os.read(self._descriptor, 1 << 18)
            if not got:
                return None
            parts.append(got)
            size += len(got)
            if most is not None and size > most:
                raise Garbled(f"a line of more than {most >> 20} MB")
        line, _, self._read = b"".join(parts).partition(b"\n")
        return loads(line)

    def exactly(self, size: int) -> bytes:
        """So many bytes that follow a line. Raises: EOFError."""
        parts, have = [self._read[:size]], min(size, len(self._read))
        self._read = self._read[size:]
        while have < size:
            got = os.read(self._descriptor, min(1 << 20, size - have))
            if not got:
                raise EOFError
            parts.append(got)
            have += len(got)
        return b"".join(parts)

    def send(self, data: Any) -> None:
        """One line."""
        self.write(dumps(data))

    def write(self, raw: bytes) -> None:
        """Bytes as they are."""
        view = memoryview(raw)
        while view:
            view = view[os.write(self._descriptor, view) :]
