"""The judges that ship: sound, honest about what is not measured, and listed in a moment."""

from __future__ import annotations

import re

import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.named_judge import named_judge
from rlaif.authoring.shipped import shipped_judges
from rlaif.prompting.pair_prompt import PairPrompter
from rlaif.prompting.prompt import Prompter
from rlaif.prompting.template import NEEDED, JudgeTemplate
from rlaif.records.backends import ScriptedJudge, VllmJudge

NAMES = sorted(shipped_judges())
OPEN = [name for name in NAMES if isinstance(load_judge(name).spec, VllmJudge)]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_bears_the_name_of_its_judge(name: str) -> None:
    judge = load_judge(name)
    assert judge.spec.judge == name
    assert judge.spec.about


@pytest.mark.parametrize("name", OPEN)
def test_a_judge_that_nobody_measured_says_so(name: str) -> None:
    head = shipped_judges()[name].read_text().partition("judge:")[0]
    assert "unmeasured here" in load_judge(name).spec.about
    assert re.search(r"[Nn]ot(hing.*)? measured", " ".join(head.replace("#", " ").split()))
    assert "icence" in head


@pytest.mark.parametrize("name", OPEN)
def test_a_model_is_named_by_its_id_on_the_hub(name: str) -> None:
    model = load_judge(name).own.model
    assert model.count("/") == 1
    made = named_judge(f"vllm:{model}")
    assert made is not None
    assert made.own.model == model


@pytest.mark.parametrize("name", NAMES)
def test_the_template_has_the_blocks_that_the_judge_needs(name: str) -> None:
    judge = load_judge(name)
    template = JudgeTemplate(judge.template, judge.own.template)
    assert [block for block in NEEDED[judge.own.verdict] if not template.has(block)] == []
    Prompter(template, judge.own.labels, None)
    PairPrompter(template, judge.own.labels, None)


def test_what_needs_no_model_says_so() -> None:
    for name in ("scripted", "scripted-hash"):
        assert isinstance(load_judge(name).spec, ScriptedJudge)
        assert "no model" in load_judge(name).spec.about
    assert "near chance" in load_judge("smollm2-135m").spec.about


def test_thinking_leaves_room_for_the_prompt() -> None:
    thinking = [load_judge(name).own for name in OPEN if load_judge(name).own.thinking]
    assert len(thinking) == 3
    for spec in thinking:
        assert isinstance(spec, VllmJudge)
        assert spec.max_length is not None
        assert spec.thinking_tokens < spec.max_length / 2


def test_channels_end_where_the_answer_begins() -> None:
    closing = load_judge("gpt-oss-20b").own.closing
    assert closing == "<|end|><|start|>assistant<|channel|>final<|message|>"
    assert load_judge("qwen3-8b-thinking").own.closing == "</think>\n\n"
