"""Samples of a run to look at: chosen from narrow tables, their texts read one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from rlaif.records.figures import Seen
from rlaif.records.sample import Sample
from rlaif.storage.grade_table import read_grades
from rlaif.storage.part_rows import rows_at

_VARIED = """
SELECT ordinal FROM (
  SELECT ordinal, score, raw, row_number() OVER (
    PARTITION BY reason ORDER BY score {way}, raw {way}, ordinal) AS turn
  FROM marked WHERE score IS NOT NULL)
ORDER BY score {way}, turn, raw {way}, ordinal LIMIT $most
"""

_FAILED = """
SELECT ordinal FROM (
  SELECT ordinal, reason, row_number() OVER (PARTITION BY reason ORDER BY ordinal) AS turn
  FROM marked WHERE status = 'failed')
ORDER BY turn, reason, ordinal LIMIT $most
"""

_UNSURE = """
SELECT ordinal FROM (
  SELECT ordinal, list_min([
    o.gap for o in outcomes if o.gap IS NOT NULL
      AND NOT list_contains($checks::VARCHAR[], o.criterion)]) AS gap
  FROM slim WHERE score IS NOT NULL)
WHERE gap IS NOT NULL ORDER BY gap, ordinal LIMIT $most
"""

_TEXTS = """
SELECT ordinal, filename, file_row_number FROM samples{side} WHERE ordinal IN ({listed})
"""

_LIE = """
SELECT ordinal, filename, spot FROM marked{side} JOIN places{side} USING (place)
WHERE ordinal IN ({listed})
"""


def lowest(connection: Any, most: int) -> list[int]:
    """The ordinals of the lowest scores; of equal ones, of each reason one in turn."""
    return _ordinals(connection, _VARIED.format(way="ASC"), most=most)


def highest(connection: Any, most: int) -> list[int]:
    """The ordinals of the highest scores."""
    return _ordinals(connection, _VARIED.format(way="DESC"), most=most)


def failed(connection: Any, most: int) -> list[int]:
    """The ordinals of samples whose grade failed, of each reason one in turn."""
    return _ordinals(connection, _FAILED, most=most)


def unsure(connection: Any, checks: Sequence[str], most: int) -> list[int]:
    """The ordinals of samples with the most divided verdict of a judge.

    That is the one whose two likeliest answers lie nearest: of yes and no, the probability nearest
    to one half. Args: `checks`, the criteria that no judge answers.
    """
    return _ordinals(connection, _UNSURE, checks=list(checks), most=most)


def _ordinals(connection: Any, query: str, **given: Any) -> list[int]:
    return [ordinal for (ordinal,) in connection.execute(query, given).fetchall()]


def see(
    connection: Any,
    ordinals: Sequence[int],
    samples: Sequence[Path],
    grades: Sequence[Path],
    side: str = "",
) -> dict[int, Seen]:
    """Samples with their effective grades, by their ordinals; each read where it lies.

    Args: `samples` and `grades`, the files of the views of that `side`.
    """
    listed = ", ".join(str(int(ordinal)) for ordinal in ordinals)
    if not listed:
        return {}
    texts = connection.execute(_TEXTS.format(side=side, listed=listed)).fetchall()
    lie = connection.execute(_LIE.format(side=side, listed=listed)).fetchall()
    found = dict(rows_at(grades, _places(lie, grades), read_grades))
    seen = rows_at(samples, _places(texts, samples), _samples)
    return {ordinal: Seen(sample, found.get(ordinal)) for ordinal, sample in seen}


def _places(rows: Iterable[Any], files: Sequence[Path]) -> Iterator[tuple[int, int, int]]:
    """Rows of ordinal, file and row as `rows_at` takes them."""
    numbers = {str(file.absolute()): number for number, file in enumerate(files)}
    return ((ordinal, numbers[name], row) for ordinal, name, row in rows)


def _samples(batch: Any) -> Iterator[Sample]:
    for text in batch.column("sample").to_pylist():
        yield Sample.model_validate(orjson.loads(text))
