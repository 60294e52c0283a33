"""The verdict cache, looked into and left as it is: nothing counts as used, nothing is kept."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from rlaif.records.outcome import Verdict
from rlaif.storage import verdict_file
from rlaif.storage.verdict_bytes import unpacked

_LOG = logging.getLogger(__name__)
_AT_ONCE = 500
_KEY_BYTES = 16
_FIND = "SELECT key, content FROM verdicts WHERE key IN ({})"


class VerdictPeek:
    """Use as a context. A cache that is not there, or cannot be read, knows nothing."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the cache."""
        self._path = folder / verdict_file.NAME
        self._open: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        """Open the file, if there is one."""
        if self._path.is_file():
            try:
                self._open = verdict_file.look_into(self._path)
            except (verdict_file.NotOurs, sqlite3.Error) as error:
                self._tell(error)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def get(self, keys: Iterable[str]) -> dict[str, Verdict]:
        """Those of `keys` that are known."""
        wanted = {raw: key for key in keys if (raw := _raw(key)) is not None}
        asked, found = list(wanted), {}
        for start in range(0, len(asked), _AT_ONCE):
            for raw, content in self._rows(asked[start : start + _AT_ONCE]):
                verdict = unpacked(raw, content)
                if verdict is not None:
                    found[wanted[raw]] = verdict
        return found

    def put(self, key: str, verdict: Verdict, judge: str) -> None:
        """Nothing is kept."""

    def _rows(self, keys: list[bytes]) -> list[tuple[bytes, bytes]]:
        if self._open is None:
            return []
        try:
            query = _FIND.format(",".join("?" * len(keys)))
            return self._open.execute(query, keys).fetchall()
        except sqlite3.Error as error:
            self._tell(error)
            self._close()
            return []

    def _tell(self, error: Exception) -> None:
        _LOG.warning("verdict cache %s: %s; it is not looked into", self._path, error)

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def _raw(key: str) -> bytes | None:
    try:
        raw = bytes.fromhex(key)
    except ValueError:
        return None
    return raw if len(raw) == _KEY_BYTES else None
