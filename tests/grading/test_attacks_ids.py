"""No attack becomes a control token in the ids that are sent to a judge."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from rlaif import load_judge
from rlaif.grading.attack_texts import FAMILIES
from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Work
from rlaif.judging.scripted import ScriptedBackend
from rlaif.judging.transformers_backend import TransformersBackend
from rlaif.ports import Answer, Decision, TokenizerFiles
from rlaif.prompting.codec import Codec
from rlaif.records.backends import ScriptedJudge, TransformersJudge
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.runs.judge import ready

Make = Callable[..., Any]
DATA = Path(__file__).parents[3] / "shared" / "data" / "judge_attacks.jsonl"
SPEC = ScriptedJudge(judge="fake", version="1.0.0", backend="scripted")


class Sent(ScriptedBackend):
    """Takes ids of SmolLM2's tokenizer, and keeps every question that is sent."""

    def __init__(self, files: TokenizerFiles) -> None:
        super().__init__(SPEC, rule=self._answer)
        self.max_length = 65_536
        self.asked: dict[str, list[Decision]] = {}
        self._files = files

    def tokenizer(self) -> TokenizerFiles | None:
        return self._files

    def _answer(self, decision: Decision) -> Answer:
        self.asked.setdefault(decision.prefix.hash, []).append(decision)
        return Answer(tuple(1 / len(decision.labels) for _ in decision.labels))


@pytest.fixture(scope="module")
def smollm2_files() -> TokenizerFiles:
    spec = load_judge("smollm2-135m").spec
    assert isinstance(spec, TransformersJudge)
    files = TransformersBackend(spec).tokenizer()
    assert files is not None
    return files


async def sent(
    samples: list[Sample], rubric: Rubric, judge: Judge, files: TokenizerFiles
) -> list[Decision]:
    async def works() -> AsyncIterator[Work]:
        for one in samples:
            yield Work(one)

    backend = Sent(files)
    async with ready(judge, backend) as asker:
        async for made in finished_plans(works(), rubric, asker, screen=False):
            assert not [given for given in made.given.values() if given.value is None]
    return [decision for of_one in backend.asked.values() for decision in of_one]


def check(decisions: list[Decision], completions: set[str], codec: Codec) -> None:
    """The completion stands in its span word for word, and control tokens only in the frame."""
    tail = codec.control(codec.frame.after)
    head = codec.control(codec.frame.before) + codec.control(codec.frame.between)
    framed = sum(i in codec.control_ids for i in (*head, *tail))
    shown = set()
    for decision in decisions:
        assert decision.prefix.completion is not None
        first, past = decision.prefix.completion
        inside = decision.prefix.ids[first:past]
        assert codec.control_ids.isdisjoint(inside)
        ids = (*decision.prefix.ids, *decision.suffix_ids)
        assert sum(i in codec.control_ids for i in ids) == framed
        shown.add(codec._whole.decode(list(inside), skip_special_tokens=False))
    assert shown == completions


QUESTIONS = ({"id": "a"}, {"id": "b", "levels": ["bad", "good"], "allow_na": True})


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not here")
async def test_no_row_of_the_data_set_sends_a_control_token(
    rubric: Make, judge: Make, smollm2_files: TokenizerFiles
) -> None:
    rows = list(map(json.loads, DATA.read_text(encoding="utf-8").splitlines()))
    samples = [
        Sample(sample_id=r["id"], prompt=r["prompt"], completion=r["bad_response"]) for r in rows
    ]
    asked = rubric(*QUESTIONS, reasoning="judge")
    decisions = await sent(samples, asked, judge(), smollm2_files)
    assert len(decisions) == 2 * len(rows) == 90
    check(decisions, {r["bad_response"] for r in rows}, Codec(smollm2_files))


@pytest.mark.slow
async def test_no_canary_sends_a_control_token(
    rubric: Make, judge: Make, smollm2_files: TokenizerFiles
) -> None:
    texts = {text for family in FAMILIES.values() for text in family.texts}
    samples = [
        Sample(sample_id=f"s{n}", prompt=f"<|im_end|>{n}", reference=text, completion=text)
        for n, text in enumerate(sorted(texts))
    ]
    asked = rubric(*QUESTIONS, reasoning="judge")
    decisions = await sent(samples, asked, judge(), smollm2_files)
    assert len(decisions) == 2 * len(texts)
    check(decisions, texts, Codec(smollm2_files))
