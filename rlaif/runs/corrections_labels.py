"""Other tools' words for answers as the rubric's labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlaif.errors import InputError
from rlaif.records.base import nearest
from rlaif.records.correction import same_label
from rlaif.records.criterion import Criterion, Judged, leaves
from rlaif.records.rubric import Rubric
from rlaif.storage.corrections.foreign import NA_WORDS, USUAL, Columns, names_of

_YES, _NO = ("true", "1", "y"), ("false", "0", "n")
_CRITERION, _WHY = "criterion:", "why:"


class UnknownLabelError(ValueError):
    """A record's answer is none of the criterion's; the message says which, and what there are."""


def columns_of(mapping: Mapping[str, str], rubric: Rubric | None) -> Columns:
    """What `--map` states.

    Raises: InputError for a field that there is not, or a criterion that the rubric has not.
    """
    fields: dict[str, str] = {}
    criteria: dict[str, str] = {}
    why: dict[str, str] = {}
    known = [criterion.id for criterion in leaves(rubric.items)] if rubric else None
    for ours, theirs in mapping.items():
        kind = next((kind for kind in (_CRITERION, _WHY) if ours.startswith(kind)), "")
        name = ours.removeprefix(kind)
        if kind and known is not None and name not in known:
            hint = nearest(name, known)
            raise InputError(f"--map {ours}={theirs}: no criterion '{name}'\n  hint: {hint}")
        if not kind and name not in USUAL:
            names = [*USUAL, "criterion:ID", "why:ID"]
            hint = nearest(name, names)
            raise InputError(f"--map {ours}={theirs}: no field '{ours}'\n  hint: {hint}")
        {_CRITERION: criteria, _WHY: why, "": fields}[kind][name] = theirs
    return Columns(fields, criteria, why)


@dataclass(frozen=True, slots=True)
class Questions:
    """Which question is about which criterion."""

    answers: Mapping[str, str]
    """Criterion by the question that answers it."""
    why: Mapping[str, str]
    """Criterion by the question for a comment on it."""
    criteria: Mapping[str, Criterion]
    open: bool
    """Whether a question that nothing is known of is a criterion of that name."""

    def criterion_of(self, question: str, taken: set[str]) -> str | None:
        """The criterion that a question answers. Args: `taken`, names that hold something else."""
        if question in self.answers:
            return self.answers[question]
        return question if self.open and question not in taken else None


def questions_of(columns: Columns, rubric: Rubric | None, *, every: bool) -> Questions:
    """The questions, as far as they are stated or follow from the rubric.

    Args: `every`, without a rubric a question that nothing is known of is a criterion.
    """
    criteria = {criterion.id: criterion for criterion in leaves(rubric.items)} if rubric else {}
    plain = names_of(criteria)
    answers = {question: one for one, question in plain.answers.items()}
    why = {question: one for one, question in plain.why.items()}
    for one in criteria:
        answers[one] = one
        names = (f"{one}.comment", f"{one}_comment")
        # A criterion of that name is a criterion.
        why |= {name: one for name in names if name not in criteria}
    answers |= {theirs: ours for ours, theirs in columns.criteria.items()}
    why |= {theirs: ours for ours, theirs in columns.why.items()}
    return Questions(answers, why, criteria, open=every and rubric is None)


def label_of(criterion: Criterion | None, name: str, value: Any) -> str | None:
    """The label that `value` stands for; None for "does not apply".

    Raises: UnknownLabelError.
    """
    if isinstance(value, list | tuple):
        if len(value) != 1:
            raise UnknownLabelError(f"'{name}' has {len(value)} answers, and takes one")
        value = value[0]
    text = _as_text(value)
    if criterion is None:
        return None if text.strip().lower() in NA_WORDS else text
    if criterion.takes(text):
        scale = criterion.range if isinstance(criterion, Judged) else None
        return text if scale is None else same_label(text, criterion.answers)
    return _near(criterion, name, text)


def kept_label(answers: Sequence[str], name: str, value: Any) -> str:
    """The label that `value` stands for, of a criterion of which only the answers are known.

    Where all of them are numbers, any number between them is one. Raises: UnknownLabelError.
    """
    text = label_of(None, name, value)
    if text is None:
        text = str(value[0] if isinstance(value, list) else value)
    if not answers:
        return text
    label = same_label(text, answers) or text
    same = [answer for answer in answers if answer.lower() == label.strip().lower()]
    if len(same) == 1:
        return same[0]
    if label in answers or _between(answers, label):
        return label
    raise UnknownLabelError(f"'{name}' has no answer '{label[:40]}'; one of: {', '.join(answers)}")


def _between(answers: Sequence[str], label: str) -> bool:
    try:
        numbers = [float(answer) for answer in answers]
        return min(numbers) <= float(label) <= max(numbers)
    except ValueError:
        return False


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _near(criterion: Criterion, name: str, text: str) -> str | None:
    """The label in other letters, or a usual word for it. Raises: UnknownLabelError."""
    plain = text.strip().lower()
    same = [label for label in criterion.answers if label.lower() == plain]
    if len(same) == 1:
        return same[0]
    if criterion.takes(text.strip()):
        return text.strip()
    if criterion.yes_or_no and plain in (*_YES, *_NO):
        return "yes" if plain in _YES else "no"
    if plain in NA_WORDS:
        if isinstance(criterion, Judged) and criterion.allow_na:
            return None
        raise UnknownLabelError(f"'{name}' cannot be answered with 'does not apply'")
    shown = text if len(text) <= 40 else f"{text[:37]}..."
    raise UnknownLabelError(f"'{name}' has no answer '{shown}'; {criterion.told_answers}")
