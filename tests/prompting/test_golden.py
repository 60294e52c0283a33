"""The prompts of the shipped template, as a person reads them.

RLAIF_GOLDEN=write writes them anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rlaif.prompting.prompt import Prompter
from rlaif.prompting.question import Taught
from rlaif.prompting.template import JudgeTemplate
from rlaif.records.criterion import Judged
from rlaif.records.judge_base import Labels
from rlaif.records.subject import Subject

GOLDEN = Path(__file__).parent / "golden"
PLAIN = {"prompt": "Where is Oslo?", "completion": "In Norway,\non its fjord."}
CHAT = {
    "prompt": [("system", "Be short."), ("user", "What is 17 * 24?")],
    "completion": [
        ("assistant", "I use the tool."),
        ("tool call", '{"name": "multiply", "arguments": {"a": 17, "b": 24}}'),
        ("tool", "408"),
        ("assistant", "It is 408."),
    ],
}
LEVELS = ["confusing", {"followable": "a pupil gets there with effort"}, "clear"]
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "yes_no": (PLAIN, {}),
    "yes_no_guidance": (PLAIN, {"guidance": "Skipped arithmetic is fine."}),
    "yes_no_allow_na": (PLAIN, {"allow_na": True}),
    "levels": (PLAIN, {"levels": ["bad", "fair", "good"]}),
    "levels_described": (PLAIN, {"levels": LEVELS, "guidance": "Judge the whole."}),
    "levels_allow_na": (PLAIN, {"levels": LEVELS, "allow_na": True}),
    "choices": (PLAIN, {"choices": [{"Oslo": {"points": 1, "description": "the city"}}, "Bergen"]}),
    "choices_allow_na": (PLAIN, {"choices": [{"x": {"points": 1}}, "y"], "allow_na": True}),
    "range": (PLAIN, {"range": {"worst": 3, "best": 0, "steps": 4, "unit": "errors"}}),
    "reference": ({**PLAIN, "reference": "Norway"}, {}),
    "chat_with_tool_output": (CHAT, {}),
    "chat_reference": ({**CHAT, "reference": "408"}, {"levels": ["bad", "good"]}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_shipped_template_writes_this(
    name: str, default: JudgeTemplate, subject: Callable[..., Subject], ask: Callable[..., Judged]
) -> None:
    prompter = Prompter(default, Labels(), None)
    of_sample, of_criterion = CASES[name]
    prefix = prompter.prefix(subject(**of_sample))
    question = prompter.question(ask("Is the answer right?", **of_criterion))
    system, user = prefix.turns
    written = f"system:\n{system.text}\n\nuser:\n{user.text}{question.text}\n"
    written += f"\nlabels: {' '.join(question.labels)}\n"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("RLAIF_GOLDEN") == "write":
        path.write_text(written)
    assert written == path.read_text()


def test_an_example_that_teaches_stands_in_the_preamble(
    default: JudgeTemplate, subject: Callable[..., Subject], ask: Callable[..., Judged]
) -> None:
    right = ask("Is the answer right?")
    clear = ask("How clear is it?", levels=["bad", "good"], allow_na=True)
    taught = [
        Taught(subject("Norway.", "Where is Bergen?", "Norway"), ((right, 1), (clear, 2))),
        Taught(subject("In Sweden.", "Where is Bodo?"), ((right, 0), (clear, 0))),
    ]
    prefix = Prompter(default, Labels(), None, taught).prefix(subject(**PLAIN))
    written = "\n\n".join(f"{turn.role}:\n{turn.text}" for turn in prefix.turns)
    path = GOLDEN / "taught.txt"
    if os.environ.get("RLAIF_GOLDEN") == "write":
        path.write_text(written)
    assert written == path.read_text()


def test_every_golden_file_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {*CASES, "taught"}
