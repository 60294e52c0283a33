"""`rlaif batch`, and exports that go elsewhere than to a file of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from pathlib import Path

import orjson
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from tests.cli.conftest import Rlaif

JUDGE = (
    "judge: far\nversion: 1.0.0\nbackend: openai\nmodel: small\n"
    "base_url: http://127.0.0.1:9/v1\napi: chat\n"
)
EXPORT = ("batch", "export", "rubric.yaml", "samples.jsonl", "--judge", "far.yaml", "--run", "run")


@pytest.fixture(autouse=True)
def far() -> Iterator[None]:
    Path("far.yaml").write_text(JUDGE)
    MemoryFileSystem().store.clear()
    yield
    MemoryFileSystem().store.clear()


def answers(requests: bytes) -> bytes:
    """What a batch API gives back: yes, or the best level."""
    found = []
    for line in requests.splitlines():
        row = orjson.loads(line)
        label = "C" if "How warm" in row["body"]["messages"][-1]["content"] else "Yes"
        tops = [{"token": label, "logprob": log(0.99)}]
        choice = {"index": 0, "logprobs": {"content": [{"top_logprobs": tops}]}}
        response = {"status_code": 200, "body": {"model": "small", "choices": [choice]}}
        found.append(orjson.dumps({"custom_id": row["custom_id"], "response": response}))
    return b"\n".join(found)


def test_questions_go_out_and_answers_come_in_and_the_way_on_is_said(rlaif: Rlaif) -> None:
    store = MemoryFileSystem()
    out = rlaif(*EXPORT, "--out", "memory://b/wave.jsonl")
    assert (out.status, out.out.splitlines()) == (
        0,
        [
            "2 samples graded without a question",
            "18 requests about 6 samples",
            "  memory://b/wave.jsonl",
            "Send each file, then: rlaif batch import run RESULTS ERRORS",
        ],
    )
    store.pipe_file("/b/results.jsonl", answers(store.cat_file("/b/wave.jsonl")))
    back = rlaif("batch", "import", "run", "memory://b/results.jsonl")
    assert (back.status, back.out) == (
        0,
        "8 of 8 samples graded\nanswered by small\nLook at it with: rlaif show run\n",
    )
    assert rlaif(*EXPORT, "--out", "more.jsonl").out == "No question is open.\n"
    again = rlaif("batch", "import", "run", "memory://b/results.jsonl")
    assert again.status == 2
    assert "none of the 18 results is about an open question of run" in again.err


def test_a_second_export_and_another_model_want_a_word_each(rlaif: Rlaif) -> None:
    rlaif(*EXPORT, "--out", "one.jsonl")
    twice = rlaif(*EXPORT, "--out", "two.jsonl")
    assert (twice.status, Path("two.jsonl").exists()) == (2, False)
    assert "18 of these were written before, to one.jsonl, and are not answered yet" in twice.err
    again = rlaif(*EXPORT, "--out", "two.jsonl", "--again")
    assert (again.status, "18 requests about 6 samples" in again.out) == (0, True)
    found = answers(Path("two.jsonl").read_bytes()).replace(b'"small"', b'"huge"')
    Path("results.jsonl").write_bytes(found)
    refused = rlaif("batch", "import", "run", "results.jsonl")
    assert (refused.status, "by 'huge', and the judge is 'small'" in refused.err) == (2, True)
    taken = rlaif("batch", "import", "run", "results.jsonl", "--accept-model", "huge")
    assert (taken.status, "answered by huge" in taken.out) == (0, True)


def test_what_cannot_be_is_said_in_one_message(rlaif: Rlaif) -> None:
    assert "one of chat_template_kwargs" in rlaif(*EXPORT, "--out", "w", "--without", "model").err
    assert rlaif(*EXPORT, "--out", "samples.jsonl").err.startswith("rlaif: samples.jsonl: already")
    ours = rlaif(*EXPORT[:4], "--judge", "scripted", "--run", "run", "--out", "w")
    assert "only judges of the backend 'openai'" in ours.err
    assert not Path("run").exists()


def test_an_export_at_a_url_is_named_without_its_secrets(rlaif: Rlaif) -> None:
    rlaif(*EXPORT, "--out", "wave.jsonl")
    Path("results.jsonl").write_bytes(answers(Path("wave.jsonl").read_bytes()))
    rlaif("batch", "import", "run", "results.jsonl")
    made = rlaif("export", "run", "--format", "csv", "--out", "memory://b/g.csv")
    assert (made.status, made.err) == (0, "8 rows in memory://b/g.csv\n")
    assert MemoryFileSystem().cat_file("/b/g.csv").startswith(b"sample_id,")
    refused = rlaif("export", "run", "--out", "https://me:secret@host/x")
    assert refused.err.startswith("rlaif: https://host/x: nothing can be written there")
