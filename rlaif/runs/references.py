"""Whether the references of hidden cases agree with the cases that an expert wrote out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rlaif.checks.run import run_code_check
from rlaif.grading.completion import prepare
from rlaif.ports import Sandbox
from rlaif.records.code import PythonFunction
from rlaif.records.criterion import Checked, Item, leaves
from rlaif.records.outcome import Failure
from rlaif.records.sample import Sample

_LEAST_S = 10.0
"""Seconds that a reference has for a case at least: it may be simple and slow."""

_Both = tuple[str, PythonFunction, str]


def with_both(items: Sequence[Item]) -> list[_Both]:
    """The id, the check and the reference of each that has cases and hidden ones."""
    return list(_with_both(items))


def _with_both(items: Sequence[Item]) -> Iterator[_Both]:
    for criterion in leaves(items):
        check = criterion.check if isinstance(criterion, Checked) else None
        hidden = check.hidden if isinstance(check, PythonFunction) else None
        if isinstance(check, PythonFunction) and hidden and hidden.reference and check.cases:
            yield criterion.id, check, hidden.reference


async def contradictions(found: Sequence[_Both], sandbox: Sandbox) -> list[str]:
    """A line for each case that a reference does not meet, so that no code can meet both.

    The reference runs in the sandbox, which is started, as a completion would. What fails on our
    side is left to the examples: they fail by it too.
    """
    told: list[str] = []
    for name, check, reference in found:
        # Else the code of a reference that holds a fenced block would be cut out of it
        whole: dict[str, Any] = {"code_from": "whole_text", "code_language": None}
        limit = max(check.time_limit_s, _LEAST_S)
        more = {"hidden": None, "partial": True, "time_limit_s": limit}
        alone = check.model_copy(update=whole | more)
        sample = Sample(sample_id=name, prompt="The reference.", completion=reference)
        outcome = await run_code_check(alone, prepare(sample, "judge"), sandbox)
        if not isinstance(outcome, Failure):
            missed = [case for case in outcome.cases if not case.passed]
            told += [f"{name}: its reference misses a case: {case.message}" for case in missed]
    return told
