"""A run under review: `ports.Reviewing` over one SQLite file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rlaif.ports import JudgeBackend, Reviewing
from rlaif.records.judge import Judge
from rlaif.runs.review_app import Review
from rlaif.runs.review_building import kept_review

MOST = 10_000
"""Samples of a run that come into a review."""


def open_review(
    run: Path,
    *,
    file: Path | None = None,
    rubric: Path | None = None,
    judge: Judge | None = None,
    blind: bool = False,
    redact: bool = False,
    names: Path | None = None,
    most: int = MOST,
    seed: int = 0,
    backend: JudgeBackend | None = None,
    note: Callable[[str], None] | None = None,
) -> Reviewing:
    """The review of a run, made or gone on with; what was said in it is kept.

    Args: `run`, a run folder, or the file of a review, which needs no run; `file`, where the review
    is kept, RUN/review.sqlite if not given; `rubric`, the file that is edited, where it is not the
    one that the run's command named; `judge`, who grades a criterion again; `blind` hides the judge
    until an annotator has answered; `redact` hides names and addresses on the pages, with `names`,
    a file of names, one a line; `most`, how many samples come in, the most informative and some at
    random by `seed`; `backend` answers instead of the judge's own, as in tests; `note` is told
    what a person should know.
    Raises: RunError for a folder that is no run, and for a file that is no review or a newer
    rlaif's; FileProblems for a rubric at fault; InputError for what cannot be.
    """
    kept = kept_review(run, file, most=most, seed=seed, note=note or _silent)
    return Review(
        kept, rubric=rubric, judge=judge, blind=blind, redact=redact, names=names, backend=backend
    )


def _silent(_: str) -> None:
    """Tell nobody."""
