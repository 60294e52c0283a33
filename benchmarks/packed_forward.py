"""The packed forward against one call a criterion: same model, same samples, in one run.

    python benchmarks/packed_forward.py [--judge smollm2-135m] [--samples 4] [--criteria 8]

Each round times every mode once, in turn, so that a machine that slows down slows them all; the
table gives medians. One call a criterion is timed on the first sample alone: it is that slow. The
share of the matrix rate is 2 x (layers' parameters x tokens + vocabulary's x verdicts) / time over
the rate of a large matrix product measured in between.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
import transformers

from rlaif.authoring.judge_file import load_judge
from rlaif.judging.model_loading import load_model
from rlaif.judging.packed import (
    Row,
    batches_of,
    disagreement,
    forward_packed,
    forward_plain,
    preamble_of,
)
from rlaif.ports import Decision, Prefix
from rlaif.records.backends import TransformersJudge

PREAMBLE, SAMPLE, CRITERION = 60, 200, 40
PLAIN = "one call a criterion"


def rows(samples: int, criteria: int, vocabulary: int) -> list[Row]:
    """Samples of about 200 tokens behind a preamble of 60, each with questions of 40 tokens."""
    draw = random.Random(0)  # noqa: S311 - no secret

    def ids(count: int) -> tuple[int, ...]:
        return tuple(draw.randrange(100, vocabulary) for _ in range(count))

    preamble = ids(PREAMBLE)
    questions = [ids(CRITERION) for _ in range(criteria)]
    made = []
    for _ in range(samples):
        own = ids(draw.randint(SAMPLE - 20, SAMPLE + 20))
        prefix = Prefix((), preamble + own, head=PREAMBLE)
        made.append(Row(prefix.ids, tuple(_question(prefix, q) for q in questions)))
    return made


def _question(prefix: Prefix, ids: tuple[int, ...]) -> Decision:
    return Decision(
        number=0, prefix=prefix, question="", suffix_ids=ids, labels=(), label_ids=(), key="",
        criterion="", answers=(), best=0,
    )  # fmt: skip


def plainly(model: Any, work: Sequence[Row]) -> int:
    """One call a criterion: the tokens computed."""
    tokens = 0
    for row in work:
        for decision in row.decisions:
            ids = (*row.prefix, *decision.suffix_ids)
            forward_plain(model, ids)
            tokens += len(ids)
    return tokens


def packed(model: Any, work: Sequence[Row], most_tokens: int) -> int:
    """All criteria of a sample in one forward pass, the preamble once: the tokens computed."""
    preamble = preamble_of(model, work[0].head)
    tokens = PREAMBLE
    for batch in batches_of(work, most_tokens):
        forward_packed(model, batch, preamble)
        tokens += len(batch) * (max(row.tokens for row in batch) - PREAMBLE)
    return tokens


def timed(work: Callable[[], int], device: torch.device) -> tuple[float, int]:
    """Seconds, and the tokens computed."""
    began = time.perf_counter()
    tokens = work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began, tokens


def matrix_rate(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP/s of a large matrix product."""
    size = 8192 if device.type == "cuda" else 1536
    a = torch.randn(size, size, device=device, dtype=dtype)
    timed(lambda: len(a @ a), device)
    seconds = min(timed(lambda: len(a @ a), device)[0] for _ in range(5))
    return float(2 * size**3 / seconds)


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--judge", default="smollm2-135m")
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--criteria", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    judge = load_judge(options.judge)
    if not isinstance(judge.spec, TransformersJudge):
        raise SystemExit(f"{options.judge} is not a judge that transformers runs")
    model = load_model(judge.spec, judge.folder).model
    device, dtype = next(model.parameters()).device, model.dtype
    work = rows(options.samples, options.criteria, model.config.vocab_size)
    parameters = sum(p.numel() for p in model.parameters())
    vocabulary = model.get_output_embeddings().weight.numel()
    one = work[0].tokens
    modes: dict[str, Callable[[], int]] = {PLAIN: lambda: plainly(model, work[:1])}
    verdicts = {PLAIN: options.criteria}
    for count in sorted({1, 2, options.samples}):
        name = f"packed, {count} samples a forward"
        verdicts[name] = options.criteria * options.samples
        modes[name] = (
            lambda most=count * (one + 30): packed(model, work, most)  # type: ignore[misc]
        )
    seconds: dict[str, list[float]] = {name: [] for name in modes}
    tokens: dict[str, int] = {}
    rates = []
    packed(model, work[:1], one)  # warm
    for _ in range(options.rounds):
        rates.append(matrix_rate(device, dtype))
        for name, mode in modes.items():
            took, tokens[name] = timed(mode, device)
            seconds[name].append(took)
    rate = statistics.median(rates)
    base = verdicts[PLAIN] / statistics.median(seconds[PLAIN])
    off = disagreement(model, work[:2], preamble_of(model, work[0].head))
    print(
        f"{judge.spec.model}, {parameters / 1e6:.0f}M parameters, {dtype} on {device}, "
        f"{torch.get_num_threads()} threads; torch {torch.__version__}, "
        f"transformers {transformers.__version__}"
    )
    print(
        f"{options.samples} samples of {PREAMBLE}+{SAMPLE} tokens x {options.criteria} criteria of "
        f"{CRITERION}; matrix rate {rate / 1e9:,.0f} GFLOP/s; "
        f"packed logits off by {off:.1e}"
    )
    print(f"{'mode':30} {'verdicts/s':>10} {'times':>6} {'tokens each':>11} {'of matrix rate':>15}")
    for name, all_took in seconds.items():
        took = statistics.median(all_took)
        layers = (parameters - vocabulary) * tokens[name]
        share = 2 * (layers + vocabulary * verdicts[name]) / took / rate
        speed, each = verdicts[name] / took, tokens[name] / verdicts[name]
        print(f"{name:30} {speed:10.1f} {speed / base:6.2f} {each:11.1f} {share:15.0%}")


if __name__ == "__main__":
    main()
