"""The check `final_number`: the last number of the completion equals the reference's."""

from __future__ import annotations

from fractions import Fraction

from rlaif.checks.answer import answered, missing, shown
from rlaif.checks.numerals import Numeral, last_number
from rlaif.records.checks import FinalNumber
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.subject import Subject

NAME = "final_number"


def final_number(check: FinalNumber, subject: Subject) -> Verdict | Failure:
    """Yes when the last number is within `tolerance` of the one that is wanted, compared exactly.

    A failure when neither the check nor the reference has a number that can be compared.
    """
    if check.equals is not None:
        wanted = Numeral(f"{check.equals:.15g}", Fraction(str(check.equals)))
        return _compared(check, subject, wanted, "wanted")
    if subject.reference is None:
        return missing(NAME, "the sample has no reference")
    found = last_number(subject.reference)
    if found is None or found.value is None:
        text = shown(subject.reference)
        return missing(NAME, f"the reference has no number that can be compared: {text}")
    return _compared(check, subject, found, "reference")


def _compared(check: FinalNumber, subject: Subject, wanted: Numeral, source: str) -> Verdict:
    found = last_number(subject.final)
    if found is None:
        return answered(NAME, False, f"no number, {source} {wanted.text}")
    text = found.text if len(found.text) <= 40 else f"{found.text[:40]}..."
    said = f"last number {text}, {source} {wanted.text}"
    if found.value is None or wanted.value is None:
        return answered(NAME, False, f"{said}: too large to compare, or divided by 0")
    near = abs(found.value - wanted.value) <= Fraction(str(check.tolerance))
    within = f" (tolerance {check.tolerance:g})" if check.tolerance else ""
    return answered(NAME, near, said + within)
