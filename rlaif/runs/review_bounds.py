"""What may be said in a review, and how it is told."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from rlaif.errors import InputError
from rlaif.records.base import nearest
from rlaif.records.criterion import Criterion, leaves
from rlaif.runs.review_items import Whole
from rlaif.runs.review_terms import takes
from rlaif.storage.review import acts
from rlaif.storage.review.acts import Kind

_LONGEST_NAME = 100
_LONGEST_TEXT = 2**20


def criterion_of(whole: Whole, name: str) -> Criterion:
    """The criterion of that name. Raises: InputError where the sample has none."""
    found = whole.criterion(name)
    if found is None:
        hint = nearest(name, [c.id for c in leaves(whole.items)])
        # By its number, which people count from 1: an id may be a name that is to be hidden.
        where = f"sample {whole.kept.number + 1}"
        raise InputError(f"{where}: no criterion '{name}'\n  hint: {hint}")
    return found


def refuse_label(criterion: Criterion, label: str | None) -> None:
    """Raises: InputError for what the criterion does not take.

    People may always say that a question does not apply; a judge only where it is allowed.
    """
    if not takes(criterion, label):
        told = criterion.told_answers
        raise InputError(f"'{criterion.id}' has no answer '{label}'\n  hint: {told}")


def refuse_name(annotator: str) -> None:
    """Raises: InputError for a name that would not be told from another."""
    fits = annotator == annotator.strip() and 0 < len(annotator) <= _LONGEST_NAME
    if not fits or not annotator.isprintable():
        hint = f"1 to {_LONGEST_NAME} letters, with no spaces around them and no line breaks"
        raise InputError(f"the annotator's name cannot be {annotator[:40]!r}\n  hint: {hint}")


def refuse_text(text: str) -> None:
    """Raises: InputError for a text that is too long."""
    if len(text) > _LONGEST_TEXT:
        raise InputError(f"a text of {len(text):,} letters is too long\n  hint: at most 1 MiB")


_WORDS: dict[Kind, Callable[[str], str]] = {
    "answer": lambda name: f"the answer to {name}",
    "comment": lambda name: f"the comment on {name}" if name else "the comment",
    "rewrite": lambda _: "the rewritten completion",
    "settle": lambda name: f"the last word on {name}",
}


def told(taken: acts.Taken, sample_id: str) -> str:
    """What an undo took back, in plain words."""
    what = _WORDS[taken.field.kind](taken.field.criterion)
    again = ""
    if taken.now.says:
        label = taken.now.label or "does not apply"
        of = taken.field.kind in ("answer", "settle")
        again = f", which is '{label}' again" if of else ", which is as it was before"
        if not taken.holds:
            again = f"; what was said before, '{label}', does not hold any more: it stays open"
    return f"took back {what} of {sample_id}{again}"


def now() -> str:
    """ISO 8601, UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
