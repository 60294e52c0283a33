"""Files of requests for a batch API, each within what such an API takes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import IO, Self

from rlaif.errors import InputError
from rlaif.storage.place_names import told
from rlaif.storage.places import place_of
from rlaif.storage.placing import placed

MOST_REQUESTS = 50_000
MOST_BYTES = 200_000_000
"""Of one file, as OpenAI's Batch API takes it."""


class RequestFiles:
    """Use as a context. The first file is at the place that was named, later ones are numbered.

    No file is made before there is a request for it; each is whole or not there.
    """

    def __init__(
        self,
        out: str,
        most_requests: int = MOST_REQUESTS,
        most_bytes: int = MOST_BYTES,
        whole: Callable[[str, list[str]], None] = lambda name, keys: None,
    ) -> None:
        """`whole` is told of each file once it is there, with the keys of its requests.

        Raises: InputError where something is at `out` already.
        """
        self._whole, self._keys = whole, list[str]()
        self._out, self._most_requests, self._most_bytes = out, most_requests, most_bytes
        self._stack = ExitStack()
        self._stream: IO[bytes] | None = None
        self._requests = self._bytes = 0
        self.names: list[str] = []
        """The files so far, as they are told."""
        self.requests = 0
        _refuse_known(out)

    def __enter__(self) -> Self:
        """Nothing is written yet."""
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        """Finish the last file; drop it where something went wrong."""
        self._stack.__exit__(kind, value, traceback)  # type: ignore[arg-type] # passed on as given
        if kind is None:
            self._told()

    def write(self, key: str, line: bytes) -> None:
        """Write the request under `key`. Raises: InputError, RunError."""
        full = self._requests >= self._most_requests or self._bytes + len(line) > self._most_bytes
        if self._stream is None or full:
            self._stack.close()
            self._told()
            name = self._next()
            _refuse_known(name)
            self._stream = self._stack.enter_context(placed(name))
            self._requests = self._bytes = 0
            self.names.append(told(name))
        self._stream.write(line)
        self._keys.append(key)
        self._requests += 1
        self._bytes += len(line)
        self.requests += 1

    def _told(self) -> None:
        if self._keys:
            keys, self._keys = self._keys, []
            self._whole(self.names[-1], keys)

    def _next(self) -> str:
        number = len(self.names) + 1
        if number == 1:
            return self._out
        folder, slash, name = self._out.rpartition("/")
        stem, point, suffix = name.partition(".")
        return f"{folder}{slash}{stem}-{number}{point}{suffix}"


def _refuse_known(name: str) -> None:
    place = place_of(name)
    if place.kind():
        hint = "each wave has files of its own: name another one, such as wave-2.jsonl"
        raise InputError(f"{place.name}: already there\n  hint: {hint}")
