"""A run that is asked by files, and a fake of the API that answers them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.rubric_file import read_rubric
from rlaif.records.grade import Grade
from rlaif.records.outcome import Failure
from rlaif.runs.batch_export import Exported, export_batch
from rlaif.runs.batch_import import Imported, import_batch
from rlaif.runs.order import Order
from rlaif.storage.run_folder import open_run

RUBRIC = """\
rubric: greeting
version: 1.0.0
title: A greeting
criteria:
  - {id: hello, check: contains, text: hello, gate: true}
  - {id: polite, ask: Is the greeting polite to her?, gate: true}
  - {id: kind, ask: Is the greeting kind to the reader?, weight: 2}
  - {id: warm, ask: How warm is the greeting?, levels: [cold, mild, warm]}
"""
JUDGE = """\
judge: far
version: 1.0.0
backend: openai
model: small
base_url: http://127.0.0.1:9/v1
api: chat
"""
ROWS = (
    {"sample_id": "a", "prompt": "Greet her.", "completion": "hello, my dear friend"},
    {"sample_id": "b", "prompt": "Greet her.", "completion": "hello, whoever you are"},
    {"sample_id": "c", "prompt": "Greet her.", "completion": "good evening to you all"},
    {"sample_id": "d", "prompt": "Greet her.", "completion": ":"},
)


def lines(path: str | Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in Path(path).read_bytes().splitlines()]


def write(path: str, rows: list[dict[str, Any]]) -> str:
    Path(path).write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def asked_of(request: dict[str, Any]) -> str:
    return str(request["body"]["messages"][-1]["content"])


def likes(request: dict[str, Any]) -> dict[str, Any]:
    """What the fake API answers: yes, except that b is not polite; the best level."""
    text = asked_of(request)
    label = "C" if "How warm" in text else "Yes"
    if "polite" in text and "whoever" in text:
        label = "No"
    tops = [{"token": label, "logprob": math.log(0.9)}, {"token": "x", "logprob": math.log(0.05)}]
    choice = {"index": 0, "logprobs": {"content": [{"top_logprobs": tops}]}}
    return {"model": "small-2026", "choices": [choice], "usage": {"prompt_tokens": 9}}


def answered(request: dict[str, Any], body: Any = None, status: int = 200) -> dict[str, Any]:
    body = likes(request) if body is None else body
    response = {"status_code": status, "request_id": "r", "body": body}
    return {"id": "x", "custom_id": request["custom_id"], "response": response, "error": None}


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rubric.yaml").write_text(RUBRIC)
    Path("judge.yaml").write_text(JUDGE)
    write("samples.jsonl", list(ROWS))


def order(run: str = "run", **more: Any) -> Order:
    read = read_rubric("rubric.yaml")
    assert read.rubric is not None
    given = {"judge": load_judge("judge.yaml"), "samples": "samples.jsonl", "out": Path(run)}
    return Order(rubric=read.rubric, rubric_text=read.text, **{**given, **more})


def export(out: str = "wave.jsonl", **more: Any) -> Exported:
    again = more.pop("again", False)
    return export_batch(order(**more), out, again=again)


def take(out: str = "wave.jsonl", answer: Any = answered) -> Imported:
    return import_batch(Path("run"), [write("results.jsonl", [answer(r) for r in lines(out)])])


def grades() -> dict[str, Grade]:
    return {grade.sample_id: grade for grade in open_run(Path("run")).grades()}


def failure_of(grade: Grade, criterion: str) -> Failure:
    (found,) = [o.outcome for o in grade.outcomes if o.criterion == criterion]
    assert isinstance(found, Failure)
    return found


def by_waves() -> None:
    export("one.jsonl")
    take("one.jsonl")
    export("two.jsonl")
    take("two.jsonl")
