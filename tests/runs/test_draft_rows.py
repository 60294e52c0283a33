"""Criteria for each prompt of a data set: streamed, gone on with, failures counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.errors import FileProblems, InputError
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Request
from rlaif.records.outcome import Failure
from rlaif.runs import draft_rows as module
from rlaif.runs.draft import DraftOrder
from rlaif.runs.draft_rows import draft_rows
from rlaif.storage.samples import read_samples

Make = Callable[..., Any]
TWO = "1. [good, essential] Is the greeting kind to her?\n2. [fault, minor] Does it shout at her?"


class Model:
    """Writes TWO, or what `says` has for a word of the prompt, and keeps the prompts."""

    def __init__(self) -> None:
        self.says: dict[str, str | Failure] = {}
        self.prompts: list[str] = []

    def __call__(self, request: Request) -> str | Failure:
        text = request.turns[-1].text
        self.prompts.append(text)
        return next((said for word, said in self.says.items() if word in text), TWO)


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def order(judge: Make, tmp_path: Path, model: Model) -> DraftOrder:
    """A judge that says yes to kindness alone."""
    made = judge()
    return DraftOrder(
        judge=made,
        out=tmp_path / "out.jsonl",
        backend=ScriptedBackend(
            made.spec,
            rule=lambda d: Answer((0.0, 1.0) if "kind" in d.question else (1.0, 0.0)),
            write=model,
        ),
    )


def source(path: Path, *names: str, **more: Any) -> str:
    rows = [
        {"sample_id": n, "prompt": f"Greet {n}.", "reference": f"Hello {n}!", "n": 1, **more}
        for n in names
    ]
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return str(path)


def edit(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def add(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def lines(order: DraftOrder) -> list[bytes]:
    return order.out.read_bytes().splitlines(keepends=True)


def put(order: DraftOrder, content: bytes) -> None:
    order.out.write_bytes(content)


def written(order: DraftOrder) -> dict[str, Any]:
    return {row["sample_id"]: row for row in map(orjson.loads, order.out.read_bytes().splitlines())}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "in.jsonl"


async def test_every_row_gets_criteria_that_rlaif_reads(order: DraftOrder, path: Path) -> None:
    made = await draft_rows(order, source(path, "Ann", "Bo", completion="Hello there."))
    assert (made.rows, made.written, made.criteria, made.failures) == (2, 2, 4, 0)
    ann, _ = read_samples(str(order.out))
    assert [(c.id, c.draft) for c in ann.criteria] == [  # type: ignore[union-attr]  # one kind only here
        ("greeting-kind-her", True),
        ("shout-her", True),
    ]
    assert ann.metadata["n"] == 1
    assert ann.metadata["drafted"]["judge"] == "fake@1.0.0"


async def test_the_same_command_asks_nothing_again(
    order: DraftOrder, path: Path, model: Model
) -> None:
    await draft_rows(order, source(path, "Ann", "Bo"))
    before, asked = lines(order), len(model.prompts)
    made = await draft_rows(order, str(path))
    assert (made.before, made.written, len(model.prompts)) == (2, 0, asked)
    assert lines(order) == before


async def test_after_an_interruption_only_what_is_missing_is_asked(
    order: DraftOrder, path: Path, model: Model
) -> None:
    await draft_rows(order, source(path, "Ann", "Bo", "Cy"))
    content = lines(order)
    put(order, content[0] + content[1][:40])
    model.prompts.clear()
    made = await draft_rows(order, str(path))
    assert (made.before, made.written, len(model.prompts)) == (1, 2, 2)
    assert lines(order) == content


async def test_a_changed_row_is_asked_anew_and_replaces_the_old_one(
    order: DraftOrder, path: Path, model: Model
) -> None:
    await draft_rows(order, source(path, "Ann", "Bo"))
    model.prompts.clear()
    edit(path, "Hello Bo!", "Good day, Bo!")
    made = await draft_rows(order, str(path))
    assert (made.before, made.written) == (1, 1)
    assert len(model.prompts) == 1
    assert "Good day, Bo!" in model.prompts[0]
    assert written(order)["Bo"]["reference"] == "Good day, Bo!"
    assert len(lines(order)) == 2


async def test_another_count_or_seed_is_another_question(order: DraftOrder, path: Path) -> None:
    await draft_rows(order, source(path, "Ann"))
    made = await draft_rows(replace(order, count=1), str(path))
    assert (made.before, made.written) == (0, 1)
    assert len(written(order)["Ann"]["criteria"]) == 1


async def test_a_smaller_limit_takes_no_row_away(order: DraftOrder, path: Path) -> None:
    await draft_rows(order, source(path, "Ann", "Bo"))
    made = await draft_rows(replace(order, limit=1), str(path))
    assert (made.rows, made.before, made.others) == (1, 1, 1)
    assert set(written(order)) == {"Ann", "Bo"}


async def test_a_row_that_fails_is_counted_and_is_not_in_the_output(
    order: DraftOrder, path: Path, model: Model
) -> None:
    model.says = {
        "Greet Ann": Failure("backend", "gone"),
        "Greet Bo": "As you wish.",
        "Greet Cy": "1. [fault] Is the greeting kind to her?",
    }
    made = await draft_rows(order, source(path, "Ann", "Bo", "Cy", "Di"))
    assert (made.written, made.failures, set(written(order))) == (1, 3, {"Di"})
    assert made.failed == [
        "line 1: backend: gone",
        "line 2: nothing usable was proposed: no list of questions in the answer (2)",
        "line 3: no proposed criterion is kept: the reference does not meet it (1)",
    ]
    model.says = {}
    assert (await draft_rows(order, str(path))).written == 3


async def test_what_the_reference_does_not_meet_is_dropped_unless_all_is_kept(
    order: DraftOrder, path: Path, model: Model
) -> None:
    model.says = {"Greet": TWO.replace("[fault, minor]", "[good, minor]")}
    made = await draft_rows(order, source(path, "Ann"))
    assert (made.criteria, made.dropped) == (1, 1)
    kept = await draft_rows(replace(order, keep_all=True), str(path))
    assert (kept.criteria, kept.dropped) == (2, 0)
    assert "Kept all the same" in written(order)["Ann"]["criteria"][1]["about"]


async def test_a_row_without_a_reference_is_not_tried_and_that_is_said(
    order: DraftOrder, path: Path
) -> None:
    add(Path(source(path)), '{"prompt": "Greet her."}\n')
    made = await draft_rows(order, str(path))
    assert (made.written, made.untried, made.criteria) == (1, 1, 2)


async def test_alike_rows_are_asked_once(order: DraftOrder, path: Path, model: Model) -> None:
    row = {"prompt": "Greet her.", "reference": "Hello!"}
    add(
        Path(source(path)),
        "".join(f"{orjson.dumps({**row, 'sample_id': n}).decode()}\n" for n in "abc"),
    )
    made = await draft_rows(order, str(path))
    assert (made.written, len(model.prompts)) == (3, 1)


async def test_rows_are_written_while_others_are_still_to_be_asked(
    order: DraftOrder, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    seen: list[tuple[int, int]] = []

    def watch(made: module.Drafting) -> None:
        seen.append((made.written, len(lines(order))))

    await draft_rows(order, source(path, *"abcde"), watch)
    assert seen == [(2, 2), (4, 4), (5, 5)]


async def test_a_broken_input_is_refused_before_anything_is_asked(
    order: DraftOrder, path: Path, model: Model
) -> None:
    source(path, "Ann")
    add(path, '{"reference": "x"}\n{"prompt": 3}\n')
    with pytest.raises(FileProblems) as refused:
        await draft_rows(order, str(path))
    assert [(p.line, "prompt" in p.message) for p in refused.value.problems] == [
        (2, True),
        (3, True),
    ]
    source(path, "Ann")
    add(path, '{"sample_id": "Ann", "prompt": "Other."}\n')
    with pytest.raises(InputError, match="the id 'Ann' stands at line 1 with another content"):
        await draft_rows(order, str(path))
    with pytest.raises(InputError, match="reads its input twice"):
        await draft_rows(order, "-")
    with pytest.raises(InputError, match="no rows"):
        await draft_rows(order, source(path))
    assert not model.prompts
