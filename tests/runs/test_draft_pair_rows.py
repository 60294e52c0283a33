"""Criteria for each pair of a data set: drawn from what people preferred, tried on that pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.errors import FileProblems, InputError
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision, Request
from rlaif.records.outcome import Failure
from rlaif.runs.draft import DraftOrder
from rlaif.runs.draft_rows import Drafting, draft_rows
from rlaif.storage.pair_rows import read_pairs

Make = Callable[..., Any]
THREE = (
    "1. [good, essential] Is the greeting kind to her?\n"
    "2. [fault, minor] Does it shout at her?\n"
    "3. [good, minor] Is a greeting there at all?"
)
PAIR = {"prompt": "Greet her.", "completion_a": "GO AWAY!", "completion_b": "Hello!", "human": "b"}


def judged(decision: Decision) -> Answer:
    """Kind is who says hello, who says GO shouts, and both are a greeting."""
    text = decision.prefix.turns[-1].text
    word = {"kind": "Hello", "shout": "GO"}
    yes = all(said in text for asked, said in word.items() if asked in decision.question)
    return Answer((0.0, 1.0) if yes else (1.0, 0.0))


@pytest.fixture
def asked() -> list[str]:
    """What the model was shown, request by request."""
    return []


@pytest.fixture
def order(judge: Make, tmp_path: Path, asked: list[str]) -> DraftOrder:
    made = judge()

    def write(request: Request) -> str:
        asked.append(request.turns[-1].text)
        return THREE

    return DraftOrder(
        judge=made,
        out=tmp_path / "out.jsonl",
        backend=ScriptedBackend(made.spec, rule=judged, write=write),
    )


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., str]:
    """`source(row, ...)`: a file of these rows."""

    def write(*rows: dict[str, Any]) -> str:
        path = tmp_path / "in.jsonl"
        path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        return str(path)

    return write


async def drafted(order: DraftOrder, source: str) -> Drafting:
    return await draft_rows(order, source, kind="pair")


def written(order: DraftOrder) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in order.out.read_bytes().splitlines()]


async def test_criteria_that_do_not_tell_the_pair_apart_are_dropped(
    order: DraftOrder, source: Make
) -> None:
    made = await drafted(order, source(PAIR))
    assert (made.written, made.criteria, made.dropped, made.untried) == (1, 2, 1, 0)
    (row,) = written(order)
    assert [one["id"] for one in row["criteria"]] == ["greeting-kind-her", "shout-her"]
    told = "Worth 1.00 on the preferred completion, 0.00 on the rejected one."
    assert [one["about"] for one in row["criteria"]] == [told, told]
    assert {key: row[key] for key in PAIR} == PAIR


async def test_the_rows_are_pairs_that_rlaif_reads(order: DraftOrder, source: Make) -> None:
    chosen = {"prompt": "Greet her.", "chosen": "Hello!", "rejected": "GO AWAY!", "n": 1}
    await drafted(order, source(chosen))
    (row,) = read_pairs(str(order.out))
    assert row.pair
    assert row.pair.pair_id.startswith("pair-")
    assert (row.pair.completion_a, row.pair.human, len(row.pair.criteria)) == ("Hello!", "a", 2)
    assert row.pair.metadata["n"] == 1


async def test_the_model_is_shown_which_completion_people_preferred(
    order: DraftOrder, source: Make, asked: list[str]
) -> None:
    await drafted(order, source(PAIR))
    (text,) = asked
    assert " preferred completion]\nHello!" in text
    assert " rejected completion]\nGO AWAY!" in text
    assert "of this very prompt. Write 8 criteria" in text


async def test_ties_and_pairs_that_nobody_judged_are_counted_and_left_out(
    order: DraftOrder, source: Make, asked: list[str]
) -> None:
    none = {key: value for key, value in PAIR.items() if key != "human"}
    path = source({**PAIR, "human": "tie"}, none, PAIR, {**none, "human": None})
    made = await drafted(order, path)
    assert (made.rows, made.written, made.ties, made.unjudged) == (1, 1, 1, 2)
    assert len(asked) == 1
    with pytest.raises(InputError, match="no pair with a preference\n  hint: 'human'"):
        await drafted(order, source(none))
    with pytest.raises(InputError, match="no rows"):
        await drafted(order, source())


async def test_the_same_command_asks_only_what_is_missing_or_has_changed(
    order: DraftOrder, source: Make, asked: list[str]
) -> None:
    named = [{**PAIR, "pair_id": n, "prompt": f"Greet {n}."} for n in ("Ann", "Bo")]
    await drafted(order, source(*named))
    again = await drafted(order, source(*named))
    assert (again.before, again.written, len(asked)) == (2, 0, 2)
    turned = {**named[1], "completion_a": "Hello!", "completion_b": "GO AWAY!", "human": "a"}
    same = await drafted(order, source(named[0], turned))
    assert (same.before, len(asked)) == (2, 2)
    changed = await drafted(order, source(named[0], {**named[1], "completion_b": "Hello you!"}))
    assert (changed.before, changed.written, len(asked)) == (1, 1, 3)
    assert {row["pair_id"]: row["completion_b"] for row in written(order)} == {
        "Ann": "Hello!",
        "Bo": "Hello you!",
    }


async def test_a_pair_that_no_criterion_tells_apart_fails_unless_all_are_kept(
    order: DraftOrder, source: Make
) -> None:
    path = source({**PAIR, "human": "a"})
    made = await drafted(order, path)
    assert (made.written, made.failures, made.dropped) == (0, 1, 3)
    assert made.failed == [
        "line 1: no proposed criterion is kept: tells its pair apart the wrong way round (2), "
        "does not tell its pair apart (1)"
    ]
    made = await drafted(replace(order, keep_all=True), path)
    assert (made.written, made.criteria) == (1, 3)
    about = [one["about"] for one in written(order)[0]["criteria"]]
    assert about[0].endswith("Kept all the same: tells its pair apart the wrong way round.")
    assert about[2].endswith("Kept all the same: does not tell its pair apart.")


async def test_a_judge_that_fails_is_not_said_to_tell_nothing_apart(
    order: DraftOrder, source: Make, judge: Make
) -> None:
    broken = ScriptedBackend(
        judge().spec, rule=lambda _: Failure("backend", "gone"), write=lambda _: THREE
    )
    made = await drafted(replace(order, backend=broken), source(PAIR))
    assert (made.written, made.failures) == (0, 1)
    assert made.failed == ["line 1: no proposed criterion is kept: could not be tried (3)"]


async def test_a_broken_pair_is_refused_before_anything_is_asked(
    order: DraftOrder, source: Make, asked: list[str]
) -> None:
    own = {**PAIR, "criteria": [{"id": "kind", "ask": "Is the greeting kind?"}]}
    with pytest.raises(FileProblems) as refused:
        await drafted(order, source(PAIR, {"prompt": "Hi?", "chosen": "Yes."}, own))
    assert [(p.line, p.message) for p in refused.value.problems] == [
        (2, "'rejected' is missing"),
        (3, "criteria: the row has criteria of its own already"),
    ]
    named = {**PAIR, "pair_id": "x"}
    with pytest.raises(InputError, match=r"'x' stands at line 1 .*\n.* its own pair_id"):
        await drafted(order, source(named, {**named, "human": "a"}))
    assert not asked
