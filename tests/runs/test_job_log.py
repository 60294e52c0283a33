"""A job's log for programs: JSON lines that hold counts, and nothing that is secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.errors import FileProblems, InputError, Problem, Stopped
from rlaif.grading.usage import Usage
from rlaif.runs.job_log import JobLog
from rlaif.runs.listening import Hub, listening
from tests.runs.clock import Clock, step

FULL = Path("/dev/full")


def log(path: Path, told: list[str] | None = None) -> JobLog:
    about = {"rubric": "r@1.0.0", "judge": "j@1.0.0"}
    return JobLog(str(path), "runs/a", about, (told if told is not None else []).append)


def events(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_every_event_is_an_object_with_time_name_run_and_counts(tmp_path: Path) -> None:
    path, clock = tmp_path / "job.jsonl", Clock()
    hub = Hub([log(path)], clock)
    hub.note("the judge answers")
    hub.begin(100, 10)
    usage = Usage(asked=20, computed=900, cached=100, recalled=3, cost={"USD": 0.5}, priced=20)
    for _ in range(10):
        clock.now += 3
        hub.graded(step(2, 1, backend=1), usage)
    hub.tick()
    hub.end("ended", None)
    found = events(path)
    assert [e["event"] for e in found] == ["note", "started", "progress", "ended"]
    assert {e["run"] for e in found} == {"runs/a"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", e["time"]) for e in found)
    assert found[1]["judge"] == "j@1.0.0"
    progress = {k: v for k, v in found[2].items() if k not in ("time", "event", "run")}
    assert progress == {
        "phase": "grading",
        "samples": 100,
        "done": 30,
        "graded": 20,
        "failed": 10,
        "verdicts": 100,
        "failures": {"backend": 10},
        "seconds": 30.0,
        "idle_seconds": 0.0,
        "verdicts_per_second": 3.333,
        "seconds_left": 105.0,
        "questions": 20,
        "prompt_tokens_computed": 900,
        "prompt_tokens_cached": 100,
        "written_tokens": 0,
        "cached_verdicts": 3,
        "cost": {"USD": 0.5},
    }


def test_a_second_job_appends_also_after_a_line_that_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "job.jsonl"
    path.write_text('{"event": "note"}\n{"event": "pro')
    log(path).note("again")
    lines = path.read_text().splitlines()
    assert lines[1] == '{"event": "pro'
    assert orjson.loads(lines[2])["text"] == "again"


def ended_by(path: Path, error: BaseException) -> dict[str, Any]:
    """The last event of a job that `error` ended."""
    with pytest.raises(type(error)), listening(Hub([log(path)])):
        raise error
    return events(path)[-1]


def test_an_interrupted_job_says_so(tmp_path: Path) -> None:
    assert ended_by(tmp_path / "l", KeyboardInterrupt())["event"] == "interrupted"


def test_an_error_is_named_with_its_message(tmp_path: Path) -> None:
    event = ended_by(tmp_path / "l", Stopped("stopped after 3 failed grades"))
    assert (event["event"], event["error"]) == ("error", "Stopped")
    assert event["message"] == "stopped after 3 failed grades"


@pytest.mark.parametrize(
    "error",
    [
        FileProblems([Problem("s.jsonl", 1, 1, "'my secret answer' is not a number")]),
        InputError("the criterion 'my secret answer' stands twice"),
        ValueError("my secret answer"),
    ],
)
def test_what_an_error_repeats_of_the_samples_is_left_out(tmp_path: Path, error: Exception) -> None:
    event = ended_by(tmp_path / "l", error)
    assert event["error"] == type(error).__name__
    assert "secret" not in (tmp_path / "l").read_text()


def test_no_key_gets_into_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLAIF_SOME_API_KEY", "sk-12345678")
    path = tmp_path / "l"
    one = log(path)
    one.note("http://me:pass@host/v1 refused the key sk-12345678")
    assert events(path)[0]["text"] == "http://***@host/v1 refused the key ***"


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_once_and_ends_nothing() -> None:
    told: list[str] = []
    hub = Hub([log(FULL, told)])
    hub.begin(10, 0)
    for _ in range(3):
        hub.note("on it goes")
    hub.end("ended", None)
    assert told == ["the log /dev/full has a gap: No space left on device; the job goes on"]


def test_a_log_that_cannot_be_opened_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--log .*nowhere/l: No such file or directory\n  hint: "):
        log(tmp_path / "nowhere" / "l")
