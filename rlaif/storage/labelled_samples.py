"""The samples of a run that people labelled, and beside them the narrow columns of all others.

Only labelled samples are read with their texts. In memory are, besides what DuckDB holds and
spills, a few rows of those, and the columns of one criterion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from rlaif.records.grade import Grade
from rlaif.records.sample import Sample
from rlaif.storage import queries
from rlaif.storage.database import database, quoted
from rlaif.storage.grade_table import read_grades
from rlaif.storage.part_rows import rows_at
from rlaif.storage.run_folder import RunFolder

_BLANK = r"[\s\x0b\x1c-\x1f\x85\pZ]+"
_PROMPTS = f"""
CREATE TABLE prompts AS
SELECT ordinal, sample_id, sample_hash, dense_rank() OVER (ORDER BY named) - 1 AS cluster,
  sample_id IN (SELECT sample_id FROM wanted) AS labelled, filename, spot
FROM (
  SELECT ordinal, sample_id, sample_hash, filename, file_row_number AS spot,
    md5_number(CASE WHEN text IS NULL THEN 'c' || chat
      ELSE 't' || trim(regexp_replace(nfc_normalize(text), '{_BLANK}', ' ', 'g')) END) AS named
  FROM (
    SELECT ordinal, sample_id, sample_hash, filename, file_row_number,
      json_extract_string(sample, '$.prompt') AS chat,
      CASE WHEN json_type(sample, '$.prompt') = 'VARCHAR' THEN chat
        WHEN json_array_length(sample, '$.prompt') = 1
          AND json_extract_string(sample, '$.prompt[0].role') = 'user'
          AND coalesce(json_array_length(sample, '$.prompt[0].tool_calls'), 0) = 0
        THEN json_extract_string(sample, '$.prompt[0].content') END AS text
    FROM samples))
"""  # noqa: S608 - constants
"""A prompt is what its words are, as `agreement.splitting.prompt_key` has it: a group of its own
makes no other prompt of it. Only of chats of several turns does white space count."""
_PLACES = f"""
SELECT p.ordinal, p.sample_hash, p.cluster, p.filename, p.spot, {queries.PART}, {queries.ROW}
FROM prompts p LEFT JOIN best USING (ordinal) WHERE p.labelled ORDER BY p.ordinal
"""  # noqa: S608 - constants
_SAID = f"""
CREATE TABLE said AS
SELECT ordinal, o.criterion AS criterion, o.answer AS answer, o.value AS value FROM (
  SELECT part, file_row_number AS spot, unnest(outcomes) AS o
  FROM grades JOIN grades_files USING (filename))
JOIN (SELECT ordinal, {queries.PART} AS part, {queries.ROW} AS spot FROM best) USING (part, spot)
WHERE o.kind = 'verdict'
"""  # noqa: S608 - constants
_VERDICTS = """
SELECT ordinal, cluster, hash(sample_id || chr(0) || sample_hash) AS named,
  coalesce(list_position({answers}, answer) - 1, -1)::INT AS place, value
FROM said JOIN prompts USING (ordinal)
WHERE criterion = {criterion} AND value IS NOT NULL ORDER BY ordinal
"""


@dataclass(frozen=True, slots=True)
class LabelledSample:
    """One sample that somebody labelled, with its effective grade."""

    ordinal: int
    sample_hash: str
    cluster: int
    """The number of its prompt."""
    sample: Sample
    grade: Grade | None


class LabelledRun:
    """A run, and which of its samples are labelled. Make one with `labelled_run`."""

    def __init__(
        self, connection: Any, samples: Sequence[Path], grades: Sequence[Path], under: str
    ) -> None:
        """Lay the narrow tables over the parts; the table `wanted` is there."""
        self._connection, self._samples, self._grades = connection, samples, grades
        self._has_said = False
        connection.execute(_PROMPTS)
        queries.find_best(connection, under)

    def counts(self) -> tuple[int, int]:
        """How many samples the run has, and how many of them are labelled."""
        query = "SELECT count(*), count(*) FILTER (labelled) FROM prompts"
        every, labelled = self._connection.execute(query).fetchone()
        return int(every), int(labelled)

    def unknown(self) -> list[str]:
        """The ids that were asked for and that no sample has, in alphabetical order."""
        query = (
            "SELECT sample_id FROM wanted WHERE sample_id NOT IN "
            "(SELECT sample_id FROM prompts) ORDER BY 1"
        )
        return [name for (name,) in self._connection.execute(query).fetchall()]

    def near(self, name: str) -> list[str]:
        """The ids of the run that are most like one that it does not have."""
        return queries.near_ids(self._connection, name, 3)

    def samples(self) -> Iterator[LabelledSample]:
        """Those that are labelled, in the order of the run."""
        files = {str(file.absolute()): number for number, file in enumerate(self._samples)}
        places = self._connection.execute(_PLACES).fetchall()
        texts = rows_at(
            self._samples, ((row[0], files[row[3]], row[4]) for row in places), _read_samples
        )
        graded = ((row[0], row[5], row[6]) for row in places if row[5] is not None)
        grades = dict(rows_at(self._grades, graded, read_grades))
        for (ordinal, content, cluster, *_), (_, sample) in zip(places, texts, strict=True):
            yield LabelledSample(ordinal, content, cluster, sample, grades.get(ordinal))

    def verdicts(self, criterion: str, answers: Sequence[str]) -> dict[str, Any]:
        """The verdicts on one criterion of every sample that has one, in the run's order.

        Columns, as numpy arrays: `ordinal` int; `cluster` int; `named`, a hash of id and content;
        `place` int, of the answer among `answers`, -1 for none of them; `value` float.
        """
        if not self._has_said:
            self._connection.execute(_SAID)
            self._has_said = True
        listed = "[" + ", ".join(map(quoted, answers)) + "]::VARCHAR[]"
        query = _VERDICTS.format(criterion=quoted(criterion), answers=listed)
        found: dict[str, Any] = self._connection.execute(query).fetchnumpy()
        return found


@contextmanager
def labelled_run(run: RunFolder, ids: Iterable[str]) -> Iterator[LabelledRun]:
    """The run with the samples of these ids apart. Raises: RunError."""
    samples, grades = run.files()
    wanted = pa.table({"sample_id": pa.array(sorted(set(ids)), pa.string())})
    with database(samples=samples, grades=grades) as connection:
        connection.register("wanted", wanted)
        yield LabelledRun(connection, samples, grades, run.manifest.under)


def _read_samples(batch: Any) -> Iterator[Sample]:
    for text in batch.column("sample").to_pylist():
        yield Sample.model_validate(orjson.loads(text))
