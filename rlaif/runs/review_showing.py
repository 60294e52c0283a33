"""What of a review is shown to an annotator: without the judge, or with names hidden, if asked."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

from rlaif.records.review import Dispute, QueueRow, Regraded, ReviewItem
from rlaif.runs.review_disputes import dispute_of
from rlaif.runs.review_items import Mine, Whole, item_of, shown_why
from rlaif.runs.review_redacting import shown_dispute, shown_item, shown_row
from rlaif.storage.review import looking, queue
from rlaif.storage.review.content import PREVIEW
from rlaif.storage.review.redaction import Redactor, read_names


@dataclass(frozen=True, slots=True)
class Showing:
    """How a review is shown."""

    blind: bool = False
    redactor: Redactor | None = None

    def item(self, connection: sqlite3.Connection, whole: Whole, annotator: str) -> ReviewItem:
        """One sample before one annotator."""
        number = whole.kept.number
        rows, revision = looking.mine(connection, number, annotator)
        state = queue.state_of(connection, annotator, number)
        item = item_of(whole, Mine(rows, revision, state), blind=self.blind)
        return shown_item(item, self.redactor) if self.redactor else item

    def row(self, row: QueueRow) -> QueueRow:
        """A line of the queue."""
        if self.blind and row.state in ("open", "mine"):
            row = replace(row, score=None, why=shown_why(row.why, hidden=True))
        if self.redactor:
            return shown_row(row, self.redactor)
        return replace(row, preview=row.preview[:PREVIEW])

    def dispute(self, connection: sqlite3.Connection, whole: Whole, annotator: str) -> Dispute:
        """What is disputed of a sample; each judge hidden as in the item, where it is."""
        number = whole.kept.number
        lines = looking.lines(connection, number)
        names = looking.disputed(connection, number)
        answered = {x.criterion for x in lines if x.annotator == annotator and x.holds}
        hidden = set(names) - answered if self.blind else set()
        found = dispute_of(
            whole,
            {name: looking.settle_revision(connection, number, name) for name in names},
            [line for line in lines if line.done],
            looking.settled(connection, number),
            hidden,
        )
        return shown_dispute(found, self.redactor) if self.redactor else found

    def text(self, text: str) -> str:
        """A text that stands alone."""
        return self.redactor.item().text(text) if self.redactor else text

    def regraded(self, found: Regraded) -> Regraded:
        """With ids and messages as they are shown."""
        changed, reasons = (tuple(map(self.text, x)) for x in (found.changed, found.reasons))
        return replace(found, changed=changed, reasons=reasons)


def showing_of(*, blind: bool, redact: bool, names: Path | None) -> Showing:
    """How it was asked to be shown; with a list of names they are hidden. Raises: InputError."""
    listed = read_names(names) if names else []
    return Showing(blind, Redactor(listed) if redact or listed else None)
