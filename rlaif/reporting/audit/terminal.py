"""An audit on a terminal: a line a probe, then what to look at."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rlaif.records.audit import AuditReport, ProbeReport
from rlaif.reporting.audit.words import (
    PROBE_WORDS,
    change_of,
    interval_of,
    lead,
    most_wrong,
    remarks,
    values_of,
    wrong_of,
)
from rlaif.reporting.text import harmless, in_a_line

_STYLES = {
    "holds": "green",
    "leans": "yellow",
    "fails": "red",
    "too few answers": "red",
    "no answer": "red",
}
_LONGEST = 100
"""Characters of a text that are shown."""


def audit_view(report: AuditReport) -> RenderableType:
    """The table, the remarks, and the worst case of each probe that does not hold."""
    table = Table(
        title=harmless(f"Audit of {report.judge} on {report.rubric}"),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column("probe", no_wrap=True)
    table.add_column("", overflow="fold")
    for name in ("wrong", "change", "95%"):
        table.add_column(name, justify="right", overflow="fold")
    for one in report.probes:
        word = Text(one.finding, style=_STYLES.get(one.finding, "dim"))
        table.add_row(one.probe, word, wrong_of(one), change_of(one), interval_of(one))
    lines = [lead(report), *_looked(report), *remarks(report)]
    return Group(table, Text(harmless("\n".join(lines))))


def _looked(report: AuditReport) -> Iterator[str]:
    for one in report.probes:
        if one.finding in ("leans", "fails"):
            yield from _of_probe(one)


def _of_probe(one: ProbeReport) -> Iterator[str]:
    more = f"; {most_wrong(one)}" if most_wrong(one) else ""
    yield f"{one.probe}: {wrong_of(one)} {PROBE_WORDS[one.probe].wrong}{more}."
    for case in one.worst[:1]:
        yield (
            f"  '{in_a_line(case.sample_id)}', {case.criterion}, {in_a_line(case.kind)}: "
            f"{values_of(case)}: {_short(case.text)}"
        )


def _short(text: str) -> str:
    """The end of a text in one line: there the change stands; what cannot be seen as escapes."""
    seen = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    line = "".join(seen)
    return f"'{line}'" if len(line) <= _LONGEST else f"'...{line[-_LONGEST:]}'"
