"""Lint of judges takes in their templates."""

from pathlib import Path

import pytest

from rlaif.authoring.shipped import shipped_folder
from rlaif.errors import UnknownName
from rlaif.runs.lint import lint

JUDGE = "judge: mine\nversion: 1.0.0\nbackend: scripted\ntemplate: mine.jinja2\n"


def test_what_ships_is_without_a_problem() -> None:
    assert lint([shipped_folder("rubrics"), shipped_folder("judges")]) == []


def test_a_template_that_cannot_be_read_is_a_problem_of_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(JUDGE)
    template = tmp_path / "mine.jinja2"
    template.write_text("{% block preamble %}{{ ")
    problems = lint([tmp_path / "mine.yaml"])
    assert problems
    assert {p.path for p in problems} == {str(template)}


def test_a_template_that_hides_the_completion_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(JUDGE)
    shipped = (shipped_folder("judges") / "default.jinja2").read_text()
    (tmp_path / "mine.jinja2").write_text(shipped.replace("completion", "prompt"))
    assert any("completion" in p.message for p in lint([tmp_path / "mine.yaml"]))


def test_a_name_that_leads_nowhere_is_said() -> None:
    with pytest.raises(UnknownName, match="did you mean 'scripted'"):
        lint(["scriptd"])
