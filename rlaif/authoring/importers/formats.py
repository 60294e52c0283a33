"""Every format by its name: how its files are read, who reads a row, and how one knows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from rlaif.authoring.importers.checklists import infobench, multichallenge, wildbench
from rlaif.authoring.importers.five_levels import biggen, prometheus
from rlaif.authoring.importers.humaneval import humaneval
from rlaif.authoring.importers.imported import Entry, Imported, Tally
from rlaif.authoring.importers.mbpp import mbpp
from rlaif.authoring.importers.paperbench import paperbench
from rlaif.authoring.importers.rubric_files import autorubric, verifiers
from rlaif.authoring.importers.stdio import stdio
from rlaif.authoring.importers.weighted import (
    healthbench,
    open_instruct,
    prbench,
    profbench,
    rar,
    researchrubrics,
)

ReadRow = Callable[[dict[str, Any], Tally], Entry]
ReadDocument = Callable[[Any, str, Tally], Imported]


@dataclass(frozen=True, slots=True)
class Format:
    """One format. `rows` have a prompt each, a `document` is one rubric, a `table` has columns."""

    title: str
    kind: Literal["rows", "document", "table"]
    marks: tuple[frozenset[str], ...] = ()
    """Keys that tell the format: all of one of these sets stand at the top of it."""
    row: ReadRow | None = None
    document: ReadDocument | None = None
    code: bool = False
    """Rows are answered by code, which tests alone decide about."""


def _rows(title: str, row: ReadRow, *marks: str) -> Format:
    return Format(title, "rows", tuple(frozenset(m.split()) for m in marks), row=row)


def _code(title: str, row: ReadRow, *marks: str) -> Format:
    return replace(_rows(title, row, *marks), code=True)


def _document(title: str, read: ReadDocument, *marks: str) -> Format:
    return Format(title, "document", tuple(frozenset(m.split()) for m in marks), document=read)


FORMATS: dict[str, Format] = {
    "healthbench": _rows("HealthBench", healthbench, "prompt_id rubrics"),
    "paperbench": _document("PaperBench", paperbench, "requirements sub_tasks"),
    "prbench": _rows("PRBench", prbench, "prompt_0 rubric"),
    "rar": _rows("Rubrics as Rewards", rar, "question rubric"),
    "researchrubrics": _rows("ResearchRubrics", researchrubrics, "sample_id prompt rubrics"),
    "profbench": _rows("ProfBench", profbench, "task_id rubrics"),
    "biggen": _rows("BiGGen-Bench", biggen, "score_rubric"),
    "prometheus": _rows("Prometheus", prometheus, "orig_criteria", "instruction rubric"),
    "wildbench": _rows("WildBench", wildbench, "checklist conversation_input"),
    "infobench": _rows("InFoBench", infobench, "decomposed_questions"),
    "multichallenge": _rows("MultiChallenge", multichallenge, "TARGET_QUESTION", "rubric context"),
    "open-instruct": _rows("open-instruct", open_instruct, "ground_truth", "query rubrics"),
    "humaneval": _code("HumanEval", humaneval, "entry_point test"),
    "mbpp": _code("MBPP", mbpp, "test_list"),
    "stdio": _code("Programming problems", stdio, "input_output", "public_tests"),
    "csv": Format("A table", "table"),
    "xlsx": Format("A workbook", "table"),
    "autorubric": _document("autorubric", autorubric, "items rubric", "requirement"),
    "verifiers": _document("verifiers", verifiers, "name text"),
}


def looks_like(top: Any) -> str | None:
    """The format that a file's first row, or its document, has the marks of; None for no known."""
    seen = _keys(top)
    found = [
        (len(marks), name)
        for name, form in FORMATS.items()
        for marks in form.marks
        if marks <= seen
    ]
    return max(found)[1] if found else None


def has_marks_of(name: str, top: Any) -> bool:
    """Whether `top` may be of that format, so that its own errors are the ones to tell."""
    marks = FORMATS[name].marks
    return not marks or any(one <= _keys(top) for one in marks)


def _keys(top: Any) -> set[str]:
    """The keys of an object, and of the first entry of the list that it is or carries."""
    seen = set(top) if isinstance(top, dict) else set()
    lists = [top] if isinstance(top, list) else []
    if isinstance(top, dict):
        lists += [
            top[k] for k in ("criteria", "rubric", "sections") if isinstance(top.get(k), list)
        ]
    for entries in lists:
        if (
            entries
            and isinstance(entries[0], dict)
            and not seen & {"question", "prompt", "context"}
        ):
            seen |= set(entries[0])
            inner = entries[0].get("criteria")
            if isinstance(inner, list) and inner and isinstance(inner[0], dict):
                seen |= set(inner[0])
    return seen
