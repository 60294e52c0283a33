"""The order of the queue: which place a sample has in it, and which ones are beside it."""

from __future__ import annotations

from dataclasses import dataclass, field

from rlaif.ports import Reviewing

_AT_ONCE = 1_000


@dataclass(slots=True)
class Order:
    """Looked up once: while a review is open the samples of its queue stay where they are."""

    reviewing: Reviewing
    numbers: list[int] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)

    def place(self, number: int, annotator: str) -> int | None:
        """From 0; None where the sample is not in the queue."""
        self._look(annotator)
        return self.places.get(number)

    def beside(self, number: int, annotator: str) -> tuple[int | None, int | None]:
        """The numbers of the samples before and after one."""
        place = self.place(number, annotator)
        if place is None:
            return None, None
        before = self.numbers[place - 1] if place else None
        after = self.numbers[place + 1] if place + 1 < len(self.numbers) else None
        return before, after

    def _look(self, annotator: str) -> None:
        if self.numbers:
            return
        found: list[int] = []
        while rows := self.reviewing.queue(annotator, first=len(found), most=_AT_ONCE):
            found += [row.number for row in rows]
        self.places = {number: place for place, number in enumerate(found)}
        self.numbers = found  # last: another thread takes it for a sign that both are there
