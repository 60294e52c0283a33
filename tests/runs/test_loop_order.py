"""A loop file and all that it names, held against each other before anything is begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlaif.errors import FileProblems, InputError
from rlaif.records.sample import Message
from rlaif.runs.loop_order import loop_order, prompt_key
from tests.runs.loops import prompts, written


def test_a_held_out_prompt_among_the_prompts_is_named_with_both_lines(tmp_path: Path) -> None:
    path = written(tmp_path)
    prompts(tmp_path / "prompts.jsonl", "test", 2)
    with pytest.raises(FileProblems) as raised:
        loop_order(path)
    first = raised.value.problems[0]
    assert (first.path, first.line) == (str(tmp_path / "prompts.jsonl"), 1)
    assert f"{tmp_path / 'held-out.jsonl'}, line 1" in first.message
    assert len(raised.value.problems) == 2


def test_a_chat_of_one_message_is_the_same_prompt_as_its_text() -> None:
    chat = (Message(role="system", content="Be kind."), Message(role="user", content="Hello  you"))
    assert prompt_key(chat) == prompt_key("Hello you\n")
    assert prompt_key(chat) != prompt_key("Hello")


JUDGED = "  - id: kind\n    ask: Is the text kind to whom it speaks?\n"


def judged(folder: Path, panel: str, fingerprint: str = "best") -> Path:
    path = written(folder, more="judge: judge.yaml\n")
    (folder / "rubric.yaml").write_text((folder / "rubric.yaml").read_text() + JUDGED)
    for name, answers in (("judge", "best"), ("other", fingerprint)):
        stated = f"judge: {name}\nversion: 1.0.0\nbackend: scripted\nanswers: {answers}\n"
        (folder / f"{name}.yaml").write_text(stated)
    path.write_text(path.read_text().replace("panel: {checks: checks.yaml}", f"panel: {panel}"))
    return path


def test_the_training_judge_cannot_sit_on_the_panel_under_another_name(tmp_path: Path) -> None:
    path = judged(tmp_path, "{judges: [other.yaml]}")
    with pytest.raises(InputError, match="it cannot watch itself"):
        loop_order(path)
    assert loop_order(judged(tmp_path, "{judges: [other.yaml]}", "hash")).panel[0].name == "other"


def test_a_panel_judge_is_asked_the_training_rubric_unless_told(tmp_path: Path) -> None:
    order = loop_order(judged(tmp_path, "{judges: [other.yaml]}", "hash"))
    asked = [item["id"] for item in order.panel[0].rubric.as_written()["criteria"]]
    assert asked == ["kind"]  # and none of the checks, which answer alike whoever asks
    assert order.panel[0].rubric.rubric == order.training.rubric.rubric
    (tmp_path / "panel.yaml").write_text(
        "rubric: p\nversion: 1.0.0\ntitle: Another\ncriteria:\n" + JUDGED
    )
    path = judged(tmp_path, "{judges: [other.yaml], rubric: panel.yaml}", "hash")
    assert loop_order(path).panel[0].rubric.rubric == "p"


def test_a_rubric_with_questions_is_no_check_of_the_panel(tmp_path: Path) -> None:
    path = judged(tmp_path, "{checks: rubric.yaml}")
    with pytest.raises(InputError, match="asks questions of a judge"):
        loop_order(path)


def test_a_policy_on_a_server_cannot_be_trained(tmp_path: Path) -> None:
    path = written(tmp_path)
    served = "{policy: p, backend: openai, model: m, base_url: 'http://127.0.0.1:1/v1'}"
    path.write_text(
        path.read_text().replace("{policy: writer, backend: transformers, model: start}", served)
    )
    with pytest.raises(FileProblems, match="its weights are not here"):
        loop_order(path)
