"""`rlaif judges`."""

from __future__ import annotations

from rich.table import Table

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.shipped import shipped_folder, shipped_judges
from rlaif.cli.console import print_table, tell
from rlaif.reporting.text import cell


def run() -> None:
    """List the shipped judges.

    Their names work wherever a judge file does. Copy one to name another model: the last
    line says where they lie.
    """
    table = Table("name", "version", "backend", "model", "about", box=None, pad_edge=False)
    for name, path in shipped_judges().items():
        spec = load_judge(path).spec
        table.add_row(name, spec.version, spec.backend, cell(spec.model), cell(spec.about))
    print_table(table)
    tell(f"The files lie in {shipped_folder('judges')}")
