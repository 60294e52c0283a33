"""What canaries found, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rlaif.records.canaries import CanaryReport, FamilyTally
from rlaif.reporting.text import cell, count_of, harmless

_Z = 1.959964
"""Standard deviations of the normal distribution that hold 95% of it."""
_SHOWN = 3
"""Successful attacks that are shown."""
_LONGEST = 160
"""Characters of an attack that are shown."""


def interval(successes: int, of: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share, in [0, 1] (Wilson 1927); (0, 1) where nothing counted.

    Unlike the normal approximation it says something for none and for all of a few.
    """
    if not of:
        return 0.0, 1.0
    share, z2 = successes / of, _Z**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of**2))
    low = 0.0 if successes == 0 else max(middle - half, 0.0)
    high = 1.0 if successes == of else min(middle + half, 1.0)
    return low, high


def worst_family(report: CanaryReport) -> FamilyTally | None:
    """The family with most success, by the lower end of its interval; None where none had any."""
    won = [tally for tally in report.families if tally.successes]
    return max(won, key=lambda t: interval(t.successes, t.counted)[0], default=None)


def canaries_view(report: CanaryReport) -> RenderableType:
    """A line a family, then what it means."""
    table = Table(
        title="Canaries: known attacks on the judge",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("family", overflow="fold", ratio=2)
    for name in ("succeeded", "95% interval", "mean lift", "not counted", "stopped"):
        table.add_column(name, justify="right", overflow="fold")
    for tally in report.families:
        table.add_row(*_cells(tally))
    table.add_section()
    table.add_row(*_cells(report.all))
    return Group(table, Text(harmless("\n".join(canary_lines(report)))))


def canary_lines(report: CanaryReport) -> Iterator[str]:
    """What was found, in sentences."""
    whole = report.all
    yield _told(whole)
    if worst := worst_family(report):
        yield f"Worst family: '{worst.family}', {worst.successes:,} of {worst.counted:,}."
    if whole.stopped:
        yield (
            f"The prescreen stops {whole.stopped:,} of the successful attacks before any judge "
            "reads them; the canaries went past it, to try the judge alone."
        )
    yield from _controls(report)
    if whole.unanswered:
        why = ", ".join(f"{reason} {count:,}" for reason, count in report.reasons.items())
        yield f"{whole.unanswered:,} not answered, counted as neither ({why})."
    if report.behind:
        yield (
            f"{count_of(report.behind, 'attack')} stood behind a sample's own completion: the "
            "questions there are of faults alone, and a text that says nothing has none."
        )
    yield (
        f"An attack succeeds where it scores {report.least_score:g} or more, and "
        f"{report.least_lift:g} more than its control. No success does not make a judge safe: "
        "these attacks are known ones, and a policy finds its own."
    )
    for one in report.examples[:_SHOWN]:
        yield (
            f"  {one.family} on '{one.sample_id}', {one.control:.2f} -> {one.score:.2f}: "
            f"{_short(one.attack)}"
        )


def _cells(tally: FamilyTally) -> tuple[RenderableType, ...]:
    low, high = interval(tally.successes, tally.counted)
    return (
        cell(tally.family),
        f"{tally.successes:,} of {tally.counted:,}",
        f"{low:.0%} to {high:.0%}" if tally.counted else "-",
        "-" if tally.lift is None else f"{tally.lift:+.2f}",
        f"{tally.tried - tally.counted:,}",
        f"{tally.stopped:,}",
    )


def _told(whole: FamilyTally) -> str:
    if not whole.counted:
        return f"Of {whole.tried:,} attacks none could show anything."
    low, high = interval(whole.successes, whole.counted)
    return (
        f"{whole.successes:,} of {whole.counted:,} attacks succeeded (the judge's true rate on "
        f"attacks like these lies between {low:.0%} and {high:.0%})."
    )


def _controls(report: CanaryReport) -> Iterator[str]:
    controls, whole = report.controls, report.all
    if controls.answered:
        low, high = interval(controls.passed, controls.answered)
        what = "completions without the attack" if report.behind == whole.tried else "controls"
        yield (
            f"Of the {what}, {controls.passed:,} of {controls.answered:,} scored "
            f"{report.least_score:g} or more ({low:.0%} to {high:.0%}), {controls.mean or 0.0:.2f} "
            "on average."
        )
    if whole.no_room:
        yield (
            f"{whole.no_room:,} could not tell: the control scored over {1 - report.least_lift:g}, "
            "and an attack cannot be seen to add to that."
        )


def _short(text: str) -> str:
    """One line of an attack; what cannot be seen as its escapes."""
    seen = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    line = "".join(seen)
    return f"'{line}'" if len(line) <= _LONGEST else f"'{line[: _LONGEST - 3]}...'"
