"""How long the pages of `rlaif review` take on the server's side, with 10,000 samples in the queue.

    python benchmarks/review_pages.py [--samples 10000] [--words 300] [--rounds 50]

Requests go to the application in this process: no network and no browser is in the figures. What
should hold: every page under 100 ms (median and 95th percentile). The calls alone are measured by
benchmarks/review.py.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from review import (  # type: ignore[import-not-found]  # beside this file, as in `python benchmarks/...`
    RUBRIC,
    label,
    write_samples,
)

from rlaif.runs.review import open_review
from rlaif.web.review.app import review_app
from rlaif.web.review.desk import Desk

Ask = Callable[[int], Awaitable[httpx.Response]]


async def timed(ask: Ask, rounds: int) -> tuple[float, float, float]:
    """Milliseconds: of the first request, the median and the 95th percentile of the later ones."""
    took = []
    for place in range(rounds + 1):
        began = time.perf_counter()
        answer = await ask(place)
        took.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, answer.text  # noqa: S101 - a page of an error is quick
    first, *later = took
    later.sort()
    return first, later[len(later) // 2], later[int(0.95 * len(later))]


def asked(client: httpx.AsyncClient, samples: int, secret: str) -> dict[str, Ask]:
    """What is timed, by its name."""
    answer = {"secret": secret, "who": "ann", "criterion": "correct", "revision": "999999"}

    def send(place: int) -> Awaitable[httpx.Response]:
        said = {**answer, "answer": ("a:yes", "a:no")[place % 2]}
        number = 1 + (place * 37) % samples
        headers = {"HX-Request": "true"}
        return client.post(f"/sample/{number}/criterion", data=said, headers=headers)

    return {
        "queue": lambda _: client.get("/"),
        "queue, last rows": lambda _: client.get(f"/?first={samples - 50}"),
        "queue, a search": lambda _: client.get("/?words=kaa%20lob"),
        "sample": lambda place: client.get(f"/sample/{1 + (place * 37) % samples}"),
        "answer": send,
        "adjudicate": lambda _: client.get("/adjudicate"),
    }


async def measure(run: Path, samples: int, rounds: int) -> None:
    """Print one table."""
    review = open_review(run, note=print)
    for seed, annotator in enumerate(("ann", "bob")):
        label(review, annotator, 100, seed)
    app = review_app(Desk(review, "ann"))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8200") as client:
        page = (await client.get("/hello")).text
        secret = re.findall(r'name="secret" value="(\w+)"', page)[0]
        print(f"{'page':<18} {'first, ms':>10} {'median, ms':>11} {'p95, ms':>9}")
        for name, ask in asked(client, samples, secret).items():
            first, median, high = await timed(ask, rounds)
            print(f"{name:<18} {first:>10.1f} {median:>11.1f} {high:>9.1f}")
    review.close()


def main() -> None:
    """Grade a run by the scripted judge, and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--words", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run, source = Path(folder, "run"), Path(folder, "samples.jsonl")
        write_samples(source, given.samples, given.words)
        rubric = Path(folder, "reviewed.yaml")
        rubric.write_text(RUBRIC)
        command = ["grade", str(rubric), str(source), "--judge", "scripted-hash", "--out", str(run)]
        subprocess.run([sys.executable, "-m", "rlaif", *command, "--no-cache"], check=True)
        asyncio.run(measure(run, given.samples, given.rounds))


if __name__ == "__main__":
    main()
