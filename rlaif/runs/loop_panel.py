"""What the panel's judges are asked where nobody says: the training rubric without its checks.

A check answers alike whoever asks. One that the policy has learnt to please would lift the panel's
score with the training score, and hide what the panel is there to show.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rlaif.authoring.rubric_file import read_rubric
from rlaif.authoring.writing import rubric_text
from rlaif.errors import FileProblems
from rlaif.records.criterion import Checked, leaves
from rlaif.records.rubric import Rubric


def questions_alone(rubric: Rubric, text: str) -> tuple[Rubric, str]:
    """The rubric with its judged criteria alone, and its text; itself where it has no check.

    Raises: FileProblems where that is no rubric any more.
    """
    checks = {c.id for c in leaves(rubric.items) if isinstance(c, Checked)}
    if not checks:
        return rubric, text
    written = rubric.as_written()
    written["criteria"] = list(_judged(written["criteria"]))
    examples = (_without(example, checks) for example in written.pop("examples", ()))
    if kept := [example for example in examples if example["expect"]]:
        written["examples"] = kept
    made = rubric_text(written)
    read = read_rubric(f"{rubric.rubric} without its checks", made)
    if read.rubric is None:
        raise FileProblems(read.problems)
    return read.rubric, made


def _judged(items: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """The items without checks, and without sections that hold nothing else."""
    for item in items:
        if "section" in item:
            inner = list(_judged(item["criteria"]))
            if inner:
                yield {**item, "criteria": inner}
        elif "check" not in item:
            yield item


def _without(example: dict[str, Any], checks: set[str]) -> dict[str, Any]:
    """The example without what it expects of the checks, or of the score that they are part of."""
    expect = {name: one for name, one in example.get("expect", {}).items() if name not in checks}
    kept = {key: value for key, value in example.items() if key != "score"}
    return {**kept, "expect": expect}
