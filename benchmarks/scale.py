"""What a large job takes: time, memory and bytes on disk at 10,000, 100,000 and 1,000,000 samples.

    python benchmarks/scale.py [--sizes 10000,100000] [--keep FOLDER]

Five questions a sample to the scripted judge `scripted-hash`, which costs nothing, so that what is
measured is rlaif itself. Every step is a process of its own: grade; the same command again, when
all is graded; export. Memory is the largest resident set of the process (getrusage). What should
hold, whatever the machine: the memory of the largest size is at most 1.2 times that of the
smallest, the time a sample stays the same, and resuming a finished million takes under 20 s.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

CRITERIA = 5
SIZES = "10000,100000,1000000"

RUBRIC = """\
rubric: scale
title: Five questions
version: 1.0.0
criteria:
- {id: correct, ask: Is the answer correct and complete?}
- {id: clear, ask: Is the answer clearly written?}
- {id: steps, ask: Does the answer show its steps?}
- {id: polite, ask: Is the answer polite in its tone?}
- {id: invented, ask: Does the answer state invented facts?, weight: -1}
"""

STEP = """\
import resource, sys
from rlaif.cli import main
try:
    main(sys.argv[1:])
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


@dataclass(frozen=True)
class Took:
    """What one process took."""

    seconds: float
    megabytes: float


def write_samples(path: Path, count: int) -> None:
    """Completions of 40 words, eight to a prompt."""
    draw = random.Random(1)  # noqa: S311 - text, not a secret
    words = [f"w{i}" for i in range(500)]
    with path.open("w") as out:
        for i in range(count):
            row = {
                "sample_id": f"s{i}",
                "prompt": f"Question {i // 8}: what is {i // 8} + 1?",
                "completion": " ".join(draw.choices(words, k=40)),
                "policy": f"p{i % 3}",
                "group_id": f"g{i // 8}",
            }
            out.write(json.dumps(row) + "\n")


def step(*arguments: str) -> Took:
    """Run one command of rlaif in a process of its own."""
    environment = {**os.environ, "RLAIF_VERDICT_CACHE": "off"}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", STEP, *arguments], capture_output=True, text=True, env=environment
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return Took(seconds, int(done.stderr.split()[-1]) / 1024)


def bytes_below(folder: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measured(folder: Path, count: int) -> tuple[Took, Took]:
    """Grade, resume and export so many samples, and print what it took: grading and resuming."""
    samples, rubric, run = folder / "samples.jsonl", folder / "rubric.yaml", folder / "run"
    write_samples(samples, count)
    rubric.write_text(RUBRIC)
    order = ("grade", str(rubric), str(samples), "--judge", "scripted-hash", "--out", str(run))
    graded, resumed = step(*order), step(*order)
    exported = step("export", str(run), "--format", "parquet", "--out", str(folder / "out.parquet"))
    print(
        f"{count:>9,} samples: {count / graded.seconds:6,.0f} samples/s "
        f"({count * CRITERIA / graded.seconds:6,.0f} verdicts/s) in {graded.megabytes:,.0f} MB; "
        f"again {resumed.seconds:.1f} s in {resumed.megabytes:,.0f} MB; "
        f"export {exported.seconds:.1f} s in {exported.megabytes:,.0f} MB; "
        f"{bytes_below(run) / 1e6:,.1f} MB on disk, the input {samples.stat().st_size / 1e6:,.1f}",
        flush=True,
    )
    return graded, resumed


def main() -> None:
    """Measure each size and compare them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=SIZES, help=f"samples, by commas ({SIZES})")
    parser.add_argument("--keep", type=Path, help="folder to work in, and to leave as it is then")
    given = parser.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    found = {}
    for size in sizes:
        folder = given.keep / str(size) if given.keep else Path(tempfile.mkdtemp(prefix="scale-"))
        folder.mkdir(parents=True, exist_ok=True)
        try:
            found[size] = measured(folder, size)
        finally:
            if not given.keep:
                shutil.rmtree(folder)
    (small, _), (large, resumed) = found[min(sizes)], found[max(sizes)]
    longer = (large.seconds / max(sizes)) / (small.seconds / min(sizes))
    print(
        f"the largest against the smallest: {large.megabytes / small.megabytes:.2f} times the "
        f"memory, {longer:.2f} times the time a sample; again in {resumed.seconds:.1f} s"
    )


if __name__ == "__main__":
    main()
