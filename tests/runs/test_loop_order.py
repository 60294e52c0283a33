"""A loop file and all that it names, held against each other before anything is begun."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.errors import FileProblems, InputError, RunError
from rlaif.records.sample import Message
from rlaif.runs.loop_order import loop_order, refuse_another
from rlaif.runs.loop_panel import models_of
from rlaif.runs.loop_prompts import prompt_key
from tests.runs.loops import PROMPTS, RUBRIC, prompts, written


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


@pytest.mark.parametrize(
    "other",
    [
        "Ou  est le caf\u00e9 ?",
        "Ou est le cafe\u0301 ?",  # as some systems write the accent
        "Ou est le\u200b caf\u00e9 ?\ufeff",
        "Ou est\u00a0le caf\u00e9\n?",
    ],
)
@pytest.mark.parametrize("before", [(), (Message(role="assistant", content="Hello.\n"),)])
def test_what_nobody_sees_makes_no_other_prompt(other: str, before: tuple[Message, ...]) -> None:
    def chat(first: str, *, asked: str) -> tuple[Message, ...]:
        ours = Message(role="developer", content=first)
        return (ours, *before, Message(role="user", content=asked))

    key = prompt_key(chat("Be kind.", asked="Ou est le caf\u00e9 ?"))
    assert prompt_key(chat("Be brief.", asked=other)) == key
    assert prompt_key(chat("Be kind.", asked="Ou est la gare ?")) != key


def test_prompts_that_are_the_same_count_once_and_too_few_are_said(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert loop_order(path).warning == ""
    rows = [{"prompt": "a b"}, {"prompt": "a  b"}, {"prompt": "a b", "reference": "x"}]
    lines = rows + [{"prompt": f"test {n}"} for n in range(5)]
    (tmp_path / "held-out.jsonl").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in lines))
    order = loop_order(path)
    assert (order.prompts.held_out, order.prompts.different) == (8, 6)
    assert order.warning.startswith("6 different held-out prompts: only large ones are found")


PER_SAMPLE = (
    "rubric: brought\nversion: 1.0.0\ntitle: What the prompts bring\ncriteria: per-sample\n"
)
CHECK = {"id": "own", "check": "contains", "text": "sparkling"}
QUESTION = {"id": "asked", "ask": "Is the text good?"}


def brings(folder: Path, *criteria: dict[str, str], name: str = "held-out.jsonl") -> None:
    """Let every prompt bring these."""
    path = folder / name
    rows = [orjson.loads(line) | {"criteria": criteria} for line in path.read_bytes().splitlines()]
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


def faults(path: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(FileProblems) as raised:
        loop_order(path)
    return [(Path(one.path).name, one.line, one.message) for one in raised.value.problems]


def test_a_prompt_without_the_criteria_that_the_rubric_wants_is_named(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "rubric.yaml").write_text(PER_SAMPLE)
    brings(tmp_path, CHECK)
    found = faults(path)
    assert [one[:2] for one in found] == [("prompts.jsonl", n) for n in range(1, PROMPTS + 1)]
    assert "this one has none" in found[0][2]
    brings(tmp_path, CHECK, name="prompts.jsonl")
    assert loop_order(path).prompts.own_criteria


def test_a_prompts_own_question_wants_a_judge(tmp_path: Path) -> None:
    path = written(tmp_path)
    brings(tmp_path, QUESTION)
    assert "there are questions for a judge" in faults(path)[0][2]


def test_what_a_prompt_brings_along_is_not_asked_by_the_panels_own_rubrics(tmp_path: Path) -> None:
    """It makes the reward, as the training rubric does."""
    path = judged(tmp_path, "{judges: [other.yaml], checks: checks.yaml}", "hash")
    brings(tmp_path, CHECK, QUESTION)
    order = loop_order(path)
    assert [(one.name, one.own) for one in (order.training, *order.panel)] == [
        ("training", "all"),
        ("other", "questions"),
        ("checks", "none"),
    ]
    (tmp_path / "panel.yaml").write_text(
        "rubric: p\nversion: 1.0.0\ntitle: Another\ncriteria:\n" + JUDGED
    )
    path = judged(tmp_path, "{judges: [other.yaml], rubric: panel.yaml}", "hash")
    assert loop_order(path).panel[0].own == "none"


def test_a_judge_that_only_prompts_ask_is_asked_by_all_of_them(tmp_path: Path) -> None:
    path = judged(tmp_path, "{judges: [other.yaml]}", "hash")
    (tmp_path / "rubric.yaml").write_text(PER_SAMPLE)
    brings(tmp_path, CHECK, name="prompts.jsonl")
    brings(tmp_path, CHECK)
    assert "the panel's judge 'other' is asked nothing" in faults(path)[0][2]
    brings(tmp_path, CHECK, QUESTION)
    assert loop_order(path).panel[0].own == "questions"


@pytest.mark.parametrize("text", [RUBRIC, PER_SAMPLE])
def test_checks_that_train_cannot_watch(tmp_path: Path, text: str) -> None:
    path = written(tmp_path)
    (tmp_path / "checks.yaml").write_text(text)
    with pytest.raises(InputError, match="those that make the reward"):
        loop_order(path)


SERVED = "backend: openai\nmodel: m\nbase_url: http://127.0.0.1:9/v1\n"
LOADED = "backend: transformers\nmodel: some/model\n"


@pytest.mark.parametrize(
    ("stated", "other", "same"),
    [
        (SERVED, SERVED + "temperature: 0.5\nverdict: generated\n", True),
        (SERVED, SERVED.replace("http:", "[http:").replace("/v1", "/v1, http://h/v1]"), True),
        (SERVED, SERVED.replace("model: m", "model: other"), False),
        (SERVED, SERVED.replace("127.0.0.1", "10.0.0.1"), False),
        (LOADED, LOADED.replace("transformers", "vllm") + "revision: main\nmax_length: 9\n", True),
        (LOADED, LOADED + "revision: v2\n", False),
    ],
)
def test_a_judge_is_the_same_by_its_model_however_it_is_asked(
    tmp_path: Path, stated: str, other: str, same: bool
) -> None:
    found = []
    for name, keys in (("judge", stated), ("other", other)):
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"judge: {name}\nversion: 1.0.0\n{keys}")
        found.append(models_of(load_judge(path)))
    assert bool(found[0] & found[1]) is same


def test_a_loop_does_not_go_on_from_another_start_model(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / "weights").write_text("1")
    kept = {"parts": loop_order(path).stated()}
    refuse_another(loop_order(path), kept, tmp_path)
    (tmp_path / "start" / "weights").write_text("2")
    with pytest.raises(RunError, match="begun with another start model"):
        refuse_another(loop_order(path), kept, tmp_path)


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
