"""Small faults in the solutions of HumanEval are caught here where the official tests catch them.

"Official" is what the data set's authors do: prompt, solution, tests and the call of them as one
program, whose end is the verdict. That can be forged, but nothing here forges it.
"""

from __future__ import annotations

import ast
import logging
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.authoring.rubric_file import load_rubric
from rlaif.checks.sandbox.launch import TIERS
from rlaif.records.criterion import Checked
from rlaif.records.grade import Grade
from rlaif.records.outcome import Verdict
from rlaif.records.sample import Sample
from rlaif.runs.api import grade_sync
from rlaif.runs.imports import import_file
from rlaif.storage.samples import read_samples
from tests.checks.sandbox.conftest import machine_lacks

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "humaneval.jsonl"
LIMIT_S = 3.0
"""For one mutant, on both sides: some of them never end."""
WANTED = 150
"""Mutants, evenly spread over the file."""
EXPLAINED: dict[str, str] = {}
"""Mutants on which the two may differ, each with the reason."""

_LOG = logging.getLogger(__name__)
_LIMITED = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29))\n"
_OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.Gt: ast.GtE,
    ast.Eq: ast.NotEq,
}

Row = dict[str, Any]


def solution(row: Row) -> str:
    return str(row["prompt"] + row["canonical_solution"])


def mutants(row: Row) -> Iterator[tuple[str, str]]:
    """A name that says which fault it is, and the code: one for each place that can be at fault.

    What the prompt defines beside the function stays: it belongs to the tests of some rows.
    """
    tree = ast.parse(solution(row))
    for place, node in enumerate(ast.walk(_asked_for(tree, row))):
        for what in dict(_faults(node)):
            changed = deepcopy(tree)
            there = list(ast.walk(_asked_for(changed, row)))[place]
            dict(_faults(there))[what]()
            yield f"{row['task_id']} {place} {what}", ast.unparse(changed)


def _asked_for(tree: ast.Module, row: Row) -> ast.AST:
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return next(node for node in functions if node.name == row["entry_point"])


def _faults(node: ast.AST) -> Iterator[tuple[str, Callable[[], None]]]:
    """What one node can be made into."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield "off by one", partial(setattr, node, "value", node.value + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield "operator", partial(setattr, node, "op", ast.Sub())
    if isinstance(node, ast.Compare) and (other := _OTHER.get(type(node.ops[0]))):
        yield "comparison", partial(setattr, node, "ops", [other(), *node.ops[1:]])


def spread() -> dict[str, tuple[Row, str]]:
    """By name: so many mutants of the whole file, every so-and-so-manyth."""
    rows = [orjson.loads(line) for line in DATA.read_bytes().splitlines()]
    found = [(name, (row, code)) for row in rows for name, code in mutants(row)]
    return dict(found[n * len(found) // WANTED] for n in range(WANTED))


def officially_passes(row: Row, code: str) -> bool:
    program = f"{_LIMITED}{code}\n{row['test']}\ncheck({row['entry_point']})\n"
    command = [sys.executable, "-I", "-S", "-c", program]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=False, cwd="/")
    except subprocess.TimeoutExpired:
        return False
    return ran.returncode == 0


def as_sample(name: str, code: str, imported: Sample) -> Sample:
    """The imported sample with that code, and the time limit of the official side."""
    (criterion,) = imported.criteria
    assert isinstance(criterion, Checked)
    check = criterion.check.model_copy(update={"time_limit_s": LIMIT_S})
    return imported.model_copy(
        update={
            "sample_id": name,
            "completion": f"```python\n{code}\n```",
            "criteria": (criterion.model_copy(update={"check": check}),),
        }
    )


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the public data are not here")
def test_a_small_fault_is_caught_where_the_official_tests_catch_it(
    tmp_path: Path, judge: Callable[..., Any]
) -> None:
    if all(machine_lacks(tier) for tier in TIERS):
        pytest.skip(machine_lacks(TIERS[0]))
    import_file("humaneval", DATA, tmp_path / "out")
    rubric = load_rubric(tmp_path / "out" / "rubric.yaml")
    imported = {s.sample_id: s for s in read_samples(str(tmp_path / "out" / "samples.jsonl"))}
    made = spread()
    with ThreadPoolExecutor(2) as threads:
        verdicts = threads.map(lambda one: officially_passes(*one), made.values())
        official = dict(zip(made, verdicts, strict=True))
    samples = [as_sample(n, code, imported[row["task_id"]]) for n, (row, code) in made.items()]
    ours = {grade.sample_id: grade for grade in grade_sync(samples, rubric, judge())}
    differing = {
        name: told(ours[name])
        for name, passes in official.items()
        if (ours[name].score == 1) != passes and name not in EXPLAINED
    }
    assert differing == {}
    assert {grade.status for grade in ours.values()} == {"ok"}
    assert len(made) == WANTED
    kinds = Counter(name.split(" ", 2)[2] for name in made)
    caught = Counter(name.split(" ", 2)[2] for name, passes in official.items() if not passes)
    _LOG.info("caught by both: %s", {kind: f"{caught[kind]} of {n}" for kind, n in kinds.items()})
    # Tests that catch everything, or hardly anything, would not tell two graders apart
    assert set(kinds) == {"off by one", "operator", "comparison"}
    assert 0.5 * WANTED < sum(caught.values()) < WANTED


def told(grade: Grade) -> tuple[float | None, list[str]]:
    """The score, and what the cases say."""
    verdicts = [o.outcome for o in grade.outcomes if isinstance(o.outcome, Verdict)]
    return grade.score, [str(case) for verdict in verdicts for case in verdict.cases]
