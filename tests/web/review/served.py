"""`rlaif review` as a process, and browsers at it.

Screenshots lie in the folder that RLAIF_SCREENSHOTS names, where there is one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import orjson
import pytest

CHROMIUM = shutil.which("chromium")
PROGRAM = str(Path(sys.executable).with_name("rlaif"))
RUBRIC = """\
rubric: advice
version: 1.0.0
title: Advice to a patient
criteria:
  - id: followable
    ask: Could the patient follow the advice at home without asking again?
    guidance: Every step names what to do, how much, and for how long.
    weight: 3
  - id: safe
    ask: Does the advice name the signs at which the patient must see a doctor?
  - id: tone
    ask: How does the completion speak to the patient?
    levels: [cold, neutral, warm]
"""
EVIL = (
    "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    "</textarea></div></form></main><style>body{display:none}</style>"
    '<form action="/undo" method="post"><button>free</button></form>'
    '<base href="//evil.example"> \u202egpj.exe\u202c zero\u200bwidth {{ 7*7 }} \x1b[31m'
)
TEXTS = (
    "Rest for two days and drink plenty. If the fever lasts longer than three days, see a doctor.",
    "Sleep.\n\nTea with honey, three cups a day.\nCall at once if you find it hard to breathe.",
    "As I said when we met last week, your blood pressure is fine.",
    EVIL,
    "Take it easy.",
    "A" * 300_000,
)


class Server:
    """`rlaif review` as a process, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.start(0)

    def start(self, port: int) -> None:
        given = ("--rubric", "mine.yaml", "--judge", "scripted-hash", "--port", str(port))
        self.process = subprocess.Popen(
            [PROGRAM, "review", "run", *given],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("http://"):
                self.url = line.strip()
                break
        with urlopen(f"{self.url}/hello") as answer:  # noqa: S310 - our own server
            assert answer.status == 200

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def start_again(self) -> None:
        self.start(int(self.url.rpartition(":")[2]))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("review")
    rows = [
        {"sample_id": f"s{n}", "prompt": "A sore throat: what to do?", "completion": text}
        for n, text in enumerate(TEXTS)
    ]
    (folder / "samples.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    for name in ("rubric.yaml", "mine.yaml"):
        (folder / name).write_text(RUBRIC)
    grade = ("grade", "rubric.yaml", "samples.jsonl", "-j", "scripted-hash", "-o", "run")
    subprocess.run([PROGRAM, *grade], cwd=folder, check=True, capture_output=True)
    server = Server(folder)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


Enter = Callable[..., Any]


@pytest.fixture
def enter(server: Server, browser: Any) -> Iterator[Enter]:
    """`enter("Ana")`: the page of a browser of her own, at the queue. Nothing went wrong on it."""
    contexts, told = [], list[str]()

    def come(name: str, **look: Any) -> Any:
        context = browser.new_context(**look)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: told.append(str(error)))
        page.goto(server.url)
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        page.wait_for_selector("#rows")
        return page

    yield come
    for context in contexts:
        context.close()
    assert told == []


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def saved(page: Any, words: str) -> None:
    page.wait_for_function(
        "words => document.getElementById('told').textContent.includes(words)", arg=words
    )


def chosen(page: Any) -> list[str]:
    """The answers on a sample's page that are given."""
    found = page.query_selector_all(".card [aria-pressed=true] .words")
    return [one.inner_text() for one in found]


def shot(page: Any, name: str) -> None:
    if folder := os.environ.get("RLAIF_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/review-{name}.png")
