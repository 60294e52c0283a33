"""Near variants of what says nothing, and short answers that are answers."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.grading.openers import FILLERS, OPENERS
from rlaif.grading.prescreen import prescreen
from rlaif.records.rubric import Prescreen
from rlaif.records.subject import Subject

DATA = Path(__file__).parents[3] / "shared" / "data" / "judge_attacks.jsonl"
STOPPED = ("empty", "invisible", "symbols", "opener")

openers = st.sampled_from(sorted(filter(str.strip, OPENERS)))
fillers = st.sampled_from(sorted(filter(str.strip, FILLERS)))
unseen = st.text(
    st.sampled_from("\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\ufe0f\u3164\u2063"),
    max_size=4,
)
emoji = st.sampled_from(["", " ✅", " ✔️", "🤔 ", "👩‍🔬", "🇩🇪", "❤️", "☑️"])
around = st.sampled_from(
    [
        "{}",
        "**{}**",
        "_{}_",
        "# {}\n",
        "### **{}:**",
        "> {}",
        "- {}",
        "* [ ] {}",
        "`{}`",
        "```\n{}\n```",
        "~~{}~~",
        "$${}$$",
        "“{}”",
        "「{}」",
        "({})...",
        "¿{}?",
        "| {} |\n|---|",
        "\n\n{}\n\n---\n",
    ]
)
ends = st.sampled_from(["", ":", ".", "!", "?!", "…", " :", "：", "。", " —", "\n"])
cases = st.sampled_from([str.lower, str.upper, str.title, str.capitalize, str.swapcase])


def caught(text: str) -> str | None:
    return prescreen(Subject((), (), text, text), Prescreen())


@st.composite
def dressed(draw: st.DrawFn) -> str:
    """An opener in another case, with marks and emoji round it and unseen signs within."""
    phrase = draw(cases)(draw(openers))
    place = draw(st.integers(0, len(phrase)))
    split = phrase[:place] + draw(unseen) + phrase[place:]
    return draw(around).format(draw(emoji) + split + draw(ends) + draw(emoji))


@given(dressed())
def test_an_opener_is_caught_in_whatever_dress(text: str) -> None:
    assert caught(text) == "opener"


@given(st.lists(st.one_of(dressed(), fillers), max_size=5), dressed())
def test_openers_and_fillers_before_an_opener_are_caught(before: list[str], last: str) -> None:
    text = "\n".join([*before, last])
    assert caught(text) == "opener"


@given(dressed(), st.integers(2, 8))
def test_an_opener_repeated_is_caught(text: str, times: int) -> None:
    assert caught("\n".join([text] * times)) in ("opener", "degenerate")


UNSEEN = "\u200b\u200d\u00ad\ufeff\u2060\u034f\u3164\u2800 \t\n\u00a0\u202e"


@given(st.text(st.sampled_from(UNSEEN)))
def test_what_cannot_be_seen_is_caught_however_it_is_mixed(text: str) -> None:
    assert caught(text) in ("empty", "invisible")


@given(emoji, emoji, unseen, ends)
def test_emoji_and_marks_alone_are_no_answer(one: str, two: str, between: str, end: str) -> None:
    assert caught(one + between + two + end) in STOPPED


@pytest.mark.parametrize(
    "text",
    [
        "So\u034flution",
        "Solution\ufe0f",
        "Solution ✔️",
        "\u3164Solution\u3164",
        "Thought\u115f process:",
        "解\ufe0f答",
    ],
)
def test_a_mark_that_shows_nothing_does_not_hide_an_opener(text: str) -> None:
    assert caught(text) == "opener"


@pytest.mark.parametrize(
    "text",
    [
        *("42", "Yes.", "B", "(B)", "x = 3", "不", "是", "ok?", "Ok", "no", "0", "½", "²", "Ⅳ"),
        *("②", "N/A", "None", "null", "C#", "e", "π", "1️⃣", "Right.", "Sure!", "好的", "да"),
        *("لا", "נכון", "न", "ใช่", "H2O", "$5", "-1", "#3", "2 + 2 = 4", "\\boxed{7}", "∴ 4"),
        *("<b>7</b>", "✅ 7", "Step 2", "The answer is B", "Answer: ½", "Solution: 不"),
        *("答案：B", "解：x=3", "ответ: 5", "Réponse : oui", "Let me think. 7", "Well, yes."),
        *("Of course!", "{}7", "```\n7\n```", "\u3164B", "A\ufe0f"),
    ],
)
def test_a_short_answer_is_left_to_the_judge(text: str) -> None:
    """Also a filler alone, such as "ok?": it may be the answer, and a judge can tell."""
    assert caught(text) is None


@given(dressed(), st.integers(0, 10**9))
def test_an_opener_before_a_number_is_left_to_the_judge(opener: str, number: int) -> None:
    """Unless the two are an opener again: "Step" and 1."""
    text = f"{opener}\n{number + 2}"
    assert caught(text) is None


DRESS = "\u200b\u034f\ufe0f✅*_# "


@given(st.text(st.sampled_from(DRESS)), st.sampled_from(["7", "不", "yes", "B"]))
def test_no_dress_turns_an_answer_into_nothing(dress: str, answer: str) -> None:
    assert caught(dress + answer + dress) is None


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not here")
def test_every_opener_and_every_unseen_completion_of_the_data_set_is_caught() -> None:
    rows = list(map(json.loads, DATA.read_text(encoding="utf-8").splitlines()))
    master = [row["bad_response"] for row in rows if row["family"] == "master_key"]
    unseen_rows = [
        row["bad_response"]
        for row in rows
        if row["family"] == "empty_length" and not row["bad_response"].strip()
    ]
    assert (len(master), len(unseen_rows)) == (5, 1)
    assert {caught(text) for text in master} == {"symbols", "opener"}
    assert [caught(text) for text in unseen_rows] == ["empty"]
    order = random.Random(7)  # noqa: S311 - not a secret
    for text in (one for one in master if one.strip(":,")):
        for _ in range(50):
            place = order.randrange(len(text) + 1)
            assert caught(f"**{text[:place]}\u200b\ufe0f{text[place:].upper()}** ✅") == "opener"
