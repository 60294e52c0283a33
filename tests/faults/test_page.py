"""The page for people who run large jobs has a row for every fault that is tested, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "faults.md"


def rows_named() -> list[str]:
    """The rows that the files of tests name."""
    found: list[str] = []
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROWS_OF_THE_TABLE":
                found += ast.literal_eval(node.value)
    return found


def test_every_fault_that_is_tested_has_its_row_and_every_row_is_tested() -> None:
    rows = re.findall(r"^\| ([^|]+?) \|", PAGE.read_text(), re.MULTILINE)
    assert rows[:1] == ["what happens to it"]
    assert sorted(rows[1:]) == sorted(rows_named())


def test_every_file_of_tests_names_its_rows() -> None:
    for path in HERE.glob("test_*.py"):
        assert path == Path(__file__) or "ROWS_OF_THE_TABLE = (" in path.read_text()
