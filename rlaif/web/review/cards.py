"""A criterion as a card: its answers as buttons with keys, and what the judge said of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlaif.records.review import DisputedCriterion, ReviewCriterion
from rlaif.web.review.texts import Shown, shown

NO_LABEL = "na"
NOTHING = "none"
_LABEL = "a:"
_MOST_KEYS = 9


@dataclass(frozen=True, slots=True)
class Button:
    """One answer that can be given."""

    value: str
    """What the form sends: see `label_of`."""
    words: str
    key: str
    """The key that gives it; empty where all nine are taken."""
    chosen: bool
    judged: bool
    """Whether it is the judge's answer."""
    share: float | None = None
    """The judge's probability of it, in percent."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something was not written, and what the person had typed, so that it is not lost."""

    field: str
    """A criterion's id, `*comment`, or `*rewrite`."""
    told: str
    typed: str = ""
    answer: str = ""
    """The answer that was not written, in words."""


@dataclass(frozen=True, slots=True)
class Card:
    """One criterion of a sample."""

    place: int
    said: ReviewCriterion
    buttons: tuple[Button, ...]
    judge: str
    """How the judge stands to it: `said`, `failed`, `skipped`, or `hidden`."""
    rationale: Shown
    reason: Shown
    comment: str
    """What stands in the field: what was kept, or what was typed and could not be."""
    trouble: Trouble | None = None

    @property
    def overruled(self) -> bool:
        """Whether judge and annotator answered differently."""
        return self.judge == "said" and self.said.answered and self.said.judge != self.said.mine


def card_of(place: int, said: ReviewCriterion, trouble: Trouble | None = None) -> Card:
    """The card of one criterion; `trouble`, where it is about this one."""
    trouble = trouble if trouble and trouble.field == said.id else None
    return Card(
        place,
        said,
        tuple(_buttons(said)),
        _standing(said),
        shown(said.rationale),
        shown(said.reason),
        trouble.typed if trouble else said.comment,
        trouble,
    )


def cards_of(criteria: Sequence[ReviewCriterion], trouble: Trouble | None = None) -> list[Card]:
    """All cards of a sample."""
    return [card_of(place, said, trouble) for place, said in enumerate(criteria)]


def _standing(said: ReviewCriterion) -> str:
    if said.kind == "failure":
        return "failed"
    if said.kind == "skipped":
        return "skipped"
    return "hidden" if said.judge is None else "said"


def _buttons(said: ReviewCriterion) -> list[Button]:
    shares = _shares(said)
    found = []
    for key, label in enumerate(in_order(said.answers), 1):
        chosen = said.answered and said.mine == label
        found.append(
            Button(
                _LABEL + label,
                label,
                str(key) if key <= _MOST_KEYS else "",
                chosen,
                said.judge == label,
                shares.get(label),
            )
        )
    chosen = said.answered and said.mine is None
    return [*found, Button(NO_LABEL, "does not apply", "0", chosen, judged=False)]


def _shares(said: ReviewCriterion) -> dict[str, float]:
    """The judge's probabilities in percent, by answer."""
    if said.kind != "verdict" or said.judge is None:
        return {}
    if len(said.distribution) < len(said.answers):
        known = said.probability
        return {} if known is None else {said.judge: 100 * known}
    return {
        label: 100 * share for label, share in zip(said.answers, said.distribution, strict=False)
    }


def in_order(answers: Sequence[str]) -> tuple[str, ...]:
    """As they are shown: yes before no; levels from the worst to the best."""
    return ("yes", "no") if tuple(answers) == ("no", "yes") else tuple(answers)


def disputed_buttons(one: DisputedCriterion) -> list[Button]:
    """The answers by which a dispute can be settled."""
    found = [
        Button(
            _LABEL + label,
            label,
            str(key) if key <= _MOST_KEYS else "",
            one.is_settled and one.settled == label,
            one.judge == label,
        )
        for key, label in enumerate(in_order(one.answers), 1)
    ]
    chosen = one.is_settled and one.settled is None
    return [*found, Button(NO_LABEL, "does not apply", "0", chosen, judged=False)]


def label_of(value: str) -> str | None:
    """The label that a button sends; None for "does not apply"."""
    return None if value == NO_LABEL else value.removeprefix(_LABEL)


def words_of(value: str) -> str:
    """The same in words."""
    if value == NOTHING:
        return "no answer"
    return label_of(value) or "does not apply"
