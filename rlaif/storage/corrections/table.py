"""Rows of a spreadsheet: a column for each criterion, one person's answers a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlaif.storage.corrections.foreign import Columns, Foreign, Vote, text_of


def read_row(number: int, row: Mapping[str, Any], columns: Columns) -> Foreign:
    """One row, by its headings; an empty cell is no answer."""
    found = Foreign(number)
    found.sample_id = text_of(columns.found(row, "sample_id"))
    found.input, found.output = columns.found(row, "input"), columns.found(row, "output")
    found.reference = columns.found(row, "reference")
    vote = Vote(str(columns.found(row, "annotator") or ""))
    vote.answers = {name: value for name, value in row.items() if value is not None}
    found.votes.append(vote)
    return found
