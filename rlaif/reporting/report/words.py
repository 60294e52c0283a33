"""Numbers and names as a report writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rlaif.records.figures import BINS
from rlaif.reporting.report.inference import Estimate
from rlaif.reporting.text import in_a_line

NONE = "\u2013"
"""Where there is no number."""

_MOST = 120
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def number(value: float | None, digits: int = 3) -> str:
    """`0.493`; a minus is a minus sign."""
    return NONE if value is None else f"{value:.{digits}f}".replace("-", "\u2212")


def signed(value: float | None) -> str:
    """`+0.012`, `\u22120.012`."""
    return NONE if value is None else f"{value:+.3f}".replace("-", "\u2212")


def share(part: float, whole: float) -> str:
    """`62%`; with a decimal where it would otherwise look like none or all."""
    if not whole:
        return NONE
    percent = 100 * part / whole
    rounded = f"{percent:.0f}%"
    return f"{percent:.1f}%" if rounded in ("0%", "100%") and 0 < part < whole else rounded


def between(found: Estimate | None, show: bool = True) -> str:
    """`0.471 to 0.515`."""
    if found is None or found.low is None or not show:
        return NONE
    return f"{number(found.low)} to {number(found.high)}"


def signed_between(found: Estimate | None) -> str:
    """An interval of a difference, with its signs."""
    if found is None or found.low is None:
        return NONE
    return f"{signed(found.low)} to {signed(found.high)}"


def chance(p: float) -> str:
    """A p as it is usually written."""
    return "under 0.001" if p < 0.001 else f"{p:.3f}"


def named(name: str | None, instead: str = "(no policy named)") -> str:
    """A name of others in one line, its middle cut where it is long; it cannot turn the text."""
    text = in_a_line(name or instead)
    return middle_cut(text, _MOST)


def middle_cut(text: str, most: int) -> str:
    """A long text without its middle: names often begin alike and differ at their ends."""
    ahead = -(-(most - 1) * 3 // 5)
    return text if len(text) <= most else f"{text[:ahead]}…{text[len(text) - most + 1 + ahead :]}"


def moment(stated: str) -> str:
    """`23 November 2026, 05:43 UTC` of an ISO date; what cannot be read stays as it is."""
    try:
        when = datetime.fromisoformat(stated)
    except ValueError:
        return named(stated)
    when = when.astimezone(UTC) if when.tzinfo else when
    month = _MONTHS[when.month - 1]
    return f"{when.day} {month} {when.year}, {when:%H:%M}{' UTC' if when.tzinfo else ''}"


def bin_range(place: int) -> str:
    """The bin of that place between 0 and 1."""
    return f"{place / BINS:.2f} to {(place + 1) / BINS:.2f}"


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def span_of(span: tuple[float, float] | None, digits: int = 2) -> str:
    """`0.11 to 0.42`."""
    return NONE if span is None else f"{number(span[0], digits)} to {number(span[1], digits)}"


def strength(correlation: float, span: tuple[float, float] | None) -> str:
    """How much a correlation is, in a word or two; the borders are a convention.

    Args: `span`, its interval: where it holds 0, or there is none, nothing is said of its size.
    """
    if span is None:
        return "too few prompts to tell"
    if span[0] <= 0 <= span[1]:
        return "its interval holds 0: there may be no connection"
    size = abs(correlation)
    word = next(w for w, least in _STRENGTHS if size >= least)
    if word == "hardly any":
        return "hardly any connection"
    return f"a {word} connection, {'rising' if correlation > 0 else 'falling'}"


_STRENGTHS = (("strong", 0.5), ("middling", 0.3), ("weak", 0.1), ("hardly any", 0.0))
