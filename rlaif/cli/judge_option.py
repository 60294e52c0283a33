"""What --judge names."""

from __future__ import annotations

from rlaif.authoring.judge_file import load_judge
from rlaif.records.judge import Judge
from rlaif.runs.backends import waiting


def judge_of(name: str | None, max_outage_s: float | None = None) -> Judge | None:
    """The judge of that name, which waits so long for a server that cannot be reached.

    Raises: UnknownName; FileProblems with every problem of its file.
    """
    if name is None:
        return None
    judge = load_judge(name)
    return judge if max_outage_s is None else waiting(judge, max_outage_s)
