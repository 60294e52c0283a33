"""What a verdict costs besides the model: rlaif and two peers against one server of no latency.

    python benchmarks/overhead.py [--samples 1000] [--concurrency 16] [--skip-peers]

The server (overhead_server.py) runs in a process of its own, and so does every client, which warms
up on 20 samples and is then timed over all of them, its start and rlaif's look at the server
included. CPU is the client's process time; beside it stands what it is without the start, which is
what one sample takes by itself. Samples, criteria and requests under way are the same;
each client asks with its own prompts, in its own way. The peers are installed into a virtual
environment that is kept in the cache folder; none of them touches this one.

The second table has a server that takes 20 ms for every request. The limit is then concurrency /
0.02 requests a second, and the share is what the client came to of it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rlaif.authoring.judge_file import load_judge
from rlaif.cache_folder import cache_folder
from rlaif.judging.weights import find_weights
from rlaif.records.backends import Loaded

HERE = Path(__file__).parent
PEERS = ("autorubric==1.6.1", "rubric==2.2.0", "openai")
LATENCY_S = 0.02
Row = tuple[str, Path, str, dict[str, Any]]
RLAIF = "rlaif, token ids"
EACH, ONE = "autorubric, a call a criterion", "autorubric, a call a sample"
AIMS = f"""aims: {RLAIF} 25 times the verdicts/s of '{EACH}', 5 times '{ONE}',
at most 0.15 ms of CPU a verdict; above 90% of the limit with latency"""


@contextmanager
def serving(tokenizer: Path, latency_s: float) -> Iterator[str]:
    """The server's address while it runs."""
    command: list[str | Path] = [
        sys.executable,
        HERE / "overhead_server.py",
        tokenizer,
        str(latency_s),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout  # noqa: S101 - it is a pipe
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def requests_at(server: str) -> int:
    """Requests since this was last asked."""
    with urllib.request.urlopen(f"{server}/asked") as reply:  # noqa: S310 - our own server
        return int(reply.read())


def peers_python() -> Path:
    """A Python that has the peers; it is made where there is none."""
    folder = cache_folder() / "benchmarks" / "-".join(PEERS).replace("==", "-")
    python = folder / "bin" / "python"
    if not (folder / "ready").is_file():
        print("installing the peers (once, some minutes)", file=sys.stderr)
        _run([sys.executable, "-m", "venv", "--clear", folder])
        _run([python, "-m", "pip", "install", "--quiet", *PEERS])
        (folder / "ready").touch()
    return python


def _run(command: list[Any]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} {command[1]} {command[2]} failed:\n{done.stderr[-2000:]}")


def measured(row: Row, job: dict[str, Any], server: str) -> dict[str, Any]:
    """What one client took; `requests` counts those of its warming up too."""
    _, python, script, more = row
    requests_at(server)
    done = subprocess.run(
        [python, HERE / script],
        input=json.dumps({**job, **more, "url": f"{server}/v1"}),
        capture_output=True, text=True, check=False,
        env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{row[0]} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    # about as many a sample before as in what is timed
    share = job["samples"] / (job["samples"] + 21)
    return {**found, "requests": requests_at(server) * share}


def rows(skip_peers: bool) -> list[Row]:
    """The clients, rlaif first."""
    own = Path(sys.executable)
    found: list[Row] = [
        (RLAIF, own, "overhead_rlaif.py", {"api": "completions"}),
        ("rlaif, chat, a call a criterion", own, "overhead_rlaif.py", {"api": "chat"}),
    ]
    if not skip_peers:
        peers = peers_python()
        for name, calls in ((EACH, "per_criterion"), (ONE, "per_item")):
            more = {"package": "autorubric", "llm_calls": calls}
            found.append((name, peers, "overhead_peers.py", more))
        found.append(
            ("rubric, a call a criterion", peers, "overhead_peers.py", {"package": "rubric"})
        )
    return found


def table(found: dict[str, dict[str, Any]], job: dict[str, Any], latency_s: float) -> None:
    """Print what all clients took against one server."""
    told = f"{latency_s * 1000:.0f} ms a request" if latency_s else "no latency"
    print(f"\nserver: {told}")
    last = "of the limit" if latency_s else "rlaif is faster"
    heads = f"{'client':34} {'s':>7} {'verdicts/s':>10} {'CPU ms each':>11} {'after start':>11}"
    print(f"{heads} {'requests':>8} {last:>15}")
    first = found[RLAIF]["verdicts"] / found[RLAIF]["seconds"]
    for name, one in found.items():
        speed = one["verdicts"] / one["seconds"]
        cpu = 1000 * one["cpu_s"] / one["verdicts"]
        later = 1000 * (one["cpu_s"] - one["start_cpu_s"]) / one["verdicts"]
        share = one["requests"] / one["seconds"] * latency_s / job["concurrency"]
        figure = f"{share:15.0%}" if latency_s else f"{first / speed:14.1f}x"
        print(
            f"{name:34} {one['seconds']:7.2f} {speed:10,.0f} {cpu:11.3f} {later:11.3f} "
            f"{one['requests']:8,.0f} {figure}"
        )


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--skip-peers", action="store_true")
    options = parser.parse_args()
    spec = load_judge("smollm2-135m").spec
    if not isinstance(spec, Loaded):
        raise SystemExit("the judge smollm2-135m has no tokenizer of its own")
    source = Path(find_weights(spec, None).source)
    job = {
        "samples": options.samples,
        "concurrency": options.concurrency,
        "tokenizer": str(source),
    }
    print(
        f"{options.samples:,} samples of 200 words x 5 criteria, {options.concurrency} requests "
        f"under way; Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    clients = rows(options.skip_peers)
    for latency_s in (0.0, LATENCY_S):
        with serving(source / "tokenizer.json", latency_s) as server:
            found = {row[0]: measured(row, job, server) for row in clients}
        if not latency_s:
            versions = {row[0].partition(",")[0]: found[row[0]]["version"] for row in clients}
            print("; ".join(f"{name} {version}" for name, version in versions.items()))
        table(found, job, latency_s)
    print(f"\n{AIMS}")


if __name__ == "__main__":
    main()
