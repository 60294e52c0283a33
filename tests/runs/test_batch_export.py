"""A judge asked by files: what goes out, wave by wave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.errors import InputError, RunError
from rlaif.judging.openai_batch import WAITING
from rlaif.records.outcome import Verdict
from rlaif.runs.remembering import remembering
from rlaif.storage import batch_files
from tests.runs.batching import (
    JUDGE,
    ROWS,
    answered,
    asked_of,
    by_waves,
    export,
    failure_of,
    grades,
    lines,
    take,
    write,
)
from tests.runs.batching import in_a_folder as in_a_folder


def test_a_request_has_the_form_of_the_batch_api_and_an_id_that_fits() -> None:
    export()
    for row in lines("wave.jsonl"):
        assert (row["method"], row["url"]) == ("POST", "/v1/chat/completions")
        assert row["body"]["model"] == "small"
        assert row["body"]["logprobs"] is True
        assert 0 < len(row["custom_id"]) <= 64
    ids = [row["custom_id"] for row in lines("wave.jsonl")]
    assert len(set(ids)) == len(ids) == 2


def test_gates_are_asked_first_and_what_they_leave_open_comes_next() -> None:
    first = export("one.jsonl")
    assert (first.requests, first.waiting, first.gates, first.graded) == (2, 2, 2, 2)
    assert all("polite" in asked_of(row) for row in lines("one.jsonl"))
    one = take("one.jsonl")
    assert (one.counts.ok, one.waiting) == (3, 1)
    second = export("two.jsonl")
    assert (second.requests, second.waiting, second.gates) == (2, 1, 0)
    assert not any("polite" in asked_of(row) for row in lines("two.jsonl"))
    two = take("two.jsonl")
    assert (two.counts.ok, two.waiting, two.unused) == (4, 0, 0)
    third = export("three.jsonl")
    assert (third.requests, third.files) == (0, [])
    assert not Path("three.jsonl").exists()


def test_verdicts_of_live_judges_are_not_asked_again_and_are_read_back() -> None:
    by_waves()
    with remembering(True) as memory:
        assert memory.cache is not None
        for answered in (one for grade in grades().values() for one in grade.outcomes):
            if isinstance(answered.outcome, Verdict) and answered.key:
                memory.cache.put(answered.key, answered.outcome, "far@1.0.0")
    again = export("again.jsonl", run="other")
    assert (again.requests, again.graded) == (0, 4)
    anew = export("anew.jsonl", run="third", cache=False)
    assert anew.requests == 2


def test_samples_of_the_same_text_ask_once_and_both_are_graded() -> None:
    write("samples.jsonl", [ROWS[0], {**ROWS[0], "sample_id": "twin"}])
    assert export("one.jsonl").requests == 1
    take("one.jsonl")
    assert export("two.jsonl").requests == 2
    assert take("two.jsonl").counts.ok == 2


def test_verdicts_that_the_judge_writes_go_by_schema_and_come_back_with_their_reasons() -> None:
    Path("judge.yaml").write_text(JUDGE.replace("api: chat", "verdict: generated"))
    export("one.jsonl")
    assert lines("one.jsonl")[0]["body"]["response_format"]["type"] == "json_schema"

    def wrote(request: dict[str, Any]) -> dict[str, Any]:
        verdict = "C" if "How warm" in asked_of(request) else "Yes"
        text = orjson.dumps({"rationale": "It is so.", "evidence": [], "verdict": verdict}).decode()
        return answered(
            request,
            {"model": "small", "choices": [{"index": 0, "message": {"content": text}}]},
        )

    take("one.jsonl", wrote)
    export("two.jsonl")
    assert take("two.jsonl", wrote).counts.ok == 4
    kind = next(o for o in grades()["a"].outcomes if o.criterion == "kind").outcome
    assert isinstance(kind, Verdict)
    assert kind.rationale == "It is so."


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("backend: openai", "backend: openai\nverdict: one_call", "verdict: generated"),
        ("api: chat", "api: completions", "asked in chat"),
        (
            "api: chat",
            "verdict: generated\ntemperature: 0.5\nvotes: 3",
            "several votes are not asked",
        ),
    ],
)
def test_a_judge_that_cannot_be_asked_by_files_is_refused(old: str, new: str, told: str) -> None:
    Path("judge.yaml").write_text(JUDGE.replace(old, new))
    with pytest.raises(InputError, match=told):
        export()
    assert not Path("run").exists()


def test_what_openai_refuses_is_left_out_for_openai_alone() -> None:
    export()
    assert "chat_template_kwargs" in lines("wave.jsonl")[0]["body"]
    theirs = JUDGE.replace("http://127.0.0.1:9/v1", "https://api.openai.com/v1")
    Path("judge.yaml").write_text(theirs)
    export("openai.jsonl", run="other")
    body = lines("openai.jsonl")[0]["body"]
    assert "chat_template_kwargs" not in body
    assert body["max_completion_tokens"] == 1


def test_files_are_numbered_where_one_would_be_too_large() -> None:
    told: list[tuple[str, list[str]]] = []
    files = batch_files.RequestFiles(
        "w.jsonl", most_requests=2, most_bytes=100, whole=lambda *file: told.append(file)
    )
    with files:
        for line in (b"a\n", b"b\n", b"c\n", b"d" * 99 + b"\n"):
            files.write(line[:1].decode(), line)
    assert told == [("w.jsonl", ["a", "b"]), ("w-2.jsonl", ["c"]), ("w-3.jsonl", ["d"])]
    assert files.names == ["w.jsonl", "w-2.jsonl", "w-3.jsonl"]
    assert Path("w.jsonl").read_bytes() == b"a\nb\n"
    with pytest.raises(InputError, match="already there"):
        batch_files.RequestFiles("w.jsonl")


def test_the_words_for_waiting_stand_in_the_grade_of_a_sample_whose_gate_was_met() -> None:
    export("one.jsonl")
    take("one.jsonl")
    assert failure_of(grades()["a"], "kind").message == WAITING
    assert grades()["a"].score is None


def test_questions_that_wait_for_results_are_not_written_twice_in_silence() -> None:
    export("one.jsonl")
    new = {**ROWS[0], "sample_id": "new", "completion": "hello, all of you"}
    write("samples.jsonl", [new, *ROWS])
    with pytest.raises(InputError) as refused:
        export("two.jsonl")
    assert str(refused.value) == (
        "2 of these were written before, to one.jsonl, and are not answered yet\n"
        "  hint: import their results; --again writes them once more"
    )
    assert not Path("two.jsonl").exists()
    again = export("two.jsonl", again=True)
    assert (again.requests, again.files) == (3, ["two.jsonl"])
    assert again.notes[0].startswith("2 of these were written before, to one.jsonl")
    kept = orjson.loads(Path("run/batches/batches.json").read_bytes())
    assert [(one["name"], one["requests"]) for one in kept["files"]] == [
        ("one.jsonl", 2),
        ("two.jsonl", 3),
    ]


def test_questions_that_are_new_go_out_beside_those_that_wait() -> None:
    export("one.jsonl")
    new = {**ROWS[0], "sample_id": "new", "completion": "hello, all of you"}
    write("samples.jsonl", [new])
    assert export("two.jsonl").requests == 1
    assert len(lines("two.jsonl")) == 1


def test_results_to_one_file_leave_the_others_waiting() -> None:
    write("samples.jsonl", [ROWS[0]])
    export("one.jsonl")
    write("samples.jsonl", [ROWS[1]])
    export("two.jsonl")
    take("two.jsonl")
    assert len(list(Path("run/batches").glob("keys-*"))) == 1
    write("samples.jsonl", list(ROWS[:2]))
    with pytest.raises(InputError, match=r"^1 of these .* to one\.jsonl, and"):
        export("three.jsonl")


def test_a_damaged_list_of_files_is_told_with_what_to_do() -> None:
    export("one.jsonl")
    Path("run/batches/batches.json").write_text('{"files": [{"keys": "../x"}]}')
    with pytest.raises(RunError, match=r"batches\.json: damaged .*\n.*delete this one file"):
        export("two.jsonl", again=True)
