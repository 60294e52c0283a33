"""Corrections laid on disk: the newest of each id, and those of one sample together.

In memory are an id, a place and a few hashes of each; the texts lie in a temporary file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import orjson

from rlaif.records.correction import Correction
from rlaif.records.identity import canonical, digest
from rlaif.records.sample import Chat
from rlaif.storage.corrections.reading import line_of
from rlaif.storage.whole_files import disk_errors


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    size: int
    sample: str


class Spooled:
    """Corrections of which the newest of each id counts. Use as a context."""

    def __init__(self) -> None:
        """Hold none yet."""
        self._newest: dict[str, _Place] = {}
        self.read = 0
        """Corrections taken, replaced ones included."""

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

    def take(self, corrections: Iterable[Correction]) -> None:
        """Take them in, in their order. Raises: RunError where there is no room."""
        for one in corrections:
            line = line_of(one)
            with disk_errors(self._folder):
                start = self._stream.seek(0, 2)
                self._stream.write(line)
            # Put in again, not replaced: the order is that of the newest lines.
            self._newest.pop(one.correction_id, None)
            self._newest[one.correction_id] = _Place(start, len(line), sample_key(one))
            self.read += 1

    def __len__(self) -> int:
        """How many there are, each id once."""
        return len(self._newest)

    def __iter__(self) -> Iterator[Correction]:
        """The newest of each id, in the order of their lines."""
        for place in self._newest.values():
            yield self._at(place)

    def by_sample(self) -> Iterator[Sequence[Correction]]:
        """All corrections of one sample after another; samples in the order of their first."""
        groups: dict[str, list[_Place]] = {}
        for place in self._newest.values():
            groups.setdefault(place.sample, []).append(place)
        for places in groups.values():
            yield [self._at(place) for place in places]

    def _at(self, place: _Place) -> Correction:
        with disk_errors(self._folder):
            self._stream.seek(place.start)
            line = self._stream.read(place.size)
        return Correction.model_validate(orjson.loads(line))


def sample_key(correction: Correction) -> str:
    """What makes two corrections ones of the same sample: its id, and its texts."""
    texts = (_text(correction.input), _text(correction.output), correction.reference or "")
    return digest(correction.sample_id, *texts)


def _text(side: str | Chat) -> bytes:
    return canonical(side if isinstance(side, str) else [turn.as_written() for turn in side])
