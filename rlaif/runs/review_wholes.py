"""Kept samples of a review, read together with the rubric that they were graded by."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from rlaif.errors import InputError, RunError
from rlaif.records.rubric import Rubric
from rlaif.runs.review_building import rubric_in
from rlaif.runs.review_items import Whole, whole_of
from rlaif.storage.review import content


class Wholes:
    """Each rubric is read once."""

    def __init__(self, path: Path) -> None:
        """Args: the review's file, for messages."""
        self._path = path
        self._rubrics: dict[int, Rubric] = {}

    def of(self, connection: sqlite3.Connection, number: int) -> Whole:
        """One sample. Raises: InputError where there is none; RunError."""
        kept = content.kept_sample(connection, number)
        if kept is None:
            # People count from 1, as the pages do.
            raise InputError(f"no sample {number + 1} in this review")
        return whole_of(kept, self.rubric(connection, kept.grounds))

    def rubric(self, connection: sqlite3.Connection, grounds: int) -> Rubric:
        """The rubric of that number. Raises: RunError."""
        if grounds not in self._rubrics:
            found = rubric_in(content.get_grounds(connection, grounds)[0])
            if found is None:
                raise RunError(f"{self._path}: its rubric cannot be read by this rlaif")
            self._rubrics[grounds] = found
        return self._rubrics[grounds]
