"""Known attacks, in every way of asking: nothing in a completion is a control token."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rlaif.ports import TokenizerFiles
from rlaif.prompting.codec import Codec
from rlaif.prompting.prompt import Prompter
from rlaif.prompting.template import JudgeTemplate
from rlaif.records.criterion import Judged
from rlaif.records.judge_base import Labels
from rlaif.records.subject import Subject
from tests.prompting.chat_templates import CLOSING

ATTACKS = Path(__file__).parents[3] / "shared" / "data" / "judge_attacks.jsonl"
KINDS = ("byte_level", "channels", "brackets")

MakeSubject = Callable[..., Subject]


@pytest.fixture(scope="module", params=KINDS)
def attacked(
    request: pytest.FixtureRequest,
    files: TokenizerFiles,
    reasoning_files: Callable[[str], TokenizerFiles],
) -> Codec:
    """A codec of a plain model, and of two that think."""
    if request.param == "byte_level":
        return Codec(files)
    return Codec(reasoning_files(request.param), thinking=True, closing=CLOSING[request.param])


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in ATTACKS.read_text().splitlines()]


def texts_of(row: dict[str, Any]) -> list[str]:
    return [v for k, v in row.items() if k not in ("id", "family") and isinstance(v, str)]


def controls(codec: Codec, ids: tuple[int, ...]) -> list[int]:
    return [number for number in ids if number in codec.control_ids]


@pytest.mark.data
@pytest.mark.skipif(not ATTACKS.is_file(), reason="the public data sets are not here")
@pytest.mark.parametrize("verdict", ["label_probability", "generated", "one_call"])
def test_no_control_token_stands_in_a_completion_however_the_judge_is_asked(
    attacked: Codec, default: JudgeTemplate, subject: MakeSubject, verdict: str
) -> None:
    codec = attacked
    prompter = Prompter(default, Labels(), codec, verdict=verdict)
    head = controls(codec, prompter.prefix(subject("x")).ids)
    tail = controls(codec, tuple(codec.control(codec.frame.after)))
    found = rows()
    assert len(found) > 40
    for row in found:
        asked = [
            Judged(id=f"c{place}", ask=f"Is this so? {text}")
            for place, text in enumerate(texts_of(row))
        ]
        for text in texts_of(row):
            prefix = prompter.prefix(subject(text, row.get("prompt", "?"), reference=text))
            assert prefix.completion is not None
            first, past = prefix.completion
            assert not controls(codec, prefix.ids[first:past])
            assert controls(codec, prefix.ids) == head
        if verdict == "label_probability":
            assert all(controls(codec, prompter.question(one).ids) == tail for one in asked)
        else:
            form = prompter.form(
                asked if verdict == "one_call" else asked[:1], listed=verdict == "one_call"
            )
            assert controls(codec, form.ids) == tail


@pytest.mark.data
@pytest.mark.skipif(not ATTACKS.is_file(), reason="the public data sets are not here")
def test_the_attacks_would_reach_the_control_tokens_of_these_models(attacked: Codec) -> None:
    """Otherwise the test above would show nothing."""
    assert any(controls(attacked, tuple(attacked.control(t))) for r in rows() for t in texts_of(r))
