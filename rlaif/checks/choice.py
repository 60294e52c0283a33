"""The check `choice`: the letter of a multiple-choice answer."""

from __future__ import annotations

from rlaif.checks.answer import answered, missing, shown
from rlaif.checks.letters import chosen
from rlaif.records.checks import Choice
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.subject import Subject

NAME = "choice"


def choice(check: Choice, subject: Subject) -> Verdict | Failure:
    """Yes when the text chooses the letter of `answer`, or else that of the reference."""
    if check.letter is not None:
        return _compared(check, subject, check.letter, "wanted")
    if subject.reference is None:
        return missing(NAME, "the sample has no reference")
    wanted = chosen(subject.reference, check.options)
    if wanted is None:
        text = shown(subject.reference)
        return missing(NAME, f"the reference names none of the letters {check.options}: {text}")
    return _compared(check, subject, wanted, "reference")


def _compared(check: Choice, subject: Subject, wanted: str, source: str) -> Verdict:
    found = chosen(subject.final, check.options)
    said = f"chooses {found}" if found else "chooses no single letter"
    return answered(NAME, found == wanted, f"{said}, {source} {wanted}")
