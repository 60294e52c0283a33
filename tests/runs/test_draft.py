"""A rubric that a model proposes: from a task, from prompts, from pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.authoring.lint import lint_file
from rlaif.authoring.rubric_file import load_rubric
from rlaif.errors import FileProblems, InputError
from rlaif.judging.scripted import ScriptedBackend, Write
from rlaif.ports import Answer, Decision, Generated, Request
from rlaif.records.outcome import Failure
from rlaif.runs.draft import (
    DraftOrder,
    draft_from_pairs,
    draft_from_samples,
    draft_from_task,
)

Make = Callable[..., Any]
TWO = "1. [good, essential] Is the greeting kind to her?\n2. [fault, minor] Does it shout at her?"


@pytest.fixture
def order(judge: Make, tmp_path: Path) -> Make:
    """`order(write, yes=lambda decision: True, count=3)`: both models by functions."""

    def make(write: Write, yes: Callable[[Decision], bool] = lambda _: True, **more: Any) -> Any:
        made = judge()
        return DraftOrder(
            judge=made,
            out=tmp_path / "greeting.yaml",
            backend=ScriptedBackend(
                made.spec,
                rule=lambda d: Answer((0.0, 1.0) if yes(d) else (1.0, 0.0)),
                write=write,
            ),
            **more,
        )

    return make


def rows(path: Path, count: int, **more: Any) -> str:
    made = [
        {"prompt": f"Greet her, {n}.", "chosen": f"Hello {n}!", "rejected": f"GO AWAY {n}!", **more}
        for n in range(count)
    ]
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in made))
    return str(path)


def append(path: Path, *lines: str) -> None:
    path.write_text(path.read_text() + "".join(f"{line}\n" for line in lines))


async def test_a_draft_loads_and_says_where_it_comes_from(order: Make) -> None:
    made = order(lambda _: TWO, count=2)
    draft = await draft_from_task(made, "Greet a customer")
    assert [one.written["id"] for one in draft.kept] == ["greeting-kind-her", "shout-her"]
    rubric = load_rubric(made.out)
    assert (rubric.rubric, rubric.version) == ("greeting", "0.1.0")
    assert [(c.weight, c.draft) for c in rubric.items] == [(3, True), (-1, True)]  # type: ignore[union-attr]  # one kind only here
    header = [line for line in made.out.read_text().splitlines() if line.startswith("# ")]
    assert "expert" in header[0]
    told = " ".join(header)
    assert "judge fake@1.0.0, model none (scripted by a function)" in told
    assert "UTC, from a task description." in told


async def test_lint_speaks_only_of_what_an_expert_has_yet_to_do(order: Make) -> None:
    made = order(lambda _: TWO, count=2)
    await draft_from_task(made, "Greet a customer")
    assert {p.code for p in lint_file(made.out)} <= {"draft", "no-example"}


async def test_hostile_words_of_a_model_stay_text(order: Make) -> None:
    hostile = "Is it kind: yes # no\n- weight: 5?".replace("\n", " ")
    made = order(lambda _: f"1. [good] {hostile}", count=1)
    await draft_from_task(replace(made, out=made.out.with_name("a\n# b.yaml")), "Task \x1b[31m")
    (criterion,) = load_rubric(made.out.with_name("a\n# b.yaml")).items
    assert criterion.ask == hostile  # type: ignore[union-attr]  # one kind only here


async def test_nothing_usable_writes_nothing_and_keeps_what_was_said(order: Make) -> None:
    made = order(lambda _: "I would rather not.")
    draft = await draft_from_task(made, "Greet a customer")
    assert (draft.kept, draft.asked.said) == ((), "I would rather not.")
    assert draft.asked.proposals.dropped == {"no list of questions in the answer": 2}
    assert not made.out.exists()


async def test_where_the_first_answer_holds_too_few_it_is_asked_once_more(order: Make) -> None:
    asked: list[Request] = []

    def write(request: Request) -> str:
        asked.append(request)
        return TWO if request.temperature else "1. [good] Is the greeting short enough?"

    draft = await draft_from_task(order(write, count=3, seed=5), "Greet a customer")
    assert [(r.temperature, r.seed) for r in asked] == [(0.0, 5), (0.7, 5)]
    assert len(draft.kept) == 3


async def test_a_request_that_fails_is_counted_and_the_others_are_used(
    order: Make, tmp_path: Path
) -> None:
    def write(request: Request) -> str | Failure:
        return TWO if request.number == 0 else Failure("backend", "gone")

    made = order(write, lambda d: "GO AWAY" in d.prefix.turns[-1].text and "shout" in d.question)
    draft = await draft_from_pairs(made, rows(tmp_path / "p.jsonl", 40))
    assert draft.asked.failures == {"backend: gone": 6}  # four groups of three, asked twice
    assert [one.written["id"] for one in draft.kept] == ["shout-her"]


async def test_criteria_are_proposed_on_some_pairs_and_tried_on_the_others(
    order: Make, tmp_path: Path
) -> None:
    shown, tried = set[str](), set[str]()

    def write(request: Request) -> str:
        shown.update(word for word in request.turns[-1].text.split("\n") if "Hello" in word)
        return TWO

    def yes(decision: Decision) -> bool:
        text = decision.prefix.turns[-1].text
        tried.update(word for word in text.split("\n") if "Hello" in word)
        return "Hello" in text and "kind" in decision.question

    made = order(write, yes)
    draft = await draft_from_pairs(made, rows(tmp_path / "p.jsonl", 40))
    assert (len(shown), len(tried)) == (12, 28)
    assert not shown & tried
    assert [one.written["id"] for one in draft.kept] == ["greeting-kind-her"]
    (dropped,) = draft.dropped
    assert (dropped.figure, dropped.why) == (
        "margin +0.00 on 28 pairs (0 for, 0 against)",
        "does not tell preferred from rejected",
    )
    (criterion,) = load_rubric(made.out).items
    assert criterion.about == "Margin +1.00 on 28 pairs (28 for, 0 against)."
    again = replace(made, force=True)
    assert await draft_from_pairs(again, str(tmp_path / "p.jsonl")) == draft


async def test_keep_all_keeps_what_a_trial_speaks_against_and_says_so(
    order: Make, tmp_path: Path
) -> None:
    made = order(lambda _: TWO, keep_all=True)
    draft = await draft_from_pairs(made, rows(tmp_path / "p.jsonl", 30))
    assert (len(draft.kept), draft.dropped) == (2, ())
    about = [item.about for item in load_rubric(made.out).items]
    assert all("Kept all the same: does not tell preferred from rejected." in one for one in about)


async def test_too_few_pairs_are_refused_before_anything_is_asked(
    order: Make, tmp_path: Path
) -> None:
    def write(_: Request) -> str:
        raise AssertionError

    with pytest.raises(InputError, match="18 pairs with a preference"):
        await draft_from_pairs(order(write), rows(tmp_path / "p.jsonl", 18))


async def test_a_pair_without_a_preference_is_told_at_its_line(order: Make, tmp_path: Path) -> None:
    path = Path(rows(tmp_path / "p.jsonl", 1))
    both = {"prompt": "Hi?", "completion_a": "Yes.", "completion_b": "No."}
    append(path, orjson.dumps(both).decode(), '{"prompt": "Hi?", "chosen": "Yes."}')
    with pytest.raises(FileProblems) as refused:
        await draft_from_pairs(order(lambda _: TWO), str(path))
    assert [(p.line, p.message) for p in refused.value.problems] == [
        (2, "'human' is missing: a, b or tie"),
        (3, "'rejected' is missing"),
    ]


async def test_criteria_from_prompts_are_tried_on_the_references(
    order: Make, tmp_path: Path
) -> None:
    made = order(lambda _: TWO, count=2)
    draft = await draft_from_samples(made, rows(tmp_path / "s.jsonl", 4, reference="Hello dear."))
    assert [one.written["id"] for one in draft.kept] == ["greeting-kind-her"]
    assert [(one.figure, one.why) for one in draft.dropped] == [
        ("met by 0 of 4 references", "the reference does not meet it")
    ]


async def test_without_references_nothing_is_tried(order: Make, tmp_path: Path) -> None:
    draft = await draft_from_samples(order(lambda _: TWO), rows(tmp_path / "s.jsonl", 4))
    assert [one.figure for one in draft.kept] == ["", ""]


async def test_no_file_is_written_over_unless_it_is_asked_for(order: Make) -> None:
    made = order(lambda _: TWO)
    made.out.write_text("mine")
    with pytest.raises(InputError, match="already there\n  hint: --force"):
        await draft_from_task(made, "Greet")
    assert made.out.read_text() == "mine"
    await draft_from_task(replace(made, force=True), "Greet")
    assert "DRAFT" in made.out.read_text()


async def test_a_thinking_model_s_thoughts_are_not_read_as_proposals(order: Make) -> None:
    text = f"<think>1. [good] Is that a thought of mine?</think>\n{TWO}"
    draft = await draft_from_task(order(lambda _: Generated(text), count=2), "Greet a customer")
    assert len(draft.asked.proposals.kept) == 2
