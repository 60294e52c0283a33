"""`rlaif rubrics`."""

from __future__ import annotations

from rich.table import Table

from rlaif.authoring.rubric_file import load_rubric
from rlaif.authoring.shipped import shipped_folder, shipped_rubrics
from rlaif.cli.console import print_table, tell
from rlaif.records.criterion import Checked, leaves
from rlaif.reporting.text import cell


def run() -> None:
    """List the shipped rubrics.

    Their names work wherever a rubric file does. Copy one to edit it: the last line says where
    they lie.
    """
    table = Table("name", "version", "title", "criteria", box=None, pad_edge=False)
    for name, path in shipped_rubrics().items():
        rubric = load_rubric(path)
        criteria = list(leaves(rubric.items))
        checks = sum(isinstance(c, Checked) for c in criteria)
        kinds = f"{len(criteria)}, {checks} by program" if checks else str(len(criteria))
        table.add_row(name, rubric.version, cell(rubric.title), kinds)
    print_table(table)
    tell(f"The files lie in {shipped_folder('rubrics')}")
