"""How a check says what it found: a yes or a no with its reason, or a reference that is missing."""

from __future__ import annotations

from rlaif.records.outcome import Case, Failure, Verdict

_SHOWN = 80
_LONGEST_MESSAGE = 300


def answered(check: str, met: bool, message: str) -> Verdict:
    """The verdict of a check: probability 1 on yes or no, and in plain words what was found."""
    value = 1.0 if met else 0.0
    short = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}..."
    return Verdict((1.0 - value, value), cases=(Case(check, met, short),))


def missing(check: str, message: str) -> Failure:
    """No verdict, because the sample does not bring what the check compares with."""
    return Failure("missing_reference", f"{check}: {message}")


def shown(text: str) -> str:
    """`text` in quotation marks on one line, cut to a length that a table can hold."""
    line = " ".join(text[: 4 * _SHOWN].split())
    return (
        f"'{line}'" if len(line) <= _SHOWN and len(text) <= 4 * _SHOWN else f"'{line[:_SHOWN]}...'"
    )
