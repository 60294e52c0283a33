"""Every problem of rubric files, judge files and the templates that judges name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rlaif.authoring.lint import lint_paths
from rlaif.errors import Problem

__all__ = ["lint"]


def lint(paths: Sequence[str | Path]) -> list[Problem]:
    """All problems, sorted by place. Raises: UnknownName, InputError for what is no such file."""
    return lint_paths(paths)
