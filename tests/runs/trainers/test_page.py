"""What docs/trainers.md shows leads to what is there."""

import ast
import re
import tomllib
from importlib import import_module
from pathlib import Path

from rlaif.runs.trainers.wired import OPTIONS

PAGE = (Path(__file__).parents[3] / "docs" / "trainers.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_name_of_ours_that_python_imports_is_there() -> None:
    imported = [
        (node.module, name.name)
        for text in blocks("python")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("rlaif.")
        for name in node.names
    ]
    assert len(imported) == 6
    for module, name in imported:
        assert callable(getattr(import_module(str(module)), name))


def test_the_lines_for_verl_name_our_function_and_our_settings() -> None:
    (text,) = blocks("text")
    stated = dict(line.split("=", 1) for line in text.splitlines())
    function = "reward.custom_reward_function."
    module = stated[f"{function}path"].removeprefix("pkg://")
    assert callable(getattr(import_module(module), stated[f"{function}name"]))
    settings = [key.rpartition(".")[2] for key in stated if ".reward_kwargs." in key]
    assert settings == ["rubric", "judge"]


def test_the_function_for_verifiers_is_there() -> None:
    (text,) = blocks("toml")
    rewards = tomllib.loads(text)["env"]["taskset"]["task"]["rewards"]
    module, _, name = rewards["quality"]["fn"].partition(":")
    assert callable(getattr(import_module(module), name))


def test_every_setting_is_on_the_page() -> None:
    table = PAGE.partition("| setting | is |")[2].partition("\n\n")[0]
    assert set(OPTIONS) == set(re.findall(r"`([a-z_]+)`", table)) - {"ranking"}
