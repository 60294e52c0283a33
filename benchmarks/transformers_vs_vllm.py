"""The same questions through transformers and through vLLM, on this machine.

    python benchmarks/transformers_vs_vllm.py [--samples 12] [--criteria 8] [--rounds 3]

SmolLM2-135M, whose weights a Python package ships, sample first in both. One backend is loaded
after the other, and each round asks what no earlier one asked; the table gives medians.
"""

# mypy: disable-error-code="import-not-found"
# the neighbour is found when this is run

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from dataclasses import replace
from importlib.metadata import version

import orjson
from judge_work import Shape, Took, answered, questions
from prefix import judge_of

from rlaif.authoring.judge_file import load_judge
from rlaif.records.judge import Judge
from rlaif.runs.backends import backend_of


async def measured(judge: Judge, shape: Shape, rounds: int) -> tuple[float, list[Took], str]:
    """Seconds of the start, what each round took, and what the backend says of itself."""
    backend = backend_of(judge)
    files = backend.tokenizer()
    if files is None:
        raise SystemExit("no tokenizer")
    vocabulary = min(len(orjson.loads(files.tokenizer_json)["model"]["vocab"]), 40_000)
    began = time.perf_counter()
    await backend.start()
    start = time.perf_counter() - began
    try:
        warm = questions(replace(shape, samples=2), "sample first", vocabulary, 10_000)
        await answered(backend, warm)
        took = [
            await answered(backend, questions(shape, "sample first", vocabulary, one))
            for one in range(rounds)
        ]
    finally:
        await backend.aclose()
    return start, took, "; ".join(backend.notes)


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=12)
    parser.add_argument("--criteria", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    shape = Shape(options.samples, options.criteria)
    judges = {"transformers": load_judge("smollm2-135m"), "vllm": judge_of(None)}
    found = {name: asyncio.run(measured(j, shape, options.rounds)) for name, j in judges.items()}
    print(f"transformers {version('transformers')}, torch {version('torch')}")
    for name, (_, _, notes) in found.items():
        print(f"{name}: {notes}")
    print(
        f"{shape.samples} samples of {shape.preamble}+{shape.sample} tokens x {shape.criteria} "
        f"criteria of {shape.criterion}"
    )
    base = statistics.median(one.rate for one in found["vllm"][1])
    print(f"{'backend':14} {'start s':>8} {'verdicts/s':>10} {'times':>6} {'computed each':>13}")
    for name, (start, took, _) in found.items():
        speed = statistics.median(one.rate for one in took)
        computed = statistics.median(one.computed / one.verdicts for one in took)
        print(f"{name:14} {start:8.1f} {speed:10.1f} {speed / base:6.2f} {computed:13.1f}")


if __name__ == "__main__":
    main()
