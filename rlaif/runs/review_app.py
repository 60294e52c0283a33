"""`ports.Reviewing` over the file of a review. For any thread; blocks briefly."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

from rlaif.errors import InputError
from rlaif.ports import JudgeBackend
from rlaif.records.judge import Judge
from rlaif.records.review import (
    Dispute,
    Progress,
    QueueRow,
    Regraded,
    ReviewItem,
    State,
    Undone,
)
from rlaif.records.rubric import Rubric
from rlaif.runs.review_bounds import (
    criterion_of,
    now,
    refuse_label,
    refuse_name,
    refuse_text,
    told,
)
from rlaif.runs.review_building import rubric_in, same_of
from rlaif.runs.review_disputes import dispute_of
from rlaif.runs.review_items import Mine, Whole, fields_of, item_of, shown_why, whole_of
from rlaif.runs.review_progress import progress_of
from rlaif.runs.review_redacting import shown_dispute, shown_item, shown_row
from rlaif.runs.review_regrade import Regrader
from rlaif.runs.review_rubric import RubricDesk, desk_of
from rlaif.storage.review import acts, content, looking, queue
from rlaif.storage.review.acts import Field, Kind, Saying
from rlaif.storage.review.file import ReviewFile
from rlaif.storage.review.redaction import Redactor, read_names

_MOST_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Manner:
    """How a review is shown."""

    blind: bool = False
    redactor: Redactor | None = None


class Review:
    """A run under review. Made by `open_review`."""

    def __init__(
        self,
        kept: ReviewFile,
        *,
        rubric: Path | None = None,
        judge: Judge | None = None,
        blind: bool = False,
        redact: bool = False,
        names: Path | None = None,
        backend: JudgeBackend | None = None,
    ) -> None:
        """The arguments are as for `open_review`; closes `kept` where they cannot be."""
        self._kept = kept
        self._rubrics: dict[int, Rubric] = {}
        try:
            listed = read_names(names) if names else []
            self._manner = Manner(blind, Redactor(listed) if redact or listed else None)
            with kept.reading() as connection:
                self._title = content.get_meta(connection, "title")
                grounds = int(content.get_meta(connection, "grounds") or 0)
                text = content.get_grounds(connection, grounds)[0]
                command = content.get_meta(connection, "command")
            self._grounds = grounds
            self._desk: RubricDesk = desk_of(rubric, command, text)
            self._regrader = Regrader(judge, backend) if judge else None
        except BaseException:
            kept.close()
            raise

    @property
    def title(self) -> str:
        """See `ports.Reviewing`."""
        return self._title

    @property
    def rubric_text(self) -> str:
        """See `ports.Reviewing`."""
        return self._desk.text

    @property
    def can_regrade(self) -> bool:
        """See `ports.Reviewing`."""
        return self._regrader is not None and not self._desk.locked

    def queue(
        self,
        annotator: str,
        state: State | None = None,
        words: str = "",
        first: int = 0,
        most: int = 50,
    ) -> list[QueueRow]:
        """See `ports.Reviewing`."""
        refuse_name(annotator)
        first, most = max(0, first), max(0, min(most, _MOST_ROWS))
        with self._kept.reading() as connection:
            rows = queue.queue_rows(connection, annotator, state, words, first, most)
        return [self._row(row) for row in rows]

    def item(self, number: int, annotator: str) -> ReviewItem:
        """See `ports.Reviewing`."""
        refuse_name(annotator)
        with self._kept.reading() as connection:
            return self._item(connection, self._whole(connection, number), annotator)

    def after(self, number: int, annotator: str) -> int | None:
        """See `ports.Reviewing`."""
        refuse_name(annotator)
        with self._kept.reading() as connection:
            return queue.next_open(connection, annotator, number)

    def answer(
        self, number: int, annotator: str, criterion: str, label: str | None, revision: int
    ) -> ReviewItem:
        """See `ports.Reviewing`."""
        saying = Saying(says=True, label=label)
        return self._say(number, annotator, "answer", saying, revision, criterion)

    def take_back(self, number: int, annotator: str, criterion: str, revision: int) -> ReviewItem:
        """See `ports.Reviewing`."""
        return self._say(number, annotator, "answer", acts.NOTHING_SAID, revision, criterion)

    def comment(
        self, number: int, annotator: str, text: str, revision: int, criterion: str = ""
    ) -> ReviewItem:
        """See `ports.Reviewing`; an empty text takes it back."""
        saying = Saying(says=bool(text.strip()), text=text if text.strip() else "")
        return self._say(number, annotator, "comment", saying, revision, criterion)

    def rewrite(self, number: int, annotator: str, text: str | None, revision: int) -> ReviewItem:
        """See `ports.Reviewing`; one that was written over hidden names is marked so."""
        redacted = self._manner.redactor is not None and text is not None
        saying = Saying(says=text is not None, text=text or "", redacted=redacted)
        return self._say(number, annotator, "rewrite", saying, revision)

    def undo(self, annotator: str) -> Undone | None:
        """See `ports.Reviewing`."""
        refuse_name(annotator)
        with self._kept.writing() as connection:
            last = acts.last_act(connection, annotator)
            if last is None:
                return None
            act, field = last
            whole = self._whole(connection, field.number)
            same = same_of(whole.criterion(field.criterion))
            taken = acts.undo(connection, act, field, same)
            return Undone(field.number, told(taken, self._shown_id(whole)))

    def progress(self, annotator: str) -> Progress:
        """See `ports.Reviewing`."""
        refuse_name(annotator)
        with self._kept.reading() as connection:
            totals = queue.totals(connection, annotator)
            tallies = queue.tallies(connection, annotator)
            rubric = self._rubric(connection, self._grounds)
        return progress_of(annotator, totals, tallies, rubric)

    def disputes(self, first: int = 0, most: int = 50) -> list[Dispute]:
        """See `ports.Reviewing`."""
        first, most = max(0, first), max(0, min(most, _MOST_ROWS))
        with self._kept.reading() as connection:
            numbers = queue.disputed_numbers(connection, first, most)
            return [self._dispute(connection, number) for number in numbers]

    def settle(
        self, number: int, annotator: str, criterion: str, label: str | None, comment: str = ""
    ) -> Dispute:
        """See `ports.Reviewing`. Raises: InputError also where nobody disagrees."""
        refuse_name(annotator)
        refuse_text(comment)
        with self._kept.writing() as connection:
            whole = self._whole(connection, number)
            known = criterion_of(whole, criterion)
            refuse_label(known, label)
            if criterion not in looking.disputed(connection, number):
                raise InputError(f"sample {number}: nobody disagrees on '{criterion}'")
            field = Field(number, annotator, "settle", criterion)
            saying = Saying(says=True, label=label, text=comment)
            acts.say(connection, field, saying, now(), same_of(known))
            return self._dispute(connection, number)

    def save_rubric(self, text: str) -> list[str]:
        """See `ports.Reviewing`."""
        return self._desk.save(text)

    def criterion_text(self, criterion: str) -> str:
        """See `ports.Reviewing`."""
        return self._desk.criterion(criterion)

    def save_criterion(self, criterion: str, text: str) -> list[str]:
        """See `ports.Reviewing`."""
        return self._desk.save_criterion(criterion, text)

    async def regrade(self, criterion: str) -> Regraded:
        """See `ports.Reviewing`."""
        if self._regrader is None:
            hint = "start `rlaif review` with --judge"
            raise InputError(f"no judge is there to grade again\n  hint: {hint}")
        rubric = self._desk.rubric()
        with self._kept.reading() as connection:
            labels = looking.labels_of(connection, criterion)
            wholes = {n: self._whole(connection, n) for n in dict.fromkeys(n for n, *_ in labels)}
        found = await self._regrader.regraded(rubric, criterion, labels, wholes)
        return replace(found, changed=tuple(self._hidden(name) for name in found.changed))

    def close(self) -> None:
        """See `ports.Reviewing`."""
        if self._regrader is not None:
            self._regrader.close()
        self._kept.close()

    def _say(
        self,
        number: int,
        annotator: str,
        kind: Kind,
        saying: Saying,
        revision: int,
        criterion: str = "",
    ) -> ReviewItem:
        refuse_name(annotator)
        refuse_text(saying.text)
        with self._kept.writing() as connection:
            whole = self._whole(connection, number)
            known = criterion_of(whole, criterion) if criterion or kind == "answer" else None
            if known is not None and kind == "answer" and saying.says:
                refuse_label(known, saying.label)
            field = Field(number, annotator, kind, criterion)
            acts.say(connection, field, saying, now(), same_of(known), revision)
            return self._item(connection, whole, annotator)

    def _item(self, connection: sqlite3.Connection, whole: Whole, annotator: str) -> ReviewItem:
        number = whole.kept.number
        rows, revision = looking.mine(connection, number, annotator)
        state = queue.state_of(connection, annotator, number)
        mine = Mine(fields_of(rows), revision, state)
        item = item_of(whole, mine, blind=self._manner.blind)
        redactor = self._manner.redactor
        return shown_item(item, redactor) if redactor else item

    def _row(self, row: QueueRow) -> QueueRow:
        if self._manner.blind and row.state in ("open", "mine"):
            row = replace(row, score=None, why=shown_why(row.why, hidden=True))
        redactor = self._manner.redactor
        return shown_row(row, redactor) if redactor else row

    def _dispute(self, connection: sqlite3.Connection, number: int) -> Dispute:
        whole = self._whole(connection, number)
        found = dispute_of(
            whole,
            looking.disputed(connection, number),
            looking.lines(connection, number),
            looking.settled(connection, number),
        )
        redactor = self._manner.redactor
        return shown_dispute(found, redactor) if redactor else found

    def _whole(self, connection: sqlite3.Connection, number: int) -> Whole:
        kept = content.kept_sample(connection, number)
        if kept is None:
            raise InputError(f"no sample {number} in this review")
        return whole_of(kept, self._rubric(connection, kept.grounds))

    def _rubric(self, connection: sqlite3.Connection, grounds: int) -> Rubric:
        if grounds not in self._rubrics:
            found = rubric_in(content.get_grounds(connection, grounds)[0])
            if found is None:
                raise InputError(f"{self._kept.path}: its rubric cannot be read by this rlaif")
            self._rubrics[grounds] = found
        return self._rubrics[grounds]

    def _shown_id(self, whole: Whole) -> str:
        return self._hidden(whole.sample.sample_id)

    def _hidden(self, text: str) -> str:
        redactor = self._manner.redactor
        return redactor.item().text(text) if redactor else text
