"""Who watches `rlaif grade`: a log, Prometheus, limits; and what the judge cost."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

import orjson
import pytest

import rlaif.cli.grade as command
from rlaif.grading.usage import Usage
from rlaif.runs.grade import grade_run
from rlaif.runs.watching import Step, Watcher
from rlaif.storage.run_folder import open_run
from tests.cli.conftest import COMPLETIONS, Rlaif, scripted

GRADE = ("grade", "rubric.yaml", "samples.jsonl", "--out", "run", "--judge")
PRICE = {"input": 1, "output": 1000, "currency": "EUR"}


def events(text: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in text.splitlines()]


def test_the_log_says_how_a_job_began_and_ended_and_nothing_of_its_texts(rlaif: Rlaif) -> None:
    ran = rlaif(*GRADE, "scripted", "--log", "job.jsonl")
    text = Path("job.jsonl").read_bytes()
    first, *_, last = events(text)
    assert (first["event"], first["samples"], first["done"]) == ("started", 8, 0)
    assert (first["rubric"], first["judge"], first["run"]) == (
        "greeting@1.0.0",
        "scripted@1.0.0",
        "run",
    )
    assert (last["event"], last["done"], last["phase"]) == ("ended", 8, "finishing")
    assert not [words for words in COMPLETIONS if words.encode() in text]
    assert "8 of 8 samples, " in ran.err


def test_a_log_on_standard_error_stands_there_alone(rlaif: Rlaif) -> None:
    ran = rlaif(*GRADE, "scripted", "--log", "-")
    assert ran.status == 0
    assert [e["event"] for e in events(ran.err.encode())] == ["started", "ended"]


def test_a_log_that_cannot_be_written_is_one_error_before_anything(rlaif: Rlaif) -> None:
    ran = rlaif(*GRADE, "scripted", "--log", "nowhere/job.jsonl")
    assert ran.status == 2
    assert ran.err.startswith("rlaif: --log nowhere/job.jsonl: No such file or directory\n")
    assert not Path("run").exists()


def test_prometheus_sees_a_job_while_it_runs(rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("prometheus_client")
    scraped: list[str] = []

    class Scraping:
        """Asks for the metrics after every step."""

        def __init__(self, watcher: Watcher) -> None:
            self.note, self.begin, self._watcher = watcher.note, watcher.begin, watcher

        def graded(self, step: Step, usage: Usage) -> None:
            self._watcher.graded(step, usage)
            notes = [e["text"] for e in events(Path("l").read_bytes()) if e["event"] == "note"]
            address = notes[0].removeprefix("Prometheus may ask ")
            with urllib.request.urlopen(address, timeout=10) as reply:  # noqa: S310 - our own
                scraped.append(reply.read().decode())

    monkeypatch.setattr(command, "grade_run", lambda o, w: grade_run(o, Scraping(w)))
    judge = scripted(Path("priced.yaml"), price=PRICE)
    ran = rlaif(*GRADE, judge, "--metrics-port", 0, "--log", "l")
    assert ran.status == 0, ran.err
    assert 'rlaif_grades_total{status="ok"} 8.0' in scraped[-1]
    assert "rlaif_samples 8.0" in scraped[0]
    assert 'rlaif_cost_total{currency="EUR"}' in scraped[-1]
    assert 'rubric="greeting@1.0.0"' in scraped[0]


def test_a_job_stops_after_more_failures_than_are_allowed(rlaif: Rlaif) -> None:
    judge = scripted(Path("broken.yaml"), failure_share=1.0)
    ran = rlaif(*GRADE, judge, "--max-failures", 0)
    assert ran.status == 1
    assert "rlaif: stopped after " in ran.err
    assert "(--max-failures 0): " in ran.err
    assert "what was graded is kept, and the same command goes on" in ran.err
    assert open_run(Path("run")).counts().failed
    again = rlaif(*GRADE, judge)
    assert again.status == 1
    assert open_run(Path("run")).counts().missing == 0


def test_a_budget_without_a_price_is_one_error_before_anything(rlaif: Rlaif) -> None:
    ran = rlaif(*GRADE, "scripted", "--budget", 1)
    assert (ran.status, ran.out) == (2, "")
    assert "--budget: there is no price in the file of the judge scripted@1.0.0" in ran.err


def test_what_the_judge_cost_is_told_kept_and_shown(rlaif: Rlaif) -> None:
    judge = scripted(Path("priced.yaml"), price=PRICE)
    ran = rlaif(*GRADE, judge)
    spent = open_run(Path("run")).manifest.spent
    assert spent.priced == spent.asked > 0
    assert spent.cost == {"EUR": pytest.approx(spent.asked / 1000)}
    told = f"the judge cost EUR {spent.asked / 1000:.2g}"
    assert told in ran.err
    assert f"T{told[1:]}." in rlaif("show", "run").out


def test_a_price_alone_asks_nothing_again(rlaif: Rlaif) -> None:
    rlaif(*GRADE, scripted(Path("j.yaml")))
    again = rlaif(*GRADE, scripted(Path("j.yaml"), price=PRICE))
    assert again.err == "all of it was graded before: nothing is asked\n"
