"""What the panel is asked, and by whom it may not be answered.

Where nobody says, its judges are asked the training rubric without its checks. A check answers
alike whoever asks. One that the policy has learnt to please would lift the panel's score with the
training score, and hide what the panel is there to show. The same holds for criteria that a prompt
brings along: they make the reward.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from rlaif.authoring.rubric_file import read_rubric
from rlaif.authoring.writing import rubric_text
from rlaif.errors import FileProblems
from rlaif.records.backends import Loaded, OpenaiJudge, ScriptedJudge, backend_name
from rlaif.records.criterion import Checked, leaves
from rlaif.records.identity import canonical, digest
from rlaif.records.judge import Judge
from rlaif.records.loop_stage import GradeTask
from rlaif.records.rubric import Rubric
from rlaif.storage.whole_files import disk_errors, replacing


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


def models_of(judge: Judge) -> set[str]:
    """What answers for a judge, however it is asked: equal where it is the same model.

    Weights that are loaded here are the same by whatever backend; a server's model is known by its
    address and name.
    """
    return {digest(canonical(one)) for seat in judge.seats for one in _models(seat)}


def _models(seat: Judge) -> Iterable[list[Any]]:
    spec = seat.own
    if isinstance(spec, OpenaiJudge):
        return [["served", spec.model, url] for url in spec.base_url]
    if isinstance(spec, ScriptedJudge):
        return [["scripted", spec.answers]]
    if isinstance(spec, Loaded):
        beside = (seat.folder or Path()) / spec.model
        place = str(beside.resolve()) if not spec.package and beside.exists() else spec.model
        adapter = getattr(spec, "adapter", None)
        stated = [spec.package, spec.gguf_file, adapter, spec.revision or "main"]
        return [["loaded", place, *stated]]
    return [[backend_name(spec), spec.model]]


def graded_samples(task: GradeTask) -> str:
    """The samples of a grading; of those for the panel a copy with the criteria that are asked.

    The copy lies beside the run. Raises: RunError where it cannot be written.
    """
    if task.own == "all":
        return task.samples
    copy = Path(f"{task.out}.jsonl")
    with disk_errors(copy), Path(task.samples).open("rb") as lines, replacing(copy) as stream:
        for line in lines:
            row = orjson.loads(line)
            own = row.pop("criteria", None) or []
            if task.own == "questions" and (asked := list(_judged(own))):
                row["criteria"] = asked
            stream.write(orjson.dumps(row) + b"\n")
    return str(copy)


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
