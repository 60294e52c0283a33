"""A judge's server that is away or answers badly, under whole jobs: failures, and never a score."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from rlaif.errors import JudgeUnavailable
from rlaif.storage.run_folder import open_run
from tests.faults.invariants import exported, finished, holds
from tests.faults.servers import Served
from tests.judging.misbehaving import Act, Body, always, drips, first, hangs, spoils
from tests.judging.test_openai_faults import FAULTS

ROWS_OF_THE_TABLE = (
    "server not reached for a while",
    "server not reached for long",
    "500, 429, hanging or slow answers",
    "HTML, cut JSON, NaN, no probabilities, another question's answer",
)
IDS = [f"s{n}" for n in range(12)]


def at_every_choice(change: Callable[[Body], object]) -> Act:
    def spoil(reply: Body) -> None:
        for choice in reply["choices"]:
            change(choice)

    return spoils(spoil)


def tops(choice: Body, value: float | None) -> Body:
    """The same for each label."""
    (found,) = choice["logprobs"]["top_logprobs"]
    return {"logprobs": {**choice["logprobs"], "top_logprobs": [dict.fromkeys(found, value)]}}


BAD: dict[str, tuple[Act, str, str]] = {
    **{name: FAULTS[name] for name in ("500", "429", "html", "cut", "NaN", "another model")},
    "no probabilities": (at_every_choice(lambda c: c.pop("logprobs")), "parse", "no logprobs"),
    "null for a label": (at_every_choice(lambda c: c.update(tops(c, None))), "parse", "None for"),
    "over 1": (at_every_choice(lambda c: c.update(tops(c, 0.5))), "parse", "0.5 for"),
    "of another question": (at_every_choice(lambda c: c.update(index=99)), "parse", "which"),
    "too many": (spoils(lambda r: r["choices"].append(r["choices"][0])), "parse", "answers to"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_a_failure_with_its_stage_and_goes_away_by_a_retry(
    served: Served, name: str
) -> None:
    whole = served.job.whole()
    act, stage, told = BAD[name]
    heard = served.grade(act)
    assert heard.begun == [(12, 0)]
    finished(served.job.run, whole, failed=IDS)
    for row in exported(served.job.run):
        for outcome in row["outcomes"]:
            assert (outcome["kind"], outcome["stage"]) == ("failure", stage)
            assert told in outcome["message"]
    assert served.job.grade().begun == []  # not asked again by itself
    served.job.grade(retry_failed=True)
    finished(served.job.run, whole)


@pytest.mark.parametrize("act", [hangs, drips])
def test_what_never_ends_is_given_up_at_the_deadline(served: Served, act: Act) -> None:
    whole = served.job.whole()
    job = served.asking(deadline_s=0.4, retries=1)
    began = time.monotonic()
    served.grade(act, job)
    assert time.monotonic() - began < 60
    finished(job.run, whole, failed=IDS)
    assert {o["stage"] for row in exported(job.run) for o in row["outcomes"]} == {"backend"}
    served.job.grade(retry_failed=True)
    finished(job.run, whole)


@pytest.mark.parametrize("status", [500, 429])
def test_a_burst_of_errors_is_sat_out(served: Served, status: int) -> None:
    whole = served.job.whole()
    served.grade(first(2, always("busy", status, Retry_After="1")))
    finished(served.job.run, whole)


def test_a_pause_that_the_server_asks_for_is_kept(served: Served) -> None:
    began = time.monotonic()
    served.grade(first(1, always("slow down", 429, Retry_After="1")))
    assert time.monotonic() - began >= 1
    assert open_run(served.job.run).counts().failed == 0


def test_while_the_server_is_away_the_job_waits_and_nothing_fails(served: Served) -> None:
    whole = served.job.whole()
    job = served.asking(deadline_s=0.3)  # it stands still meanwhile
    timers = [threading.Timer(0.8, served.back)]

    def away() -> None:
        served.away()
        timers[0].start()

    began = time.monotonic()
    served.when_begun(away, job)
    timers[0].join()
    assert time.monotonic() - began >= 0.8
    finished(job.run, whole)


def test_a_server_that_stays_away_ends_the_job_with_no_failed_grade(served: Served) -> None:
    whole = served.job.whole()
    job = served.asking(max_outage_s=0.3)
    with pytest.raises(JudgeUnavailable, match="what was graded is kept; start the same command"):
        served.when_begun(served.away, job)
    holds(job.run, whole)
    assert open_run(job.run).counts().failed == 0
    served.back()
    job.grade()
    finished(job.run, whole)
