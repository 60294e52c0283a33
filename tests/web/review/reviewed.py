"""A review that is held in memory, with the rules of the port."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rlaif.errors import InputError, StaleReview
from rlaif.records.review import (
    CriterionProgress,
    Dispute,
    DisputedCriterion,
    Progress,
    QueueRow,
    Regraded,
    ReviewCriterion,
    ReviewItem,
    State,
    Undone,
)
from rlaif.records.sample import Sample

KIND = ReviewCriterion(
    id="kind",
    question="Is the completion kind?",
    guidance="To the reader.",
    answers=("no", "yes"),
    allow_na=False,
    weight=1,
    gate=False,
    checked=False,
    kind="verdict",
    judge="yes",
    probability=0.82,
    distribution=(0.18, 0.82),
    rationale="It greets.",
    reason="",
    ballots=(("a", "yes"), ("b", "no")),
    mine=None,
    answered=False,
    comment="",
)
WARM = replace(
    KIND, id="warm", question="How warm is it?", answers=("cold", "mild", "warm"), judge="mild"
)
Field = tuple[int, str, str, str]


class Reviewed:
    """A review in memory, with the rules of the port: each field of each annotator by itself."""

    title = "greetings by greeting@1.0.0"
    rubric_text = "rubric: greeting\ncriteria:\n- id: kind\n"
    review_id = "r1"
    can_regrade = True

    def __init__(self, samples: list[Sample]) -> None:
        self.samples = samples
        self.criteria: tuple[ReviewCriterion, ...] = (
            KIND,
            replace(WARM, distribution=(0.1, 0.6, 0.3), probability=0.6),
        )
        self.said: dict[Field, tuple[Any, int]] = {}
        self.acts: list[tuple[Field, tuple[Any, int] | None]] = []
        self.texts = {"kind": "- id: kind\n", "warm": "- id: warm\n"}
        self.regraded = Regraded("kind", 4, 2, 3, 4, 0, 0, (), ("s1",))

    def _refuse_stale(self, field: Field, revision: int) -> None:
        if field in self.said and self.said[field][1] > revision:
            raise StaleReview("changed in another tab")

    def _say(self, field: Field, value: Any, revision: int) -> None:
        self._refuse_stale(field, revision)
        self.acts.append((field, self.said.get(field)))
        self.said[field] = value, len(self.acts)

    def _of(self, number: int, who: str, kind: str, criterion: str = "") -> Any:
        return self.said.get((number, who, kind, criterion), (None, 0))[0]

    def item(self, number: int, annotator: str) -> ReviewItem:
        if not 0 <= number < len(self.samples):
            raise InputError(f"there is no sample {number + 1}")
        criteria = tuple(self._criterion(number, annotator, one) for one in self.criteria)
        answered = sum(one.answered for one in criteria)
        state: State = "done" if answered == len(criteria) else "mine" if answered else "open"
        return ReviewItem(
            number=number,
            sample=self.samples[number],
            score=0.5,
            reason="",
            why="the judge is unsure",
            state=state,
            criteria=criteria,
            rewritten=self._of(number, annotator, "rewrite"),
            comment=self._of(number, annotator, "comment") or "",
            revision=len(self.acts),
        )

    def _criterion(self, number: int, who: str, one: ReviewCriterion) -> ReviewCriterion:
        said = self._of(number, who, "answer", one.id)
        return replace(
            one,
            answered=said is not None,
            mine=said[0] if said else None,
            comment=self._of(number, who, "comment", one.id) or "",
        )

    def queue(
        self,
        annotator: str,
        state: State | None = None,
        words: str = "",
        first: int = 0,
        most: int = 50,
    ) -> list[QueueRow]:
        rows = []
        for number, sample in enumerate(self.samples):
            item = self.item(number, annotator)
            text = str(sample.completion)
            if (state and item.state != state) or words.lower() not in text.lower():
                continue
            rows.append(
                QueueRow(number, sample.sample_id, item.state, 0.5, item.why, 0, 2, text[:100])
            )
        return rows[first : first + most]

    def after(self, number: int, annotator: str) -> int | None:
        around = [*range(number + 1, len(self.samples)), *range(number + 1)]
        return next((n for n in around if self.item(n, annotator).state != "done"), None)

    def answer(
        self,
        number: int,
        annotator: str,
        criterion: str,
        label: str | None,
        revision: int,
        comment: str | None = None,
    ) -> ReviewItem:
        if criterion not in self.texts:
            raise InputError(f"there is no criterion '{criterion}'")
        kinds = ("answer",) if comment is None else ("answer", "comment")
        for kind in kinds:
            self._refuse_stale((number, annotator, kind, criterion), revision)
        if comment is not None:
            self._say((number, annotator, "comment", criterion), comment, revision)
        self._say((number, annotator, "answer", criterion), (label,), 10**9)
        return self.item(number, annotator)

    def take_back(self, number: int, annotator: str, criterion: str, revision: int) -> ReviewItem:
        self._say((number, annotator, "answer", criterion), None, revision)
        return self.item(number, annotator)

    def comment(
        self, number: int, annotator: str, text: str, revision: int, criterion: str = ""
    ) -> ReviewItem:
        self._say((number, annotator, "comment", criterion), text, revision)
        return self.item(number, annotator)

    def rewrite(self, number: int, annotator: str, text: str | None, revision: int) -> ReviewItem:
        self._say((number, annotator, "rewrite", ""), text, revision)
        return self.item(number, annotator)

    def undo(self, annotator: str) -> Undone | None:
        for place in reversed(range(len(self.acts))):
            field, before = self.acts[place]
            if field[1] == annotator:
                del self.acts[place]
                self.said.pop(field)
                if before is not None:
                    self.said[field] = before
                return Undone(field[0], f"the {field[2]}")
        return None

    def progress(self, annotator: str) -> Progress:
        done = [self.item(n, annotator).state == "done" for n in range(len(self.samples))]
        share, drawn, of_drawn, low, high = (
            (0.82, 5, 0.78, 0.6, 0.9) if any(done) else (None, 0, None, None, None)
        )
        criteria = tuple(
            CriterionProgress(one.id, 10, 8, 9, 0.6, 30 if one is KIND else None)
            for one in self.criteria
        )
        counts = annotator, len(done), sum(done), 0, 1, 0
        shares = share, drawn, of_drawn, low, high
        return Progress(*counts, *shares, criteria, (("bea", 2),))

    def disputes(
        self, annotator: str, first: int = 0, most: int = 50, *, others: bool = False
    ) -> list[Dispute]:
        known = others or self.item(0, annotator).state == "done"
        return [self._dispute(0)][first : first + most] if known else []

    def _dispute(self, number: int) -> Dispute:
        settled = self._of(number, "", "settle", "kind")
        one = DisputedCriterion(
            "kind",
            KIND.question,
            KIND.answers,
            False,
            (("ana", "yes", "It is."), ("bea", "no", "")),
            "yes",
            settled[0] if settled else None,
            settled is not None,
            self.said.get((number, "", "settle", "kind"), (None, 0))[1],
            settled[1] if settled else "",
        )
        return Dispute(number, self.samples[number], (one,), (("ana", "hello, dear friend"),))

    def settle(
        self,
        number: int,
        annotator: str,
        criterion: str,
        label: str | None,
        revision: int,
        comment: str = "",
    ) -> Dispute:
        self._say((number, "", "settle", criterion), (label, comment), revision)
        return self._dispute(number)

    def save_rubric(self, text: str) -> list[str]:
        if "fault" in text:
            return ["rubric.yaml:2:1: unknown key 'fault'"]
        self.rubric_text = text
        return []

    def criterion_text(self, criterion: str) -> str:
        if criterion not in self.texts:
            raise InputError(f"there is no criterion '{criterion}'")
        return self.texts[criterion]

    def save_criterion(self, criterion: str, text: str) -> list[str]:
        if "fault" in text:
            return ["rubric.yaml:2:1: unknown key 'fault'"]
        self.texts[criterion] = text
        return []

    async def regrade(self, criterion: str) -> Regraded:
        return self.regraded

    def close(self) -> None:
        """Nothing is open."""


def sample(number: int, completion: Any = "hello", **more: Any) -> Sample:
    return Sample(sample_id=f"s{number}", prompt="Greet her.", completion=completion, **more)
