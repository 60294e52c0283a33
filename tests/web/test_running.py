"""The command itself, in a process of its own, over a socket."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

pytestmark = pytest.mark.slow

PROGRAM = str(Path(sys.executable).with_name("rlaif"))
RUBRIC = """\
rubric: greeting
version: 1.0.0
title: A greeting
criteria:
  - id: kind
    ask: Is the greeting kind to the reader?
"""
WAIT_S = 120


class Process:
    """A server that was started, and what it says."""

    def __init__(self, process: subprocess.Popen[str], url: str, notes: Path) -> None:
        self.process, self.url, self.notes = process, url, notes

    def wait_until(self, so: Callable[[], bool]) -> None:
        until = time.monotonic() + WAIT_S
        while not so():
            assert time.monotonic() < until, self.notes.read_text()
            time.sleep(0.02)

    def queue(self) -> float:
        told = httpx.get(f"{self.url}/metrics").text
        found = re.search(r"^rlaif_reward_queue_length (\S+)", told, re.MULTILINE)
        assert found
        return float(found[1])

    def rewards(self, *completions: str, timeout_s: float = WAIT_S) -> httpx.Response:
        items = [{"prompt": "Greet her.", "completion": one} for one in completions]
        return httpx.post(f"{self.url}/rewards", json={"items": items}, timeout=timeout_s)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(WAIT_S)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """`start("--max-waiting", 2, latency_s=1)`: the command, until its judge is loaded."""
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    started: list[subprocess.Popen[str]] = []
    notes = tmp_path / "notes"

    def begin(*options: object, latency_s: float = 0.0, **env: str) -> Process:
        judge: dict[str, Any] = {"judge": "slow", "version": "1.0.0", "backend": "scripted"}
        judge |= {"answers": "hash", "latency_s": latency_s}
        (tmp_path / "judge.yaml").write_bytes(orjson.dumps(judge))
        named = "judge.yaml" if latency_s else "scripted-hash"
        command = [PROGRAM, "serve", "rubric.yaml", "--judge", named, "--port", 0, *options]
        with notes.open("w") as err:
            process = subprocess.Popen(
                list(map(str, command)),
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
                cwd=tmp_path,
                env={**os.environ, **env},
            )
        started.append(process)
        assert process.stdout
        line = process.stdout.readline()
        found = re.fullmatch(r"greeting@1\.0\.0 at (http://\S+): POST /rewards, .*\n", line)
        assert found, notes.read_text()
        server = Process(process, found[1], notes)
        server.wait_until(lambda: httpx.get(f"{found[1]}/ready").status_code == 200)
        return server

    yield begin
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()
    assert "Traceback" not in notes.read_text()


def test_a_trainer_is_served_and_sigterm_lets_what_is_under_way_end(
    start: Callable[..., Process],
) -> None:
    server = start(latency_s=1.0)
    with ThreadPoolExecutor() as pool:
        under_way = pool.submit(server.rewards, "Good morning to you.")
        server.wait_until(lambda: server.queue() == 1)
        assert server.stop() == 0
        reply = under_way.result()
    assert reply.status_code == 200
    assert 0 <= reply.json()["rewards"][0] <= 1
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/health")


def test_a_full_server_says_429_and_a_caller_who_is_killed_makes_room(
    start: Callable[..., Process],
) -> None:
    server = start("--max-waiting", 2, "--grace", 0.2, latency_s=600)
    body = orjson.dumps({"items": [{"prompt": "Greet her.", "completion": "Good day."}] * 2})
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as caller:
        head = f"POST /rewards HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        caller.sendall(head.encode() + body)
        server.wait_until(lambda: server.queue() == 2)
        full = server.rewards("Good night.")
        assert full.status_code == 429
        assert full.headers["retry-after"] == "1"
    server.wait_until(lambda: server.queue() == 0)
    with ThreadPoolExecutor() as pool:
        hanging = pool.submit(server.rewards, "Good night.")
        server.wait_until(lambda: server.queue() == 1)
        assert server.stop() == 0  # its grace is short
        assert hanging.result().status_code == 503


def test_a_token_is_asked_of_everyone_and_ctrl_c_ends_with_130(
    start: Callable[..., Process],
) -> None:
    token = "a-token-of-some-length"  # noqa: S105 - nobody's
    server = start("--token-env", "OURS", "--host", "0.0.0.0", OURS=token)  # noqa: S104 - as asked
    assert server.rewards("Good day.").status_code == 401
    url = server.url.replace("http://", f"http://rlaif:{token}@")
    data = {"query": ["Greet her. Good day."], "prompts": ["Greet her. "], "labels": [""]}
    assert httpx.post(f"{url}/openrlhf", json=data).status_code == 200
    assert server.stop(signal.SIGINT) == 130
