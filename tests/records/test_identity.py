"""What makes two rubrics, judges or samples the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.records.backends import ScriptedJudge, TransformersJudge
from rlaif.records.identity import canonical, digest
from rlaif.records.judge import Judge, ask_fingerprint
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample, sample_digest

RUBRIC: dict[str, Any] = {
    "rubric": "r",
    "version": "1.0",
    "title": "t",
    "criteria": [{"id": "a", "ask": "Is it really so?"}],
}
JUDGE: dict[str, Any] = {"judge": "j", "version": "1", "backend": "transformers", "model": "m"}
SAMPLE: dict[str, Any] = {"sample_id": "s", "prompt": "p", "completion": "c"}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("abé☃"),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text("abé"), below, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcdé", max_size=3), JSON, max_size=5), st.randoms())
def test_the_order_of_keys_is_no_part_of_the_content(value: dict[str, Any], random: Any) -> None:
    items = list(value.items())
    random.shuffle(items)
    assert canonical(dict(items)) == canonical(value)


def test_numbers_beyond_64_bits_have_a_form_too() -> None:
    assert canonical({"b": 2**80, "a": 1}) == b'{"a":1,"b":1208925819614629174706176}'


@given(st.lists(st.text("ab"), max_size=4), st.lists(st.text("ab"), max_size=4))
def test_two_splits_of_one_text_differ(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


def test_a_digest_is_32_hex_digits_and_never_changes() -> None:
    assert digest("a", b"b") == digest(b"a", "b")
    assert len(digest()) == 32
    assert digest("a") != digest("a", "")


def rubric_hash(**change: Any) -> str:
    return Rubric.model_validate({**RUBRIC, **change}).content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"title": "other"},
        {"about": "other"},
        {"examples": [{"prompt": "p", "completion": "c", "expect": {"a": "yes"}}]},
        {"language": "en"},
        {"criteria": [{"id": "a", "ask": "Is it really so?", "weight": 1, "gate": False}]},
    ],
)
def test_what_cannot_move_a_score_leaves_a_rubrics_hash(change: dict[str, Any]) -> None:
    assert rubric_hash(**change) == rubric_hash()


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1.1"},
        {"reasoning": "judge"},
        {"prescreen": {"max_characters": 9}},
        {"criteria": [{"id": "a", "ask": "Is it really so?", "weight": 2}]},
        {"criteria": [{"id": "a", "ask": "Is it really so?", "guidance": "x"}]},
    ],
)
def test_what_can_move_a_score_changes_a_rubrics_hash(change: dict[str, Any]) -> None:
    assert rubric_hash(**change) != rubric_hash()


def fingerprint(served: str = "commit", **change: Any) -> str:
    return ask_fingerprint(TransformersJudge.model_validate({**JUDGE, **change}), served)


@pytest.mark.parametrize(
    "change",
    [
        {"judge": "k", "version": "2", "about": "x"},
        {"min_label_mass": 0.5},
        {"batch_tokens": 99, "device": "cpu", "max_length": 9, "max_completion": 9},
    ],
)
def test_what_does_not_determine_an_answer_is_no_part_of_the_fingerprint(
    change: dict[str, Any],
) -> None:
    assert fingerprint(**change) == fingerprint()


@pytest.mark.parametrize(
    "change", [{"model": "n"}, {"revision": "x"}, {"labels": {"yes": "Ja"}}, {"dtype": "float16"}]
)
def test_what_determines_an_answer_is_part_of_the_fingerprint(change: dict[str, Any]) -> None:
    assert fingerprint(**change) != fingerprint()
    assert fingerprint("another commit") != fingerprint()


def test_a_judges_hash_covers_its_template() -> None:
    spec = ScriptedJudge.model_validate({"judge": "j", "version": "1", "backend": "scripted"})
    assert Judge(spec, "a").content_hash != Judge(spec, "b").content_hash
    assert Judge(spec, "a").name == "j@1"


def sample(**change: Any) -> str:
    return sample_digest(Sample.model_validate({**SAMPLE, **change}))


def test_a_samples_digest_covers_what_a_grade_may_depend_on() -> None:
    assert sample(sample_id="t", group_id="g", policy="p") == sample()
    for change in (
        {"prompt": "q"},
        {"completion": "d"},
        {"reference": "r"},
        {"finish_reason": "length"},
        {"metadata": {"a": 1}},
        {"criteria": [{"id": "a", "check": "exact"}]},
    ):
        assert sample(**change) != sample()


@given(st.text(), st.text())
def test_text_and_a_chat_of_that_text_are_different_content(prompt: str, said: str) -> None:
    chat = [{"role": "assistant", "content": said}]
    assert sample(prompt=prompt, completion=said) != sample(prompt=prompt, completion=chat)
