"""A list of runs, as people read it and as programs do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rlaif.records.run_facts import Listed
from rlaif.reporting.sheet import Line, Sheet
from rlaif.reporting.text import count_of


def runs_view(runs: Sequence[Listed]) -> Sheet:
    """Three lines a run, that hold on a narrow terminal."""
    return Sheet(line for run in runs for line in _lines(run))


def run_row(run: Listed) -> dict[str, Any]:
    """One run in JSON's types."""
    return {
        "path": str(run.path),
        "kind": "pairs" if run.of_pairs else "grades",
        "rubric": run.rubric or None,
        "judge": run.judge or None,
        "samples": run.samples,
        "graded": run.graded,
        "failed": run.failed,
        "mean_score": run.mean_score,
        "created": run.created or None,
        "changed": run.day,
        "in_use": run.in_use,
        "bytes": run.bytes,
        "problem": run.problem or None,
    }


def _lines(run: Listed) -> Iterator[Line]:
    used = "in use, " if run.in_use else ""
    yield Line(str(run.path), f"{used}{run.day}", style="bold")
    if run.rubric:
        yield Line(f"{run.rubric}, judged by {run.judge}", size_text(run.bytes), depth=1)
    else:
        yield Line("nothing graded yet", size_text(run.bytes), depth=1)
    if run.problem:
        yield Line(run.problem, depth=1, style="red")
    else:
        mean = "" if run.mean_score is None else f"mean {run.mean_score:.3f}"
        yield Line(_how_far(run), mean, depth=1)


def _how_far(run: Listed) -> str:
    noun, done = ("pair", "compared") if run.of_pairs else ("sample", "graded")
    failed = f", {run.failed:,} failed" if run.failed else ""
    return f"{run.graded:,} of {count_of(run.samples, noun)} {done}{failed}"


def size_text(count: int) -> str:
    """Bytes as `12 kB`, `3.4 MB` or `1.2 GB`."""
    for unit, size in (("GB", 10**9), ("MB", 10**6)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count / 1000:,.0f} kB" if count >= 1000 else f"{count} B"
