"""What a run keeps of its rubric and its judge, read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from rlaif.authoring.rubric_file import read_rubric
from rlaif.errors import RunError
from rlaif.records.rubric import Rubric
from rlaif.storage.pair_folder import PairFolder
from rlaif.storage.run_folder import RunFolder


def kept_rubric(run: RunFolder | PairFolder) -> Rubric:
    """The rubric that the run's grades are under.

    Raises: RunError where nothing was graded yet, or the file cannot be read.
    """
    stated = run.manifest.rubric
    if stated is None:
        raise RunError(f"{run.path}: nothing was graded into it yet")
    path = run.path / stated.file
    read = read_rubric(path)
    if read.rubric is None:
        raise _unreadable(path, "rubric", read.problems[0].message)
    return read.rubric


def kept_judge(run: RunFolder | PairFolder) -> dict[str, Any]:
    """The judge that the run's grades are by: its file's fields, `template` and `served`.

    Raises: RunError where nothing was graded yet, or the file cannot be read.
    """
    stated = run.manifest.judge
    if stated is None:
        raise RunError(f"{run.path}: nothing was graded into it yet")
    path = run.path / stated.file
    try:
        kept = orjson.loads(path.read_bytes())
        fields = dict(kept["judge"])
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(path, "judge", "it is missing or damaged") from error
    return {**fields, "template": kept.get("template", ""), "served": stated.served}


def _unreadable(path: Path, what: str, why: str) -> RunError:
    hint = f"put the {what} by which the run was graded back in this place, from a copy"
    return RunError(f"{path}: the kept {what} cannot be read ({why})\n  hint: {hint}")
