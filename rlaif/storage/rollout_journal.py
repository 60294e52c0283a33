"""The completions of a rollout so far: a line each, as they came, and where each stands on disk."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import orjson

from rlaif.records.sample import Sample
from rlaif.storage.whole_files import disk_errors

_SIZE = 8
"""Bytes of a number in `places`: where a line begins in the journal, plus one; 0 for none."""


class Journal:
    """The completions so far; one writer."""

    def __init__(self, folder: Path, count: int) -> None:
        """Open it, and drop what was torn. Raises: OSError."""
        self._folder = folder
        self._stream: IO[bytes] = (folder / "journal.jsonl").open("a+b")
        with (folder / "places").open("wb") as places:
            places.truncate(max(count, 1) * _SIZE)
        with (folder / "places").open("r+b") as places:
            self._places = mmap.mmap(places.fileno(), 0)
        self.kept = 0
        self._end = self._read()

    def has(self, at: int) -> bool:
        """Whether the completion at this place is there."""
        return self._place(at) > 0

    def add(self, at: int, sample: Sample) -> None:
        """Put down the completion at this place. Raises: RunError."""
        line = b"%d\t%s\n" % (at, orjson.dumps(sample.as_written()))
        with disk_errors(self._folder):
            self._stream.write(line)
            self._stream.flush()
        self._note(at, self._end)
        self._end += len(line)

    def lines(self) -> Iterator[bytes]:
        """What is there, as lines of samples in the order of the prompts."""
        count = len(self._places) // _SIZE
        for at in range(count):
            if place := self._place(at):
                self._stream.seek(place - 1)
                yield self._stream.readline().partition(b"\t")[2]

    def close(self) -> None:
        """Close the files."""
        self._places.close()
        with disk_errors(self._folder):
            self._stream.close()

    def _read(self) -> int:
        """Find the place of every whole line; where the next one begins."""
        self._stream.seek(0)
        end = 0
        for line in self._stream:
            at = line.partition(b"\t")[0]
            if not line.endswith(b"\n") or not at.isdigit() or not self._is_whole(line):
                break
            self._note(int(at), end)
            end += len(line)
        self._stream.seek(end)
        self._stream.truncate()
        return end

    def _is_whole(self, line: bytes) -> bool:
        try:
            orjson.loads(line.partition(b"\t")[2])
        except orjson.JSONDecodeError:
            return False
        return int(line.partition(b"\t")[0]) < len(self._places) // _SIZE

    def _note(self, at: int, place: int) -> None:
        self.kept += not self._place(at)
        self._places[at * _SIZE : (at + 1) * _SIZE] = (place + 1).to_bytes(_SIZE, "little")

    def _place(self, at: int) -> int:
        return int.from_bytes(self._places[at * _SIZE : (at + 1) * _SIZE], "little")
