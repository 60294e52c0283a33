"""Written verdicts, overall questions and thinking frames of the shipped template, as they read.

RLAIF_GOLDEN=write writes them anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rlaif.ports import TokenizerFiles
from rlaif.prompting.codec import Codec
from rlaif.prompting.form import Form
from rlaif.prompting.prompt import Prompter
from rlaif.prompting.question import Taught
from rlaif.prompting.template import JudgeTemplate
from rlaif.records.criterion import Judged
from rlaif.records.judge_base import Labels
from rlaif.records.subject import Subject
from tests.prompting.chat_templates import CLOSING, TEMPLATES
from tests.prompting.conftest import ROOT

GOLDEN = Path(__file__).parent / "golden_forms"
PLAIN = {"prompt": "Where is Oslo?", "completion": "In Norway,\non its fjord."}
CHAT = {
    "prompt": [("system", "Be short."), ("user", "What is 17 * 24?")],
    "completion": [
        ("assistant", "I use the tool."),
        ("tool call", '{"name": "multiply", "arguments": {"a": 17, "b": 24}}'),
        ("tool", "408"),
        ("assistant", "It is 408."),
    ],
    "reference": "408",
}
RIGHT: dict[str, Any] = {"id": "right", "ask": "Is the answer right?"}
CLEAR: dict[str, Any] = {
    "id": "clear",
    "ask": "How clear is it?",
    "levels": ["confusing", {"clear": "a pupil follows it at once"}],
    "guidance": "Judge the whole.",
}
COUNT: dict[str, Any] = {
    "id": "errors",
    "ask": "How many errors does it have?",
    "range": {"worst": 4, "best": 0, "unit": "errors", "steps": 5},
}
KIND: dict[str, Any] = {
    "id": "kind",
    "ask": "What does the completion do?",
    "choices": [{"answer": {"points": 1, "description": "it says where"}}, "refuse"],
    "allow_na": True,
}
POLITE: dict[str, Any] = {"id": "polite", "ask": "Is the answer polite?", "allow_na": True}
FORMS: dict[str, tuple[dict[str, Any], list[dict[str, Any]], dict[str, bool]]] = {
    "yes_no": (PLAIN, [RIGHT], {}),
    "yes_no_evidence": (PLAIN, [{**RIGHT, "guidance": "Fjords are fine."}], {"evidence": True}),
    "yes_no_allow_na": (PLAIN, [POLITE], {}),
    "levels": (PLAIN, [CLEAR], {}),
    "choices_allow_na": (PLAIN, [KIND], {}),
    "range": (PLAIN, [COUNT], {}),
    "chat_evidence": (CHAT, [CLEAR], {"evidence": True}),
    "one_call": (CHAT, [RIGHT, CLEAR, COUNT, KIND, POLITE], {"listed": True}),
    "one_call_of_one": (PLAIN, [RIGHT], {"listed": True}),
}
LANGUAGES = ("de", "es", "fr", "zh")

Ask = Callable[..., Judged]
MakeSubject = Callable[..., Subject]


def same_as(name: str, written: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("RLAIF_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(written)
    assert written == path.read_text()


def criteria_of(given: list[dict[str, Any]]) -> list[Judged]:
    return [Judged.model_validate(one) for one in given]


def told(form: Form) -> str:
    lines = [
        f"{one.criterion}: labels {' '.join(one.labels)}, answers {' '.join(one.answers)}, "
        f"the best is {one.answers[one.best]}\n"
        for one in form.entries
    ]
    return f"{''.join(lines)}\n{json.dumps(form.schema, indent=1)}\n"


@pytest.mark.parametrize("name", FORMS)
def test_the_shipped_template_asks_for_this(
    name: str, default: JudgeTemplate, subject: MakeSubject
) -> None:
    of_sample, of_criteria, how = FORMS[name]
    verdict = "one_call" if how.get("listed") else "generated"
    prompter = Prompter(default, Labels(), None, verdict=verdict)
    form = prompter.form(criteria_of(of_criteria), **how)
    system, user = prompter.prefix(subject(**of_sample)).turns
    written = f"system:\n{system.text}\n\nuser:\n{user.text}{form.text}\n\n{told(form)}"
    same_as(name, written)


def test_an_example_that_teaches_stands_before_a_form_as_it_does_before_a_label(
    default: JudgeTemplate, subject: MakeSubject
) -> None:
    right, clear = criteria_of([RIGHT, CLEAR])
    taught = [Taught(subject("In Sweden.", "Where is Bodo?", "Norway"), ((right, 0), (clear, 1)))]
    prompter = Prompter(default, Labels(), None, taught, verdict="generated")
    prefix = prompter.prefix(subject(**PLAIN))
    same_as("taught", prompter.written(prefix, prompter.form([right])) + "\n")


def test_the_overall_question_lists_the_criteria(default: JudgeTemplate, ask: Ask) -> None:
    rambles = {"id": "rambles", "ask": "Does it ramble?", "weight": -1, "guidance": "A bit is fine"}
    listed = criteria_of([RIGHT, CLEAR, COUNT, KIND, rambles])
    prompter = Prompter(default, Labels(), None, verdict="holistic")
    text = prompter.overall(list(zip(listed, (2, 1, 0.5, 1, -1.25), strict=True)))
    tenths = {"worst": 1, "best": 10, "steps": 10}
    same_as("holistic", prompter.question(ask(text, range=tenths)).text + "\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_asks_for_a_list_and_for_one_overall_score(language: str, ask: Ask) -> None:
    template = JudgeTemplate((ROOT / "judges" / f"default.{language}.jinja2").read_text())
    prompter = Prompter(template, Labels(), None, verdict="one_call")
    all_kinds = criteria_of([RIGHT, CLEAR, COUNT, KIND, POLITE])
    one = prompter.form(all_kinds[:1], evidence=True).text
    listed = prompter.form(all_kinds, listed=True).text
    overall = prompter.overall([(all_kinds[0], 2), (all_kinds[1], 1), (all_kinds[4], -1)])
    same_as(f"language_{language}", "\n\n----\n\n".join((one, listed, overall)) + "\n")


@pytest.mark.parametrize("style", TEMPLATES)
@pytest.mark.parametrize("thinking", [True, False], ids=["thinking", "not_thinking"])
def test_the_frame_of_a_reasoning_model(
    style: str,
    thinking: bool,
    default: JudgeTemplate,
    subject: MakeSubject,
    ask: Ask,
    reasoning_files: Callable[[str], TokenizerFiles],
) -> None:
    codec = Codec(reasoning_files(style), thinking=thinking, closing=CLOSING[style])
    prompter = Prompter(default, Labels(), codec)
    prefix = prompter.prefix(subject(**PLAIN))
    written = prompter.written(prefix, prompter.question(ask("Is the answer right?")))
    closed = "[the thought]" + codec.text(codec.closing_ids) if thinking else ""
    same_as(f"frame_{style}_{'on' if thinking else 'off'}", f"{written}{closed}[the answer]\n")


def test_every_golden_file_has_its_case() -> None:
    frames = {f"frame_{style}_{how}" for style in TEMPLATES for how in ("on", "off")}
    languages = {f"language_{language}" for language in LANGUAGES}
    expected = {*FORMS, "taught", "holistic", *frames, *languages}
    assert {path.stem for path in GOLDEN.iterdir()} == expected
