"""What the criteria of a rubric and of samples need: a judge, a sandbox, which checks."""

from __future__ import annotations

from collections.abc import Sequence

from rlaif.checks.run import needs_sandbox
from rlaif.records.criterion import Checked, Item, leaves
from rlaif.runs.judge import asks_judge


class Needs:
    """Known in full once all that is to be graded was looked at."""

    def __init__(self, items: Sequence[Item]) -> None:
        """Begin with the rubric's items."""
        self.judge = self.code = False
        self.checks: set[str] = set()
        self.add(items)

    def add(self, items: Sequence[Item]) -> None:
        """Look at more of them."""
        if items:
            self.judge = self.judge or asks_judge(items)
            self.code = self.code or runs_code(items)
            self.checks |= check_names(items)


def check_names(items: Sequence[Item]) -> set[str]:
    """The names of the checks among the items."""
    return {c.check.check for c in leaves(items) if isinstance(c, Checked)}


def runs_code(items: Sequence[Item]) -> bool:
    """Whether any of the items is a check that runs code, which only the sandbox does."""
    return any(isinstance(c, Checked) and needs_sandbox(c.check) for c in leaves(items))
