"""The tables that a query sees: a run's samples, its effective grades and their outcomes.

They are views over the Parquet parts, so that a query reads only the columns it names. What is kept
in memory is narrow: for each graded sample, the part and the row that its grade stands in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlaif.storage import queries

Columns = Sequence[tuple[str, str, str]]
"""Name, type and meaning of each column of a table."""

_SAMPLES: Columns = (
    ("ordinal", "BIGINT", "the place in the input, from 0"),
    ("sample_id", "VARCHAR", ""),
    ("prompt", "VARCHAR", "the text; of a chat, its messages as JSON"),
    ("completion", "VARCHAR", "the text; of a chat, its messages as JSON"),
    ("policy", "VARCHAR", ""),
    ("group_id", "VARCHAR", "samples of one group share a prompt"),
    ("reference", "VARCHAR", ""),
    ("finish_reason", "VARCHAR", "why generation ended"),
    ("criteria", "JSON", "of this sample alone"),
    ("metadata", "JSON", "such as metadata->>'$.topic'"),
)
_GRADES: Columns = (
    ("ordinal", "BIGINT", "the place of the sample in the input, from 0"),
    ("sample_id", "VARCHAR", ""),
    ("policy", "VARCHAR", ""),
    ("group_id", "VARCHAR", "samples of one group share a prompt"),
    ("score", "DOUBLE", "in [0, 1]; null where something failed or nothing applies"),
    ("raw_score", "DOUBLE", "before clipping"),
    ("status", "VARCHAR", "ok or failed"),
    ("reason", "VARCHAR", "null, or such as gate:ID, prescreen:RULE, failed:ID"),
    ("rubric", "VARCHAR", "name@version"),
    ("judge", "VARCHAR", "name@version"),
    ("attempt", "INTEGER", "from 1"),
    ("reasoning_characters", "BIGINT", "taken out before grading"),
    ("truncated", "BOOLEAN", "cut by its length limit"),
    ("sections", "STRUCT(section VARCHAR, value DOUBLE)[]", ""),
)
_OUTCOMES: Columns = (
    ("ordinal", "BIGINT", "the place of the sample in the input, from 0"),
    ("sample_id", "VARCHAR", ""),
    ("policy", "VARCHAR", ""),
    ("group_id", "VARCHAR", ""),
    ("criterion", "VARCHAR", "its id"),
    ("kind", "VARCHAR", "verdict, failure or skipped"),
    ("answer", "VARCHAR", ""),
    ("value", "DOUBLE", "in [0, 1]"),
    ("probability", "DOUBLE", "of the answer"),
    ("label_mass", "DOUBLE", "share of the model's probability that fell on the labels"),
    ("stage", "VARCHAR", "of a failure: where it arose"),
    ("reason", "VARCHAR", "of what was skipped"),
    ("message", "VARCHAR", "of a failure"),
    ("rationale", "VARCHAR", "what the judge wrote before its answer"),
)
TABLES: Mapping[str, Columns] = {"grades": _GRADES, "outcomes": _OUTCOMES, "samples": _SAMPLES}
"""What a run of grades can be asked."""

_OF_SAMPLE = ("prompt", "completion", "policy", "group_id", "reference", "finish_reason")

_PARTS = """
CREATE TABLE inner_parts AS SELECT filename, row_number() OVER (ORDER BY filename) AS part
FROM (SELECT DISTINCT filename FROM grades_raw)
"""
_BEST = f"""
CREATE TABLE inner_best AS
SELECT s.ordinal, s.policy, s.group_id, g.part, g.file_row_number
FROM (
  SELECT ordinal, sample_id, sample_hash, sample->>'$.policy' AS policy,
    sample->>'$.group_id' AS group_id
  FROM samples_raw) s
JOIN (
  SELECT sample_id, sample_hash, part, file_row_number
  FROM grades_raw JOIN inner_parts USING (filename) WHERE under = $under
  QUALIFY row_number() OVER (PARTITION BY sample_id, sample_hash ORDER BY {queries.FIRST}) = 1
) g USING (sample_id, sample_hash)
"""  # noqa: S608 - constants
_JOINED = """
FROM grades_raw g JOIN inner_parts p USING (filename)
JOIN inner_best b ON b.part = p.part AND b.file_row_number = g.file_row_number
"""
_BESIDE = ("ordinal", "policy", "group_id")


def lay_views(connection: Any, under: str, *, graded: bool) -> None:
    """Make the views of TABLES over `samples_raw` and `grades_raw`.

    Where nothing is graded, those of grades and outcomes are empty.
    """
    connection.execute(f"CREATE VIEW samples AS {_samples()}")
    if not graded:
        for name in ("grades", "outcomes"):
            connection.execute(f"CREATE VIEW {name} AS {_none(TABLES[name])}")
        return
    connection.execute(_PARTS)
    connection.execute(_BEST, {"under": under})
    connection.execute(f"CREATE VIEW grades AS SELECT {_listed(_GRADES)} {_JOINED}")
    connection.execute(f"CREATE VIEW outcomes AS {_outcomes()}")


def _samples() -> str:
    texts = ", ".join(f"sample->>'$.{name}' AS {name}" for name in _OF_SAMPLE)
    lists = "sample->'$.criteria' AS criteria, sample->'$.metadata' AS metadata"
    return f"SELECT ordinal, sample_id, {texts}, {lists} FROM samples_raw"  # noqa: S608 - ours


def _outcomes() -> str:
    own = ", ".join(f"o.{name} AS {name}" for name, *_ in _OUTCOMES[4:])
    beside = "b.ordinal, g.sample_id, b.policy, b.group_id"
    unnested = f"SELECT {beside}, unnest(g.outcomes) AS o {_JOINED}"
    return f"SELECT ordinal, sample_id, policy, group_id, {own} FROM ({unnested})"  # noqa: S608 - ours


def _listed(columns: Columns) -> str:
    told = {name: f"b.{name}" for name in _BESIDE} | {"reason": "nullif(g.reason, '') AS reason"}
    return ", ".join(told.get(name, f"g.{name}") for name, *_ in columns)


def _none(columns: Columns) -> str:
    listed = ", ".join(f"NULL::{kind} AS {name}" for name, kind, _ in columns)
    return f"SELECT {listed} WHERE false"
