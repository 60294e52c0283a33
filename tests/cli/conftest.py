"""The commands, run as `rlaif` runs them, and small things to run them on."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.cli import main

PROGRAM = str(Path(sys.executable).with_name("rlaif"))

RUBRIC = """\
rubric: greeting
version: 1.0.0
title: A greeting to somebody new
criteria:
  - id: says-hello
    check: contains
    text: hello
    gate: true
  - id: kind
    ask: Is the greeting kind to the reader?
    weight: 2
  - id: warm
    ask: How warm is the greeting as a whole?
    levels: [cold, mild, warm]
  - id: flatters
    ask: Does the greeting flatter the reader?
    weight: -1
examples:
  - prompt: Greet her.
    completion: Well, hello there, nice to see you.
    expect: {says-hello: yes, kind: yes, warm: warm, flatters: no}
  - prompt: Greet her.
    completion: Go away, would you?
    expect: {says-hello: no, kind: no, warm: cold, flatters: no}
"""
COMPLETIONS = (
    "hello, my dear friend, how are you today?",
    "Good evening to you.",
    "hello there, nice to meet you at last",
    "hello you, and goodbye",
)


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.out.splitlines()]


Rlaif = Callable[..., Ran]
Program = Callable[..., Ran]


def sample(number: int, **more: Any) -> dict[str, Any]:
    text = f"{COMPLETIONS[number % len(COMPLETIONS)]} ({number})"
    return {"sample_id": f"s{number}", "prompt": "Greet her.", "completion": text, **more}


def write_samples(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def scripted(path: Path, **more: Any) -> Path:
    """A judge file of the fake judge, with other parameters."""
    stated = {"judge": path.stem, "version": "1.0.0", "backend": "scripted", "answers": "hash"}
    path.write_bytes(orjson.dumps({**stated, **more}))
    return path


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """What a command that was interrupted no longer hears, the tests hear again."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def rlaif(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Rlaif:
    """`rlaif("lint", path)`: the command in this process; no traceback, whatever happens."""

    def run(*arguments: object, stdin: bytes = b"") -> Ran:
        given = io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin)))
        monkeypatch.setattr(sys, "stdin", given)
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(a) for a in arguments])
        printed = capsys.readouterr()
        status = left.value.code
        assert isinstance(status, int)
        return Ran(status, printed.out, printed.err)

    return run


@pytest.fixture
def program() -> Program:
    """The installed program, in a process of its own."""

    def run(*arguments: object, cwd: Path | None = None, **env: str) -> Ran:
        done = subprocess.run(
            [PROGRAM, *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=cwd,
            env={**os.environ, **env},
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test works in a folder of its own: rubric.yaml and samples.jsonl lie there."""
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    Path("rubric.yaml").write_text(RUBRIC)
    write_samples(Path("samples.jsonl"), map(sample, range(8)))
