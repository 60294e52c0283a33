"""Lines that are held back on disk until it is known whether they are written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from rlaif.storage.whole_files import disk_errors


class HeldLines:
    """Use as a context. They lie in a temporary file, which is gone at the end."""

    def __enter__(self) -> Self:
        """Make the file. Raises: RunError."""
        self._folder = Path(tempfile.gettempdir())
        with disk_errors(self._folder):
            self._stream = tempfile.TemporaryFile()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        with disk_errors(self._folder):
            self._stream.close()

    def write(self, key: str, line: bytes) -> None:
        """Hold a line under its key, which has no tab. Raises: RunError where there is no room."""
        with disk_errors(self._folder):
            self._stream.write(key.encode() + b"\t" + line)

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """The lines in the order in which they came."""
        with disk_errors(self._folder):
            self._stream.seek(0)
        for both in self._stream:
            key, _, line = both.partition(b"\t")
            yield key.decode(), line
