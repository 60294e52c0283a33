"""`rlaif serve`: what it refuses before it listens, and what it starts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from rlaif.cli import serve
from rlaif.errors import MissingExtra
from rlaif.web.terms import Place, Terms
from tests.cli.conftest import Rlaif

CHECKS = """\
rubric: form
version: 1.0.0
title: Form
criteria:
  - {id: polite, check: contains, text: please}
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the server would be started with."""
    calls: list[Any] = []

    def start(*arguments: Any) -> int:
        calls.append(arguments)
        arguments[-1]("http://127.0.0.1:8100")
        return 15

    monkeypatch.setattr(serve, "load", lambda _: start)
    return calls


def test_one_line_says_where_it_is_and_what_can_be_asked(rlaif: Rlaif, started: list[Any]) -> None:
    ran = rlaif("serve", "rubric.yaml", "--judge", "scripted-hash")
    assert ran.status == 0
    assert ran.out == (
        "greeting@1.0.0 at http://127.0.0.1:8100: POST /rewards, /openrlhf, /verify; "
        "GET /ready, /rubric, /metrics, /docs\n"
    )
    rewarder, served, _, terms, place, *_ = started[0]
    assert served.judge == "scripted-hash@1.0.0"
    assert rewarder.limits.deadline_s == terms.deadline_s == 150
    assert terms.names == ("localhost", "127.0.0.1", "::1", "127.0.0.1")
    assert place == Place()


def test_every_option_reaches_the_server(
    rlaif: Rlaif, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "a-token-of-some-length")
    Path("shaping.yaml").write_text("cap: 0.9\nlength: {free: 10, full: 20, unit: words}\n")
    ran = rlaif(
        *("serve", "rubric.yaml", "-j", "scripted-hash", "--host", "0.0.0.0", "--port", 0),  # noqa: S104 - as asked
        *("--token-env", "OURS", "--max-waiting", 9, "--max-request-mb", 2, "--deadline", 7),
        *("--retries", 3, "--in-flight", 5, "--grace", 1, "--shaping", "shaping.yaml"),
        *("--on-failure", -1.5, "--end-token", "<e>", "--end-token", "<f>", "--labels", "json"),
        *("--reference-field", "answer", "--cache"),
    )
    assert ran.status == 0, ran.err
    rewarder, _, _, terms, place, *_ = started[0]
    assert terms == Terms(
        deadline_s=7,
        max_waiting=9,
        max_request_mb=2,
        token="a-token-of-some-length",  # noqa: S106 - nobody's
        names=(),
        on_failure=-1.5,
        end_tokens=("<e>", "<f>"),
        labels="json",
        reference_field="answer",
    )
    assert place == Place("0.0.0.0", 0, 1.0)  # noqa: S104 - as asked
    limits = rewarder.limits
    assert (limits.deadline_s, limits.retries, limits.in_flight) == (7, 3, 5)
    assert (rewarder.shaping.cap, rewarder.shaping.length.unit) == (0.9, "words")


def test_other_machines_can_come_only_with_a_token(rlaif: Rlaif, started: list[Any]) -> None:
    for host in ("0.0.0.0", "::", "192.168.0.9", "gpu-7"):  # noqa: S104 - as asked
        ran = rlaif("serve", "rubric.yaml", "-j", "scripted-hash", "--host", host)
        assert ran.status == 2
        assert f"rlaif: --host {host} can be reached by other machines" in ran.err
        assert "--token-env" in ran.err
    for host in ("localhost", "::1", "127.0.0.2"):
        assert rlaif("serve", "rubric.yaml", "-j", "scripted-hash", "--host", host).status == 0


@pytest.mark.parametrize(("token", "told"), [("", "no such variable"), ("short", "5 characters")])
def test_a_token_that_is_none_is_refused(
    rlaif: Rlaif, started: list[Any], monkeypatch: pytest.MonkeyPatch, token: str, told: str
) -> None:
    monkeypatch.setenv("OURS", token)
    ran = rlaif("serve", "rubric.yaml", "-j", "scripted-hash", "--token-env", "OURS")
    assert ran.status == 2
    assert told in ran.err


def test_a_rubric_of_checks_needs_no_judge_and_another_does(
    rlaif: Rlaif, started: list[Any]
) -> None:
    Path("checks.yaml").write_text(CHECKS)
    assert rlaif("serve", "checks.yaml").status == 0
    assert started[0][1].judge == ""
    ran = rlaif("serve", "rubric.yaml")
    assert ran.status == 2
    assert "there are questions for a judge; name one" in ran.err


def test_a_fault_of_the_shaping_is_told_at_its_line(rlaif: Rlaif, started: list[Any]) -> None:
    Path("shaping.yaml").write_text("cap: 0.9\nlenght: {free: 10}\ngates: [{criterio: kind}]\n")
    ran = rlaif("serve", "rubric.yaml", "-j", "scripted-hash", "--shaping", "shaping.yaml")
    assert ran.status == 2
    assert "shaping.yaml:2:1: unknown key 'lenght'\n  hint: did you mean 'length'?" in ran.err
    assert "shaping.yaml:3:10: unknown key 'criterio'" in ran.err
    assert not started


def test_ranking_is_warned_of_as_trainers_send_one_completion_a_request(
    rlaif: Rlaif, started: list[Any]
) -> None:
    Path("shaping.yaml").write_text("ranking: true\n")
    ran = rlaif("serve", "rubric.yaml", "-j", "scripted-hash", "--shaping", "shaping.yaml")
    assert "warning: the shaping ranks completions inside their group" in ran.err


def test_a_length_in_tokens_is_warned_of_as_openrlhf_says_none(
    rlaif: Rlaif, started: list[Any]
) -> None:
    Path("shaping.yaml").write_text("length: {free: 10, full: 20}\n")
    ran = rlaif("serve", "rubric.yaml", "-j", "scripted-hash", "--shaping", "shaping.yaml")
    assert "warning: the shaping's length penalty counts tokens" in ran.err
    assert started[0][3].needs_tokens
    Path("shaping.yaml").write_text("length: {free: 10, full: 20, unit: words}\n")
    ran = rlaif("serve", "rubric.yaml", "-j", "scripted-hash", "--shaping", "shaping.yaml")
    assert "warning" not in ran.err
    assert not started[1][3].needs_tokens


@pytest.mark.parametrize("number", ["inf", "nan"])
@pytest.mark.parametrize("option", ["--grace", "--on-failure", "--deadline", "--max-request-mb"])
def test_a_number_without_end_is_refused_before_anything_is_started(
    rlaif: Rlaif, started: list[Any], option: str, number: str
) -> None:
    ran = rlaif("serve", "rubric.yaml", "-j", "scripted-hash", option, number)
    assert ran.status == 2
    assert option in ran.err
    assert not started


def test_a_judge_that_was_named_is_loaded_for_the_criteria_that_samples_may_bring(
    rlaif: Rlaif, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("checks.yaml").write_text(CHECKS)
    assert rlaif("serve", "checks.yaml", "-j", "scripted-hash").status == 0
    rewarder, served, opening, *_ = started[0]
    assert served.judge == "scripted-hash@1.0.0"
    asked: list[Any] = []

    async def opened(**how: Any) -> None:
        asked.append(how)

    monkeypatch.setattr(rewarder, "open", opened)
    asyncio.run(opening())
    assert asked == [{"asks": True}]


def test_without_its_library_it_says_what_to_install(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(_: str) -> Any:
        raise MissingExtra("'fastapi' is not installed; run: pip install 'rlaif[web]'")

    monkeypatch.setattr(serve, "load", absent)
    ran = rlaif("serve", "rubric.yaml", "-j", "scripted-hash")
    assert (ran.status, ran.err) == (
        2,
        "rlaif: 'fastapi' is not installed; run: pip install 'rlaif[web]'\n",
    )
