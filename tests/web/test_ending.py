"""How a server comes to its end without having served anybody."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import uvicorn

from rlaif.errors import InputError, JudgeUnavailable
from rlaif.records.rubric import Rubric
from rlaif.web.connection import Patient
from rlaif.web.running import serve
from rlaif.web.served import Served
from rlaif.web.terms import Place, Terms


class Closing:
    """Grading that can be closed, and nothing else."""

    def __init__(self) -> None:
        self.closed = False

    async def rewards(self, rollouts: Any) -> Any:
        raise NotImplementedError

    def rewards_sync(self, rollouts: Any) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        self.closed = True


async def cannot() -> None:
    raise JudgeUnavailable("no such model")


def run(rubric: Rubric, place: Place) -> tuple[Closing, list[str], Exception]:
    grading, urls = Closing(), list[str]()
    served = Served(rubric, "fake@1.0.0")
    with pytest.raises((InputError, JudgeUnavailable)) as raised:
        serve(grading, served, cannot, Terms(), place, lambda _: None, urls.append)
    return grading, urls, raised.value


def test_a_judge_that_cannot_be_loaded_ends_the_server(rubric_served: Rubric) -> None:
    grading, urls, error = run(rubric_served, Place(port=0))
    assert str(error) == "no such model"
    assert urls[0].startswith("http://127.0.0.1:")
    assert grading.closed


def test_an_address_that_is_taken_is_told_before_anything_is_loaded(rubric_served: Rubric) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        _, urls, error = run(rubric_served, Place(port=port))
    assert urls == []
    assert str(error).startswith(f"127.0.0.1 port {port} cannot be had: ")
    assert "another --port" in str(error)


def test_connections_are_limited_and_watched(
    rubric_served: Rubric, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, Any] = {}
    config = uvicorn.Config

    def noted(app: Any, **options: Any) -> uvicorn.Config:
        told.update(options)
        return config(app, **options)

    monkeypatch.setattr(uvicorn, "Config", noted)
    run(rubric_served, Place(port=0))
    assert told["http"] is Patient
    assert told["limit_concurrency"] == Terms().max_waiting + 1024
