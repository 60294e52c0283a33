"""Whether rows that are held out are: no prompt of theirs is trained on.

What is known of the rows lies in a file of SQLite's own, which has no name and goes when it is
closed; a million rows are never in memory at once.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from types import TracebackType
from typing import Self

from rlaif.errors import InputError
from rlaif.records.identity import canonical
from rlaif.records.training_rows import Row

_SHOWN = 80
"""Most characters of a prompt in a message."""


class HeldOut:
    """The prompts that are held out; rows without a prompt count as a whole."""

    def __init__(self) -> None:
        """Nothing is held out yet."""
        self._known = sqlite3.connect("")  # on disk, without a name
        self._known.execute("CREATE TABLE prompts (digest BLOB PRIMARY KEY) WITHOUT ROWID")
        self._shared = 0
        self._first = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._known.close()

    def keep(self, row: Row) -> None:
        """A row that is held out."""
        digest = _digest(_prompt(row))
        self._known.execute("INSERT OR IGNORE INTO prompts VALUES (?)", (digest,))

    def look(self, row: Row) -> None:
        """A row that is trained on."""
        prompt = _prompt(row)
        asked = self._known.execute("SELECT 1 FROM prompts WHERE digest = ?", (_digest(prompt),))
        with closing(asked):
            if asked.fetchone() is None:
                return
        self._first = self._first or prompt.decode()
        self._shared += 1

    def refuse_shared(self, sources: Sequence[str]) -> None:
        """Raises: InputError where a row that is trained on has a prompt of `sources`."""
        if not self._shared:
            return
        shown = self._first if len(self._first) <= _SHOWN else f"{self._first[:_SHOWN]}..."
        rows = (
            "1 row of 'data' has a prompt"
            if self._shared == 1
            else (f"{self._shared:,} rows of 'data' have a prompt")
        )
        raise InputError(
            f"{', '.join(sources)}: not held out: {rows} of 'eval_data', such as {shown}\n"
            "  hint: leave those rows out of 'data', or out of 'eval_data'"
        )


def _prompt(row: Row) -> bytes:
    """What a completion answers: the prompt, or the chat up to its last answer; else the row."""
    if (prompt := row.get("prompt")) is not None:
        return canonical(prompt)
    if isinstance(chat := row.get("messages"), list) and len(chat) > 1:
        return canonical(chat[:-1])
    return canonical(row)


def _digest(prompt: bytes) -> bytes:
    return hashlib.blake2b(prompt, digest_size=16).digest()
