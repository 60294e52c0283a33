"""How far a judge's probabilities move in bfloat16: against float32, and by what is batched.

    python benchmarks/drift.py [--judge smollm2-135m] [--samples 24]

The samples of docs/examples under a rubric of every kind of answer, through transformers: in
float32, in bfloat16 a sample at a time, and in bfloat16 with several samples a forward pass.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import rlaif
from rlaif.authoring.judge_file import load_judge
from rlaif.records.backends import TransformersJudge
from rlaif.records.judge import Judge
from rlaif.records.outcome import Verdict
from rlaif.records.rubric import Rubric
from rlaif.storage.samples import only_samples, read_rows

SAMPLES = Path(__file__).parent.parent / "docs/examples/worked-math.jsonl"
RUBRIC = Rubric.model_validate(
    {
        "rubric": "drift",
        "version": "1.0.0",
        "title": "Every kind of answer",
        "criteria": [
            {"id": "right", "ask": "Is the answer right?"},
            {"id": "steps", "ask": "Does it show its steps?", "allow_na": True},
            {"id": "clear", "ask": "How clear is it?", "levels": ["muddled", "fair", "clear"]},
            {
                "id": "tone",
                "ask": "Which tone has it?",
                "choices": [{"warm": {"points": 1}}, "cold"],
            },
        ],
    }
)
Found = dict[tuple[str, str], tuple[float, ...]]


def asked(judge: Judge, samples: list[rlaif.Sample], **more: Any) -> Found:
    """The distribution of every question, by sample and criterion."""
    spec = judge.own.model_copy(update={**more, "min_label_mass": 0.0})

    async def run() -> Found:
        found: Found = {}
        async for grade in rlaif.grade(samples, RUBRIC, replace(judge, spec=spec)):
            for one in grade.outcomes:
                if isinstance(one.outcome, Verdict):
                    found[grade.sample_id, one.criterion] = one.outcome.distribution
        return found

    return asyncio.run(run())


def row(name: str, one: Found, other: Found) -> str:
    """A line of the table: how far apart two ways of asking are."""
    both = [(one[key], other[key]) for key in one.keys() & other.keys()]
    apart = [max(abs(a - b) for a, b in zip(*pair, strict=True)) for pair in both]
    flips = [gap(a) for a, b in both if a.index(max(a)) != b.index(max(b))]
    nearest = f"{max(flips):.3f}" if flips else "-"
    return (
        f"{name:44} {len(both):9} {statistics.mean(apart):8.4f} {max(apart):8.4f} "
        f"{len(flips):6} {nearest:>12}"
    )


def gap(distribution: tuple[float, ...]) -> float:
    """How far the likeliest answer is ahead of the next."""
    first, second = sorted(distribution)[-1:-3:-1]
    return first - second


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--judge", default="smollm2-135m")
    parser.add_argument("--samples", type=int, default=24)
    options = parser.parse_args()
    judge = load_judge(options.judge)
    if not isinstance(judge.spec, TransformersJudge):
        raise SystemExit(f"{options.judge} is not a judge that transformers runs")
    samples = list(only_samples(read_rows(str(SAMPLES), {}, options.samples)))
    exact = asked(judge, samples, dtype="float32")
    alone = asked(judge, samples, dtype="bfloat16", batch_tokens=1)
    batched = asked(judge, samples, dtype="bfloat16", batch_tokens=8192)
    print(f"{judge.own.model}; transformers {version('transformers')}, torch {version('torch')}")
    print(f"{'':44} {'questions':>9} {'mean':>8} {'largest':>8} {'flips':>6} {'of gap up to':>12}")
    print(row("bfloat16 against float32", exact, alone))
    print(row("bfloat16, several samples a pass against one", alone, batched))


if __name__ == "__main__":
    main()
