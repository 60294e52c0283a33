"""Which rows of a run's parts are kept when it is compacted, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rlaif.storage.database import rows
from rlaif.storage.queries import PART, PLACE, ROW

_KEPT = f"""
CREATE TABLE kept AS
SELECT hash(any_value(sample_id)) AS named, max({PLACE}) AS place
FROM grades JOIN grades_files USING (filename) {{which}}
GROUP BY md5_number(sample_id || chr(0) || sample_hash || chr(0) || under)
"""  # noqa: S608 - constants
"""Numbers only, of fixed size, however long the texts are."""

_CURRENT = """
SEMI JOIN (SELECT sample_id, sample_hash FROM samples) USING (sample_id, sample_hash)
WHERE under = $under
"""
_ORDER = f"""
SELECT {PART}, {ROW}, k.named
FROM kept k LEFT JOIN (SELECT ordinal, hash(sample_id) AS named FROM samples) s USING (named)
ORDER BY s.ordinal NULLS LAST, 3, 1, 2
"""  # noqa: S608 - constants


def kept_places(connection: Any, under: str, current_only: bool) -> Iterator[tuple[int, int, int]]:
    """(number of the part, row, hash of the sample id) of each row that is kept.

    Of the rows of one sample, one content and one `under` the effective one is kept. They come in
    the order of the samples, those of one id together and as they were written; ids that the run
    does not have now come last. With `current_only` only what is effective now is kept.
    Args: `connection`, a database with `samples` and `grades`.
    """
    given = {"under": under} if current_only else {}
    connection.execute(_KEPT.format(which=_CURRENT if current_only else ""), given)
    return rows(connection, _ORDER)
