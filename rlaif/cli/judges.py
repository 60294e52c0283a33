"""`rlaif judges`."""

from __future__ import annotations

from rich.table import Column, Table

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.named_judge import FORMS
from rlaif.authoring.shipped import shipped_folder, shipped_judges
from rlaif.cli.console import print_table, tell
from rlaif.records.backends import backend_name
from rlaif.records.judge import PANELS, Judge
from rlaif.reporting.text import cell


def run() -> None:
    """List the shipped judges.

    Their names work wherever a judge file does. Copy one to name another model: the last
    line says where they lie. A model needs no file: vllm:Qwen/Qwen3-8B is a judge too.
    """
    name_column = Column("name", no_wrap=True)
    table = Table(name_column, "backend", "model", "what for", box=None, pad_edge=False)
    for name, path in shipped_judges().items():
        judge = load_judge(path)
        table.add_row(name, *map(cell, _asked(judge)), cell(judge.spec.about))
    print_table(table)
    tell(f"Without a file: {', '.join(FORMS.values())}")
    tell(f"The files lie in {shipped_folder('judges')}")


def _asked(judge: Judge) -> tuple[str, str]:
    """What answers: backend and model, or the kind of panel and its members."""
    if judge.members:
        kind = next(key for key, panel in PANELS.items() if isinstance(judge.spec, panel))
        return kind, ", ".join(member.spec.judge for member in judge.members)
    return backend_name(judge.own), judge.own.model
