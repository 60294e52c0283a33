"""A judge asked by files: what comes in, and what is never believed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.errors import FileProblems, InputError, RunError
from rlaif.judging.openai_batch import said_by
from rlaif.records.outcome import Verdict
from rlaif.runs.batch_import import import_batch
from rlaif.runs.remembering import remembering
from rlaif.storage.batch_lines import BatchLines
from tests.runs.batching import (
    JUDGE,
    ROWS,
    answered,
    by_waves,
    export,
    failure_of,
    grades,
    lines,
    take,
    write,
)
from tests.runs.batching import in_a_folder as in_a_folder


def test_scores_follow_from_the_answers_as_ever() -> None:
    by_waves()
    found = grades()
    assert {name: grade.reason for name, grade in found.items()} == {
        "a": "",
        "b": "gate:polite",
        "c": "gate:hello",
        "d": "prescreen:symbols",
    }
    kind = next(o for o in found["a"].outcomes if o.criterion == "kind")
    assert isinstance(kind.outcome, Verdict)
    assert kind.outcome.label_mass == pytest.approx(0.9)
    assert kind.value == pytest.approx(0.9 / 0.95, abs=0.01)
    assert all(found[name].score == 0 for name in "bcd")


def test_a_missing_answer_leaves_the_sample_open_and_is_asked_again() -> None:
    export("one.jsonl")
    rows = [answered(row) for row in lines("one.jsonl")]
    found = import_batch(Path("run"), [write("half.jsonl", rows[:1])])
    assert found.waiting == 2  # the other gate, and what comes after this one
    assert export("two.jsonl").requests == 3


def test_an_error_row_is_a_failure_that_is_asked_again_only_if_wanted() -> None:
    export("one.jsonl")

    def refused(request: dict[str, Any]) -> dict[str, Any]:
        error = {"code": "batch_expired", "message": "it took too long"}
        return {"custom_id": request["custom_id"], "response": None, "error": error}

    assert take("one.jsonl", refused).counts.failed == 2
    grade = grades()["a"]
    assert grade.score is None
    assert "it took too long" in failure_of(grade, "polite").message
    assert export("two.jsonl").requests == 0
    assert export("three.jsonl", retry_failed=True).requests == 2


def test_a_reply_without_an_answer_is_a_failure_and_never_a_score() -> None:
    bad: list[tuple[Any, int, str]] = [
        ({"error": {"message": "too many tokens"}}, 400, "status 400: too many tokens"),
        ({"error": {"message": "no luck"}}, 200, "no luck"),
        ({"model": "small", "choices": []}, 200, "0 answers to 1 questions"),
        ({"model": "small", "choices": [{"index": 0}]}, 200, "no logprobs"),
        ("<html>", 200, "no reply"),
        ({"model": "small", "choices": None}, 200, "no choices"),
        ({"choices": [{"index": 0}]}, 200, "does not name its model"),
    ]
    texts = [f"hello, my dear friend number {place}" for place in range(len(bad))]
    write("samples.jsonl", [{**ROWS[0], "sample_id": t[-1], "completion": t} for t in texts])
    export()
    rows = zip(lines("wave.jsonl"), bad, strict=True)
    found = [answered(request, body, status) for request, (body, status, _) in rows]
    import_batch(Path("run"), [write("results.jsonl", found)])
    for place, (_, _, shown) in enumerate(bad):
        grade = grades()[str(place)]
        assert grade.score is None
        assert shown in failure_of(grade, "polite").message


def test_a_reply_of_another_model_is_not_believed() -> None:
    export()
    rows = [answered(row) for row in lines("wave.jsonl")]
    rows[1]["response"]["body"]["model"] = "huge-2026"
    import_batch(Path("run"), [write("results.jsonl", rows)])
    failure = failure_of(grades()["b"], "polite")
    assert failure.stage == "backend"
    assert "another model's ('huge-2026')" in failure.message


def named(model: str | None, name: str = "r.jsonl", wave: str = "wave.jsonl") -> str:
    """Results to a wave whose answers are by `model`."""
    rows = [answered(row) for row in lines(wave)]
    for row in rows:
        row["response"]["body"]["model"] = model
    return write(name, rows)


@pytest.mark.parametrize("model", ["small-2024-07-18", "small", "small@v2", "small-0613"])
def test_a_model_may_go_by_its_date_or_its_version(model: str) -> None:
    export()
    assert import_batch(Path("run"), [named(model)]).model == model


@pytest.mark.parametrize("model", ["huge", "smaller", "small-70b", "small-mini-2024-07-18", None])
def test_answers_of_another_model_are_refused_unless_it_is_accepted(model: str | None) -> None:
    export()
    file = named(model)
    with pytest.raises(InputError, match="and the judge is 'small': nothing is taken in") as no:
        import_batch(Path("run"), [file])
    assert (f"'{model}'" if model else "no name") in str(no.value)
    assert not grades() or all(grade.status == "ok" for grade in grades().values())
    with pytest.raises(InputError, match="--accept-model other: the answers are by"):
        import_batch(Path("run"), [file], accept_model="other")
    assert import_batch(Path("run"), [file], accept_model=model or "").counts.ok == 3


def test_later_waves_are_believed_only_of_the_model_that_answered_first() -> None:
    export("one.jsonl")
    import_batch(Path("run"), [named("small-2026", wave="one.jsonl")])
    export("two.jsonl")
    later = named("small-2027", wave="two.jsonl")
    with pytest.raises(InputError, match=r"by 'small-2027', and earlier ones are by 'small-2026'"):
        import_batch(Path("run"), [later])
    assert import_batch(Path("run"), [later], accept_model="small-2027").counts.ok == 4


def test_answers_from_a_file_are_never_put_into_the_cache_of_live_judges() -> None:
    by_waves()
    assert grades()["a"].status == "ok"
    with remembering(True) as memory:
        assert memory.cache is not None
        keys = [one.key for grade in grades().values() for one in grade.outcomes if one.key]
        assert keys
        assert memory.cache.get(keys) == {}


def test_an_error_with_status_200_gives_way_to_an_answer() -> None:
    export()
    rows = [answered(row) for row in lines("wave.jsonl")]
    errors = [answered(row, {"error": {"message": "no luck"}}) for row in lines("wave.jsonl")]
    files = [write("e.jsonl", errors), write("r.jsonl", rows)]
    assert import_batch(Path("run"), files).counts.ok == 3


def test_a_full_folder_for_temporary_files_is_told_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delenv("SQLITE_TMPDIR", raising=False)
    with BatchLines() as kept:
        kept._base.execute("PRAGMA max_page_count = 3")
        with pytest.raises(RunError) as refused:
            kept.put({"custom_id": "x", "error": "e"}, b"x" * 100_000, "r.jsonl:1")
    assert str(refused.value).startswith(f"{tmp_path}: the folder for temporary files")
    assert "full" in str(refused.value)
    assert "TMPDIR" in str(refused.value)


def test_an_answer_takes_the_place_of_an_error_with_the_same_id() -> None:
    export()
    rows = [answered(row) for row in lines("wave.jsonl")]
    errors = [{"custom_id": r["custom_id"], "response": None, "error": {"code": "x"}} for r in rows]
    import_batch(Path("run"), [write("e.jsonl", errors), write("r.jsonl", rows)])
    assert grades()["b"].reason == "gate:polite"


def test_two_answers_to_one_question_are_refused_with_both_places() -> None:
    export()
    rows = [answered(row) for row in lines("wave.jsonl")]
    other = orjson.loads(orjson.dumps(rows[0]))
    tops = other["response"]["body"]["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    tops[0] = {**tops[0], "token": "No"}
    with pytest.raises(FileProblems, match=r"jsonl:3:1: custom_id .* another answer .*jsonl:1"):
        import_batch(Path("run"), [write("r.jsonl", [*rows, other])])
    assert "a" not in grades()


def test_of_two_answers_that_say_the_same_the_first_counts() -> None:
    export()
    rows = [answered(row) for row in lines("wave.jsonl")]
    other = orjson.loads(orjson.dumps(rows))
    for row in other:
        tops = row["response"]["body"]["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        tops[0]["logprob"] = math.log(0.7)
    files = [write("one.jsonl", rows), write("two.jsonl", other)]
    assert import_batch(Path("run"), files).counts.ok == 3
    polite = next(o for o in grades()["a"].outcomes if o.criterion == "polite")
    assert isinstance(polite.outcome, Verdict)
    assert polite.outcome.label_mass == pytest.approx(0.9)


@pytest.mark.parametrize(("sure", "said"), [(0.6, "Yes"), (0.4, "")])
def test_a_verdict_is_read_from_a_token_only_where_it_has_the_most(sure: float, said: str) -> None:
    tops = [{"token": " Yes", "logprob": math.log(sure)}]
    choice = {"index": 0, "logprobs": {"content": [{"top_logprobs": tops}]}}
    assert said_by(answered({"custom_id": "x"}, {"choices": [choice]})) == said


def test_the_same_file_twice_does_no_harm() -> None:
    export()
    rows = write("r.jsonl", [answered(row) for row in lines("wave.jsonl")])
    assert import_batch(Path("run"), [rows, rows]).counts.ok == 3


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"response": {}}', "no 'custom_id'"),
        (b'{"custom_id": "x", "method": "POST", "body": {}}', "a request, not its result"),
        (b'{"custom_id": "x"}', "neither 'response' nor 'error'"),
        (b'{"custom_id": "x", "resp', "JSON ends too early"),
    ],
)
def test_a_line_that_is_no_result_is_told_with_its_place(line: bytes, told: str) -> None:
    export()
    Path("r.jsonl").write_bytes(b"\n" + line)
    with pytest.raises(FileProblems, match=r"r\.jsonl:2:") as refused:
        import_batch(Path("run"), ["r.jsonl"])
    assert told in str(refused.value)


def test_results_of_changed_samples_are_never_put_under_the_new_text() -> None:
    export("old.jsonl")
    results = [answered(row) for row in lines("old.jsonl")]
    changed = [{**row, "completion": f"hello again, {row['sample_id']} and all"} for row in ROWS]
    write("samples.jsonl", changed)
    export("new.jsonl")
    with pytest.raises(InputError, match="none of the 2 results is about an open question"):
        import_batch(Path("run"), [write("results.jsonl", results)])
    assert not [grade for grade in grades().values() if grade.score is not None]


def test_results_of_another_judge_are_refused() -> None:
    export("old.jsonl", run="elsewhere")
    results = [answered(row) for row in lines("old.jsonl")]
    Path("judge.yaml").write_text(JUDGE.replace("model: small", "model: other"))
    export("new.jsonl")
    with pytest.raises(InputError, match="none of the 2 results"):
        import_batch(Path("run"), [write("results.jsonl", results)], accept_model="small-2026")


def test_results_that_answer_nothing_are_counted_beside_those_that_do() -> None:
    export()
    rows = [answered(row) for row in lines("wave.jsonl")]
    stray = {**rows[0], "custom_id": "somebody-elses"}
    found = import_batch(Path("run"), [write("r.jsonl", [*rows, stray])])
    assert (found.unused, found.where) == (1, ("r.jsonl:3",))


def test_a_changed_kept_judge_is_no_judge_to_answer_for() -> None:
    export()
    (kept,) = Path("run").glob("judge-*.json")
    kept.write_bytes(kept.read_bytes().replace(b'"small"', b'"large"'))
    with pytest.raises(RunError, match="not the judge that the run was asked by"):
        take()
