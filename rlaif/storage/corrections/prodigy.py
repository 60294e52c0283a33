"""Prodigy's annotated tasks, as `prodigy db-out` writes them: JSON lines.

Read are the answer (accept, reject, ignore), the options accepted of a choice, and the texts of
input fields. A task with `label` and no options asks yes or no of that label.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from rlaif.storage.corrections.foreign import BadRecordError, Columns, Foreign, Vote, text_of

_CHOICE = "accept"
"""Where a task keeps the options that were accepted."""
_ANSWERS = ("accept", "reject", "ignore")


def read_prodigy(number: int, row: Mapping[str, Any], columns: Columns) -> Foreign:
    """One task. Raises: BadRecordError where it is none."""
    answer = row.get("answer")
    if answer not in _ANSWERS:
        raise BadRecordError(
            "a task has 'answer': accept, reject or ignore (`prodigy db-out` writes it)"
        )
    meta = row["meta"] if isinstance(row.get("meta"), dict) else {}
    known = {**meta, **row}
    found = Foreign(number)
    found.sample_id = text_of(columns.found(known, "sample_id"))
    found.input, found.output = columns.found(known, "input"), columns.found(known, "output")
    reference = columns.found(known, "reference")
    found.reference = None if reference is None else str(reference)
    if answer == "ignore" or (answer == "reject" and "options" in row):
        found.skipped = 1
        return found
    vote = Vote(str(columns.found(row, "annotator") or ""), at=_time(row.get("_timestamp")))
    label = row.get("label")
    if isinstance(label, str) and "options" not in row:
        vote.answers[label] = "yes" if answer == "accept" else "no"
    for name, value in row.items():
        if name == _CHOICE and isinstance(value, list):
            vote.answers[_CHOICE] = [str(one) for one in value]
        elif isinstance(value, str) and name not in ("answer", "label"):
            vote.answers[name] = value
    found.votes.append(vote)
    return found


def _time(stamp: Any) -> str:
    """Prodigy counts seconds since 1970."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | float):
        return ""
    try:
        moment = datetime.datetime.fromtimestamp(stamp, datetime.UTC)
    except (OverflowError, ValueError, OSError):
        return ""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
