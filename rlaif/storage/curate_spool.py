"""One reading of all texts: which of them are there already, and which are drawn to be graded.

What is held of a text that is not drawn are 16 bytes, in a file. A flag a row says what is a
duplicate: ten million of them are ten megabytes.
"""

from __future__ import annotations

import hashlib
import heapq
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rlaif.errors import InputError
from rlaif.records.identity import digest
from rlaif.storage.curate_rows import TextRow
from rlaif.storage.database import database, rows
from rlaif.storage.problems import Problems
from rlaif.storage.samples import Row

_ROWS = 65_536
_SCHEMA = pa.schema([("place", pa.int64()), ("high", pa.int64()), ("low", pa.int64())])
_REPEATED = """
SELECT s.place FROM spool s JOIN (
  SELECT high, low, min(place) AS first FROM spool GROUP BY high, low HAVING count(*) > 1
) d USING (high, low) WHERE s.place > d.first
"""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """All texts, as far as they have to be remembered."""

    rows: int
    duplicate: bytearray
    """A flag a row: 1 where its text is that of an earlier row."""
    drawn: list[TextRow]
    """In the order of the draw: a larger draw begins with every smaller one."""
    digest: str
    """Of all texts in their order."""

    @property
    def duplicates(self) -> int:
        """How many rows are duplicates."""
        return self.duplicate.count(1)


def survey(stream: Iterable[TextRow | Row], draw: int, seed: int) -> Surveyed:
    """Read all texts once, and draw `draw` different ones, each with the same chance.

    The draw depends on the texts and the seed, and not on their order or on how often one stands
    there. Raises: FileProblems with all rows that are no texts; InputError where there are none.
    """
    problems, drawing, state = Problems(), _Draw(draw, seed), hashlib.blake2b(digest_size=16)
    with tempfile.TemporaryDirectory(prefix="rlaif-") as folder:
        path = Path(folder) / "spool.parquet"
        with pq.ParquetWriter(path, _SCHEMA) as writer:
            spool = _Spool(writer)
            for one in stream:
                if isinstance(one, Row):
                    problems.add(one.problems)
                    continue
                state.update(one.key.encode())
                drawing.offer(one)
                spool.add(one.key)
            spool.flush()
        problems.refuse()
        if not spool.count:
            raise InputError("there are no texts in the input")
        duplicate = bytearray(spool.count)
        with database(spool=[path]) as connection:
            for (place,) in rows(connection, _REPEATED):
                duplicate[place] = 1
    return Surveyed(spool.count, duplicate, drawing.drawn(), state.hexdigest())


def unchanged(stream: Iterable[TextRow | Row], surveyed: Surveyed) -> Iterator[TextRow]:
    """The same texts once more. Raises: InputError at the end where they are others now."""
    state = hashlib.blake2b(digest_size=16)
    past = 0
    for past, one in enumerate(stream, 1):
        if isinstance(one, Row) or past > surveyed.rows:
            break
        state.update(one.key.encode())
        yield one
    if past == surveyed.rows and state.hexdigest() == surveyed.digest:
        return
    hint = "start the same command again; no grade is lost"
    raise InputError(f"the texts have changed while they were read\n  hint: {hint}")


class _Spool:
    """Writes the hash of each text, a batch in memory at a time."""

    def __init__(self, writer: Any) -> None:
        self.count = 0
        self._writer = writer
        self._high: list[int] = []
        self._low: list[int] = []

    def add(self, key: str) -> None:
        self._high.append(int(key[:16], 16) - 2**63)
        self._low.append(int(key[16:], 16) - 2**63)
        self.count += 1
        if len(self._low) == _ROWS:
            self.flush()

    def flush(self) -> None:
        places = range(self.count - len(self._low), self.count)
        columns = [pa.array(values, pa.int64()) for values in (places, self._high, self._low)]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=_SCHEMA))
        self._high, self._low = [], []


class _Draw:
    """The texts with the least hashes so far; no more texts than are drawn are in memory."""

    def __init__(self, most: int, seed: int) -> None:
        self._most, self._seed = most, str(seed)
        self._heap: list[tuple[int, int, TextRow]] = []
        self._in: set[int] = set()
        self._offered = 0

    def offer(self, one: TextRow) -> None:
        self._offered += 1
        chance = int(digest("curate", self._seed, one.key), 16)
        if chance in self._in:
            return
        entry = (-chance, self._offered, one)
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, entry)
        elif chance < -self._heap[0][0]:
            self._in.discard(-heapq.heapreplace(self._heap, entry)[0])
        else:
            return
        self._in.add(chance)

    def drawn(self) -> list[TextRow]:
        return [one for _, _, one in sorted(self._heap, key=lambda entry: -entry[0])]
