"""What was found in a run that was verified, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rlaif.records.run_facts import Looked
from rlaif.reporting.sheet import Line, Sheet
from rlaif.reporting.text import count_of


def verification_view(findings: Sequence[str], notes: Sequence[str], looked: Looked) -> Sheet:
    """What is wrong, then what was looked at."""
    return Sheet(_lines(findings, notes, looked))


def _lines(findings: Sequence[str], notes: Sequence[str], looked: Looked) -> Iterator[Line]:
    for finding in findings:
        yield Line(finding, style="red", mark="- ")
    if findings:
        yield Line("")
    yield Line("sound" if not findings else count_of(len(findings), "finding"), style="bold")
    yield from (Line(note) for note in notes)
    for name, count in _counts(looked):
        yield Line(name, f"{count:,}", depth=1)


def _counts(looked: Looked) -> Iterator[tuple[str, int]]:
    yield "samples", looked.samples
    yield "effective grades, each worked out again", looked.grades
    yield "of them failed, without a score", looked.failed
    yield "outcomes in them", looked.outcomes
    yield "parts", looked.parts
    if looked.rows:
        yield "rows in the parts", looked.rows
    if looked.beaten:
        yield "of them beaten by a later one", looked.beaten
    if looked.others:
        yield "of them under another rubric or judge, or of other samples", looked.others
    if looked.quarantined:
        yield "damaged parts set aside earlier", looked.quarantined
