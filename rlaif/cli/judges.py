"""`rlaif judges`."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.shipped import shipped_judges
from rlaif.cli.console import print_table


def run() -> None:
    """List the shipped judges.

    Their names work wherever a judge file does. Copy one to name another model.
    """
    table = Table("name", "version", "backend", "model", "about", box=None, pad_edge=False)
    for name, path in shipped_judges().items():
        spec = load_judge(path).spec
        table.add_row(name, spec.version, spec.backend, Text(spec.model), Text(spec.about))
    print_table(table)
