"""What differs between two runs: their judges, samples, scores and answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rlaif.records.comparison import Flips, Move
from rlaif.reporting.rubric_differences import Change, RubricDifference
from rlaif.reporting.rubric_differences_view import rubric_lines, rubric_row
from rlaif.reporting.sheet import Line
from rlaif.reporting.text import count_of

KINDS = {
    "added": "only in the second run",
    "removed": "only in the first run",
    "changed": "with other content under the same id",
    "newly_failed": "newly failed",
    "no_longer_failed": "no longer failed",
    "newly_graded": "graded in the second run alone",
    "no_longer_graded": "graded in the first run alone",
    "other_reason": "with another reason for the score",
}
"""What may have become of a sample besides a moved score, in words."""


@dataclass(frozen=True, slots=True)
class RunDifference:
    """All that differs between two runs; lists of samples are cut, their counts are not."""

    before: str
    """The first run's folder."""
    after: str
    rubric: RubricDifference
    judge: tuple[Change, ...]
    counts: dict[str, int]
    """Samples by what became of them: the keys of KINDS, `moved`, `samples_before`, `_after`."""
    mean_before: float | None
    mean_after: float | None
    moved: tuple[Move, ...]
    """The largest moves first."""
    others: dict[str, tuple[Move, ...]]
    """Some samples of each of KINDS."""
    criteria: tuple[Flips, ...]
    """Those that differ, the most flips first."""

    @property
    def differs(self) -> bool:
        """Whether there is any difference at all."""
        counts = (self.counts[kind] for kind in (*KINDS, "moved"))
        return bool(self.rubric.differs or self.judge or self.criteria or any(counts))


def run_lines(found: RunDifference) -> Iterator[Line]:
    """The differences between two runs."""
    yield Line(f"{found.before} -> {found.after}", style="bold")
    yield Line("")
    same = f"the same rubric: {found.rubric.after}"
    yield from rubric_lines(found.rubric) if found.rubric.differs else (Line(same),)
    yield from _judge(found.judge)
    yield Line("")
    if not found.differs:
        yield Line("the runs do not differ")
        return
    before, after = found.counts["samples_before"], found.counts["samples_after"]
    yield Line("samples", f"{before:,} -> {after:,}")
    yield Line("mean score", arrow(found.mean_before, found.mean_after))
    for kind, told in KINDS.items():
        if count := found.counts[kind]:
            names = ", ".join(move.sample_id for move in found.others[kind])
            more = ", ..." if count > len(found.others[kind]) else ""
            yield Line(f"{count_of(count, 'sample')} {told}: {names}{more}")
    yield from move_lines(found.moved, found.counts["moved"])
    yield from criterion_lines(found.criteria)


def move_lines(moved: Sequence[Move], count: int) -> Iterator[Line]:
    """The samples whose score moved, those given of so many."""
    if not count:
        yield Line("no score moved")
        return
    which = f", the largest {len(moved)}" if count > len(moved) else ""
    yield Line("")
    yield Line(f"{count_of(count, 'score')} moved{which}", style="bold")
    for move in moved:
        other = " (other content)" if move.content == "changed" else ""
        style = "green" if (move.delta or 0) > 0 else "red"
        yield Line(f"{move.sample_id}{other}", arrow(move.before, move.after), 1, style)


def run_row(found: RunDifference) -> dict[str, Any]:
    """The differences as JSON."""
    return {
        **asdict(found),
        "rubric": rubric_row(found.rubric),
        "differs": found.differs,
        "moved": [{**asdict(move), "delta": move.delta} for move in found.moved],
    }


def _judge(changes: Sequence[Change]) -> Iterator[Line]:
    if not changes:
        yield Line("the same judge")
    for change in changes:
        if change.field == "template":
            yield Line("~ judge: another template", style="yellow")
        else:
            yield Line(f"~ judge: {change.field} {change.before} -> {change.after}", style="yellow")


def criterion_lines(criteria: Sequence[Flips]) -> Iterator[Line]:
    """How often each criterion was answered otherwise."""
    if not criteria:
        return
    yield Line("")
    yield Line("answers that flipped, and mean values", style="bold")
    for one in criteria:
        yield Line(f"{one.criterion}: {_flips(one)}", arrow(one.mean_before, one.mean_after), 1)


def _flips(one: Flips) -> str:
    other = f", {one.other_kind:,} failed or skipped in one run alone" if one.other_kind else ""
    return f"{one.flipped:,} of {one.answered:,}{other}"


def arrow(before: float | None, after: float | None) -> str:
    """Two numbers, and how far it is from the one to the other."""
    delta = "" if before is None or after is None else f"  {after - before:+.4f}"
    return f"{_number(before)} -> {_number(after)}{delta}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"
