"""Two rubrics, or two runs, side by side."""

from __future__ import annotations

from pathlib import Path

from rlaif.authoring.shipped import find_rubric
from rlaif.errors import InputError
from rlaif.reporting.rubric_differences import Change, RubricDifference, rubric_difference
from rlaif.reporting.run_differences import KINDS, RunDifference
from rlaif.runs.files import rubric_and_text
from rlaif.runs.kept import kept_judge, kept_rubric
from rlaif.storage.manifest import NAME
from rlaif.storage.run_folder import RunFolder, open_run
from rlaif.storage.two_runs import two_runs

TOP = 20
"""Samples that are listed by name."""

_MOST_CRITERIA = 500
_NOT_ASKED = ("about",)
"""Of a judge file: moves no answer."""


def diff(before: str, after: str, top: int = TOP) -> RubricDifference | RunDifference:
    """What differs between two rubrics (files or names) or two run folders.

    Raises: InputError for a rubric beside a run; FileProblems, UnknownName, RunError.
    """
    runs = [_is_run(name) for name in (before, after)]
    if all(runs):
        return _of_runs(open_run(Path(before)), open_run(Path(after)), top)
    if any(runs):
        run, other = (before, after) if runs[0] else (after, before)
        find_rubric(other)
        hint = "name two runs, or two rubrics"
        raise InputError(f"'{run}' is a run and '{other}' is not\n  hint: {hint}")
    return rubric_difference(rubric_and_text(before)[0], rubric_and_text(after)[0])


def _is_run(name: str) -> bool:
    """Whether a name is that of a folder; a folder is never a rubric."""
    path = Path(name)
    try:
        return (path / NAME).is_file() or path.is_dir()
    except (OSError, ValueError):
        return False


def _of_runs(before: RunFolder, after: RunFolder, top: int) -> RunDifference:
    rubric = rubric_difference(kept_rubric(before), kept_rubric(after))
    old, new = kept_judge(before), kept_judge(after)
    judge = tuple(
        Change(name, old.get(name), new.get(name))
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name) and name not in _NOT_ASKED
    )
    return run_difference(before, after, rubric, judge, top)


def run_difference(
    before: RunFolder,
    after: RunFolder,
    rubric: RubricDifference,
    judge: tuple[Change, ...] = (),
    top: int = TOP,
) -> RunDifference:
    """What became of the samples of one run in another; or of one run in two states.

    Args: what differs between their rubrics and their judges; `top`, samples of a kind listed by
    name. Raises: RunError.
    """
    with two_runs(before, after) as both:
        counts = both.counts()
        means = counts.pop("mean_before"), counts.pop("mean_after")
        criteria = [one for one in both.flips(rubric.renamed) if one.differs]
        return RunDifference(
            before=str(before.path),
            after=str(after.path),
            rubric=rubric,
            judge=judge,
            counts=counts,
            mean_before=means[0],
            mean_after=means[1],
            moved=tuple(both.pairs("moved", top)),
            others={kind: tuple(both.pairs(kind, top)) for kind in KINDS if counts[kind]},
            criteria=tuple(criteria[:_MOST_CRITERIA]),
        )
