"""Does a policy learn from a rubric? GRPO and DPO on SmolLM2-135M, by rlaif's own commands.

    python benchmarks/learning.py grpo --seed 1 -o OUT
    python benchmarks/learning.py dpo --seed 1 -o OUT

The task is that of docs/examples/one-sentence: form and length, which a policy of 135 million
parameters can learn, and one question to a judge. Before and after the training the policy answers
the held-out prompts, twice each and by the same seed; both are graded by the rubric. Prints the two
means and the gain a prompt, with 95% intervals (bootstrap over the prompts), and the time; OUT
keeps everything, and the same command goes on where it ended.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import orjson

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "one-sentence"
JUDGE = "smollm2-135m"
POLICY = "smollm2-135m"
_DRAWS = 10_000


def rlaif(*given: object, may: Sequence[int] = (0,)) -> None:
    """Run one command. Raises: SystemExit where it fails."""
    command = [sys.executable, "-m", "rlaif", *map(str, given)]
    print("$ rlaif", *given, flush=True)
    done = subprocess.run(command, check=False)
    if done.returncode not in may:
        raise SystemExit(done.returncode)


def graded(policy: str, prompts: Path, per_prompt: int, seed: int, folder: Path) -> Path:
    """The run folder of a policy's graded completions of the prompts."""
    samples = folder / "samples.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    if not samples.exists():
        rlaif(
            "rollout", prompts, "--policy", policy, "--per-prompt", per_prompt, "--seed", seed,
            "--max-tokens", 32, "-o", samples,
        )  # fmt: skip
    rlaif("grade", EXAMPLE / "rubric.yaml", samples, "--judge", JUDGE, "-o", folder / "run")
    return folder / "run"


def by_prompt(run: Path) -> dict[str, list[float]]:
    """The scores of a run by the prompt that they answer."""
    out = run.parent / "grades.jsonl"
    rlaif("export", run, "--format", "jsonl", "-o", out)
    samples = {}
    for line in (run.parent / "samples.jsonl").read_bytes().splitlines():
        row = orjson.loads(line)
        samples[row["sample_id"]] = row["group_id"]
    found = defaultdict(list)
    for line in out.read_bytes().splitlines():
        row = orjson.loads(line)
        if row["score"] is not None:
            found[samples[row["sample_id"]]].append(row["score"])
    return found


def interval(values: Sequence[float], seed: int = 0) -> tuple[float, float, float]:
    """Mean of one value a prompt, and its 95% interval by bootstrap over the prompts."""
    draw = random.Random(seed)  # noqa: S311 - a bootstrap
    means = sorted(statistics.fmean(draw.choices(values, k=len(values))) for _ in range(_DRAWS))
    return statistics.fmean(values), means[int(0.025 * _DRAWS)], means[int(0.975 * _DRAWS)]


def configured(kind: str, seed: int, folder: Path, **paths: Path) -> Path:
    """The example's training file for this seed, with paths that hold from `folder`."""
    text = (EXAMPLE / f"{kind}.yaml").read_text()
    for name, path in {
        "output": folder / "trained",
        "rubric": EXAMPLE / "rubric.yaml",
        **paths,
    }.items():
        lines = [
            f"{name}: {path.resolve()}" if line.startswith(f"{name}:") else line
            for line in text.splitlines()
        ]
        text = "\n".join(lines) + "\n"
    made = folder / f"{kind}.yaml"
    made.write_text(text.replace("seed: 1\n", f"seed: {seed}\n"))
    return made


def trained(kind: str, seed: int, folder: Path) -> Path:
    """The folder of the trained model."""
    if kind == "grpo":
        config = configured(kind, seed, folder, data=EXAMPLE / "prompts.jsonl")
    else:
        run = graded(POLICY, EXAMPLE / "prompts.jsonl", 4, seed, folder / "own")
        pairs = folder / "pairs.jsonl"
        if not pairs.exists():
            rlaif("pairs", run, "-o", pairs, "--strategy", "margin", "--min-margin", 0.3,
                  "--max-per-prompt", 3)  # fmt: skip
        config = configured(kind, seed, folder, data=pairs)
    rlaif("train", kind, config)
    return folder / "trained" / "model"


def main() -> None:
    """Train once, and print what it did to the held-out prompts."""
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("kind", choices=["grpo", "dpo"])
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("-o", "--out", type=Path, required=True)
    asked = given.parse_args()
    folder = asked.out / f"{asked.kind}-{asked.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    held_out = EXAMPLE / "held-out.jsonl"
    before = by_prompt(graded(POLICY, held_out, 2, 7, asked.out / "before"))
    model = trained(asked.kind, asked.seed, folder)
    logged = (model.parent / "metrics.jsonl").read_bytes().splitlines()
    took = orjson.loads(logged[-1])["time_s"]
    after = by_prompt(graded(f"transformers:{model}", held_out, 2, 7, folder / "after"))
    both = [name for name in before if name in after]
    means = [[statistics.fmean(scores[name]) for name in both] for scores in (before, after)]
    gains = [late - early for early, late in zip(*means, strict=True)]
    print(f"{asked.kind}, seed {asked.seed}: {len(both)} held-out prompts, trained in {took:.0f} s")
    for name, values in (("before", means[0]), ("after", means[1]), ("gain", gains)):
        mean, low, high = interval(values)
        print(f"  {name:7}{mean:6.3f}  [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    main()
