"""Numbers and names as a report writes them."""

from __future__ import annotations

from collections.abc import Sequence

from rlaif.records.figures import BINS
from rlaif.reporting.report.inference import Estimate
from rlaif.reporting.text import in_a_line

NONE = "\u2013"
"""Where there is no number."""

_MOST = 120


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


def chance(p: float) -> str:
    """A p as it is usually written."""
    return "under 0.001" if p < 0.001 else f"{p:.3f}"


def named(name: str | None, instead: str = "(no policy named)") -> str:
    """A name of others in one line, cut where it is long; it cannot turn the text round."""
    text = in_a_line(name or instead)
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"


def bin_range(place: int) -> str:
    """The bin of that place between 0 and 1."""
    return f"{place / BINS:.2f} to {(place + 1) / BINS:.2f}"


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def strength(correlation: float) -> str:
    """How much a correlation is, in a word or two; the borders are a convention."""
    size = abs(correlation)
    word = next(w for w, least in _STRENGTHS if size >= least)
    if word == "hardly any":
        return "hardly any connection"
    return f"a {word} connection, {'rising' if correlation > 0 else 'falling'}"


_STRENGTHS = (("strong", 0.5), ("middling", 0.3), ("weak", 0.1), ("hardly any", 0.0))
