"""`ports.Reviewing` over the file of a review. For any thread; blocks briefly."""

from __future__ import annotations

from pathlib import Path

from rlaif.errors import InputError
from rlaif.ports import JudgeBackend
from rlaif.records.judge import Judge
from rlaif.records.review import Dispute, Progress, QueueRow, Regraded, ReviewItem, State, Undone
from rlaif.runs.review_bounds import (
    criterion_of,
    now,
    refuse_label,
    refuse_name,
    refuse_text,
    told,
)
from rlaif.runs.review_progress import progress_of
from rlaif.runs.review_regrade import Regrader
from rlaif.runs.review_rubric import RubricDesk, desk_of
from rlaif.runs.review_showing import showing_of
from rlaif.runs.review_terms import terms_by
from rlaif.runs.review_wholes import Wholes
from rlaif.storage.review import acts, content, looking, queue
from rlaif.storage.review.acts import Field, Saying
from rlaif.storage.review.file import ReviewFile

_MOST_ROWS = 1000


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
        self._wholes = Wholes(kept.path)
        try:
            self._showing = showing_of(blind=blind, redact=redact, names=names)
            with kept.reading() as connection:
                self._review_id = content.get_meta(connection, "review_id")
                self._title = content.get_meta(connection, "title")
                self._grounds = int(content.get_meta(connection, "grounds") or 0)
                text = content.get_grounds(connection, self._grounds)[0]
                command = content.get_meta(connection, "command")
            self._desk: RubricDesk = desk_of(rubric, command, text)
            self._regrader = Regrader(judge, backend) if judge else None
        except BaseException:
            kept.close()
            raise

    @property
    def review_id(self) -> str:
        """See `ports.Reviewing`."""
        return self._review_id

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
            shown = self._showing.text if self._showing.redactor else None
            rows = queue.queue_rows(connection, annotator, state, words, first, most, shown)
        return [self._showing.row(row) for row in rows]

    def item(self, number: int, annotator: str) -> ReviewItem:
        """See `ports.Reviewing`."""
        refuse_name(annotator)
        with self._kept.reading() as connection:
            whole = self._wholes.of(connection, number)
            return self._showing.item(connection, whole, annotator)

    def after(self, number: int, annotator: str) -> int | None:
        """See `ports.Reviewing`."""
        refuse_name(annotator)
        with self._kept.reading() as connection:
            return queue.next_open(connection, annotator, number)

    def answer(
        self,
        number: int,
        annotator: str,
        criterion: str,
        label: str | None,
        revision: int,
        comment: str | None = None,
    ) -> ReviewItem:
        """See `ports.Reviewing`; the comment is an act of its own, which `undo` takes back last."""
        says = [] if comment is None else [_comment(number, annotator, criterion, comment)]
        field = Field(number, annotator, "answer", criterion)
        return self._say([*says, (field, Saying(says=True, label=label))], revision)

    def take_back(self, number: int, annotator: str, criterion: str, revision: int) -> ReviewItem:
        """See `ports.Reviewing`."""
        field = Field(number, annotator, "answer", criterion)
        return self._say([(field, acts.NOTHING_SAID)], revision)

    def comment(
        self, number: int, annotator: str, text: str, revision: int, criterion: str = ""
    ) -> ReviewItem:
        """See `ports.Reviewing`; an empty text takes it back."""
        return self._say([_comment(number, annotator, criterion, text)], revision)

    def rewrite(self, number: int, annotator: str, text: str | None, revision: int) -> ReviewItem:
        """See `ports.Reviewing`; one that was written over hidden names is marked so."""
        redacted = self._showing.redactor is not None and text is not None
        saying = Saying(says=text is not None, text=text or "", redacted=redacted)
        return self._say([(Field(number, annotator, "rewrite"), saying)], revision)

    def undo(self, annotator: str) -> Undone | None:
        """See `ports.Reviewing`."""
        refuse_name(annotator)
        with self._kept.writing() as connection:
            last = acts.last_act(connection, annotator)
            if last is None:
                return None
            act, field = last
            whole = self._wholes.of(connection, field.number)
            taken = acts.undo(connection, act, field, terms_by(whole.criterion))
            return Undone(field.number, told(taken, self._showing.text(whole.sample.sample_id)))

    def progress(self, annotator: str) -> Progress:
        """See `ports.Reviewing`."""
        refuse_name(annotator)
        with self._kept.reading() as connection:
            totals = queue.totals(connection, annotator)
            tallies = queue.tallies(connection, annotator)
            agreements = queue.agreements(connection, annotator)
            rubric = self._wholes.rubric(connection, self._grounds)
        return progress_of(annotator, totals, tallies, agreements, rubric)

    def disputes(
        self, annotator: str, first: int = 0, most: int = 50, *, others: bool = False
    ) -> list[Dispute]:
        """See `ports.Reviewing`."""
        refuse_name(annotator)
        first, most = max(0, first), max(0, min(most, _MOST_ROWS))
        with self._kept.reading() as connection:
            numbers = queue.disputed_numbers(connection, annotator, first, most, others=others)
            wholes = (self._wholes.of(connection, number) for number in numbers)
            return [self._showing.dispute(connection, whole, annotator) for whole in wholes]

    def settle(
        self,
        number: int,
        annotator: str,
        criterion: str,
        label: str | None,
        revision: int,
        comment: str = "",
    ) -> Dispute:
        """See `ports.Reviewing`. Raises: StaleReview also where a disputed answer has changed."""
        refuse_name(annotator)
        refuse_text(comment)
        with self._kept.writing() as connection:
            whole = self._wholes.of(connection, number)
            refuse_label(criterion_of(whole, criterion), label)
            if criterion not in looking.disputed(connection, number):
                raise InputError(f"sample {number + 1}: nobody disagrees on '{criterion}'")
            field = Field(number, annotator, "settle", criterion)
            saying = Saying(says=True, label=label, text=comment)
            acts.say(connection, field, saying, now(), terms_by(whole.criterion), revision)
            return self._showing.dispute(connection, whole, annotator)

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
            wholes = {
                n: self._wholes.of(connection, n) for n in dict.fromkeys(n for n, *_ in labels)
            }
        found = await self._regrader.regraded(rubric, criterion, labels, wholes)
        return self._showing.regraded(found)

    def close(self) -> None:
        """See `ports.Reviewing`."""
        if self._regrader is not None:
            self._regrader.close()
        self._kept.close()

    def _say(self, says: list[tuple[Field, Saying]], revision: int) -> ReviewItem:
        """All that is said at once of one sample by one annotator: the whole of it, or nothing."""
        number, annotator = says[0][0][:2]
        refuse_name(annotator)
        for _, saying in says:
            refuse_text(saying.text)
        with self._kept.writing() as connection:
            whole = self._wholes.of(connection, number)
            terms, at = terms_by(whole.criterion), now()
            for field, saying in says:
                if field.criterion or field.kind == "answer":
                    known = criterion_of(whole, field.criterion)
                    refuse_label(known, saying.label)
                acts.say(connection, field, saying, at, terms, revision)
            return self._showing.item(connection, whole, annotator)


def _comment(number: int, annotator: str, criterion: str, text: str) -> tuple[Field, Saying]:
    says = bool(text.strip())
    return Field(number, annotator, "comment", criterion), Saying(says, text=text if says else "")
