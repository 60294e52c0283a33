"""A job's counts over HTTP, as Prometheus asks for them."""

from __future__ import annotations

import socket
import threading
import urllib.request

import pytest

pytest.importorskip("prometheus_client")

from prometheus_client.parser import text_string_to_metric_families

from rlaif.errors import InputError
from rlaif.grading.usage import Usage
from rlaif.runs.listening import Hub
from rlaif.runs.prometheus import exported
from tests.runs.clock import Clock, step

ABOUT = {"run": "runs/a", "rubric": "r@1.0.0", "judge": 'a "b"\n'}


def scraped(address: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and labels."""
    with urllib.request.urlopen(address, timeout=10) as reply:  # noqa: S310 - our own server
        text = reply.read().decode()
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_every_scrape_says_how_the_job_stands_then() -> None:
    clock = Clock()
    hub = Hub([], clock)
    with exported(hub.view, ABOUT, "127.0.0.1", 0) as address:
        before = scraped(address)
        assert before["rlaif_grades_total", (("status", "ok"),)] == 0
        assert before["rlaif_failures_total", (("stage", "parse"),)] == 0
        hub.begin(100, 10)
        usage = Usage(asked=30, computed=70, cached=30, written=5, recalled=2, cost={"EUR": 1.5})
        hub.graded(step(6, 2, 28, parse=2), usage)
        clock.now += 7
        found = scraped(address)
    assert {key: value for key, value in found.items() if value and "created" not in key[0]} == {
        ("rlaif_job_info", tuple(sorted(ABOUT.items()))): 1,
        ("rlaif_samples", ()): 100,
        ("rlaif_samples_graded", ()): 16,
        ("rlaif_idle_seconds", ()): 7,
        ("rlaif_grades_total", (("status", "ok"),)): 4,
        ("rlaif_grades_total", (("status", "failed"),)): 2,
        ("rlaif_verdicts_total", ()): 28,
        ("rlaif_failures_total", (("stage", "parse"),)): 2,
        ("rlaif_questions_total", ()): 30,
        ("rlaif_prompt_tokens_total", (("kind", "computed"),)): 70,
        ("rlaif_prompt_tokens_total", (("kind", "cached"),)): 30,
        ("rlaif_written_tokens_total", ()): 5,
        ("rlaif_cached_verdicts_total", ()): 2,
        ("rlaif_cost_total", (("currency", "EUR"),)): 1.5,
    }


def test_a_port_in_use_is_one_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(InputError) as refused,
            exported(Hub([]).view, {}, "127.0.0.1", port),
        ):
            pass
    assert str(refused.value) == (
        f"--metrics-port {port}: 127.0.0.1 port {port} cannot be had: Address already in use\n"
        "  hint: another port, or 0 for any that is free; --metrics-host names the address"
    )


def test_an_address_that_is_not_here_is_one_clear_error() -> None:
    with (
        pytest.raises(InputError, match=r"192\.0\.2\.7 port 9100 cannot be had: "),
        exported(Hub([]).view, {}, "192.0.2.7", 9100),
    ):
        pass


def test_nothing_is_left_open_at_the_end() -> None:
    before = threading.active_count()
    with exported(Hub([]).view, {}, "127.0.0.1", 0) as address:
        scraped(address)
    with pytest.raises(OSError, match="refused"):
        scraped(address)
    assert threading.active_count() == before
