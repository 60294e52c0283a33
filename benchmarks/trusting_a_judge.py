"""What do corrections make of a judge? Few-shot, calibration and fine-tuning, measured alike.

    python benchmarks/trusting_a_judge.py ../shared/data/gsm8k_samples.jsonl -o OUT

SmolLM2-135M is asked one question that a program could answer (docs/examples/right-number): whether
a solution ends in the reference's number. What is known of each sample is given to the review app's
own store as the corrections of one expert. Half of the prompts teach, by rlaif's own commands; the
other half measures every judge, and teaches none. OUT keeps everything, and the same command goes
on where it ended.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from rlaif.agreement.splitting import fitting_part, prompt_key
from rlaif.records.sample import Sample
from rlaif.runs.review import open_review

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "right-number"
JUDGE = "smollm2-135m"
SHARE, SEED = 0.5, 0
_FIGURES = ("accuracy", "kappa", "sensitivity", "specificity", "brier", "ece")


def rlaif(*given: object, may: Sequence[int] = (0,)) -> None:
    """Run one command. Raises: SystemExit where it fails."""
    print("$ rlaif", *given, flush=True)
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "rlaif", *map(str, given)], check=False)
    print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    if done.returncode not in may:
        raise SystemExit(done.returncode)


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Put rows into a file of JSON lines."""
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def prepared(data: Path, out: Path) -> tuple[Path, Path, dict[str, str]]:
    """All samples, those held out, and the right answer by sample id."""
    rows, known = [], {}
    for row in read(data):
        reference = row["reference"].strip().splitlines()[-1]
        rows.append({**row, "reference": reference})
        known[row["sample_id"]] = "yes" if row["metadata"]["is_correct"] else "no"
    aside = [row for row in rows if not teaches(row)]
    return write(out / "samples.jsonl", rows), write(out / "held-out.jsonl", aside), known


def teaches(row: dict[str, Any]) -> bool:
    """Whether the prompt of a sample is in the part that teaches."""
    return fitting_part(prompt_key(Sample.model_validate(row)), SEED, SHARE)


def corrected(run: Path, known: dict[str, str]) -> Path:
    """The expert's corrections of every sample of the run, by way of the review app's store."""
    out = run.parent / "corrections.jsonl"
    if not out.exists():
        review = open_review(run)
        try:
            rows = review.queue("expert", most=len(known))
            for row in rows:
                item = review.item(row.number, "expert")
                label = known[item.sample.sample_id]
                review.answer(row.number, "expert", "right", label, item.revision)
        finally:
            review.close()
        rlaif("corrections", "list", run)
        rlaif("corrections", "export", run, "--as", "jsonl", "-o", out, *aside())
    return out.with_name("corrections.held-out.jsonl")


def aside() -> list[object]:
    """The options that keep the other half aside."""
    return ["--held-out", 1 - SHARE, "--seed", SEED]


def agreement(run: Path, labels: Path) -> dict[str, Any]:
    """The figures of one criterion."""
    out = run.parent / f"{run.name}.agree.json"
    rlaif("agree", run, labels, "--format", "json", "-o", out)
    found = orjson.loads(out.read_bytes())
    return next(one for one in found["criteria"] if one["criterion"] == "right")


def calibrated(out: Path, run: Path) -> Path | None:
    """The run scored again, unasked, by its judge with a calibration; None where none helps."""
    judge = out / "calibrated.yaml"
    labels = out / "all.jsonl"
    parts = ("corrections.jsonl", "corrections.held-out.jsonl")
    labels.write_bytes(b"".join((out / part).read_bytes() for part in parts))
    if not judge.exists():
        rlaif("calibrate", run, labels, "-o", judge, "--share", SHARE, "--seed", SEED, may=(0, 1))
        if not judge.exists():
            return None
        shutil.copytree(run, out / "run-calibrated")
        (out / "run-calibrated" / "review.sqlite").unlink(missing_ok=True)
    again = out / "run-calibrated"
    rlaif("grade", EXAMPLE / "rubric.yaml", out / "samples.jsonl", "--judge", judge, "-o", again)
    return again


def few_shot(out: Path, run: Path, held_out: Path) -> Path:
    """The held-out samples graded with examples that corrections gave."""
    rubric = out / "few-shot.yaml"
    if not rubric.exists():
        shutil.copy(EXAMPLE / "rubric.yaml", rubric)
        rlaif(
            "corrections", "export", run, "--as", "rubric-examples", "--teach", "--per-criterion",
            4, "--longest", 600, "--rubric", rubric, "--into", rubric, *aside(),
        )  # fmt: skip
    again = out / "run-few-shot"
    rlaif("grade", rubric, held_out, "--judge", JUDGE, "-o", again, may=(0, 1))
    return again


def tuned(out: Path, run: Path, held_out: Path) -> Path:
    """The held-out samples graded by the judge that was fine-tuned on corrections."""
    rows = out / "judge-sft.jsonl"
    if not rows.exists():
        rlaif(
            "corrections", "export", run, "--as", "judge-sft", "--rubric", EXAMPLE / "rubric.yaml",
            "--judge", JUDGE, "--balanced", "-o", rows, *aside(),
        )  # fmt: skip
    for name in ("sft.yaml", "tuned.yaml"):
        shutil.copy(EXAMPLE / name, out / name)
    rlaif("train", "sft", out / "sft.yaml")
    again = out / "run-tuned"
    judge = out / "tuned.yaml"
    rlaif("grade", EXAMPLE / "rubric.yaml", held_out, "--judge", judge, "-o", again, may=(0, 1))
    return again


def told(figures: dict[str, Any], name: str) -> str:
    """One figure with its interval."""
    one = figures["figures"][name]
    if one["value"] is None:
        return "-"
    if one["low"] is None:
        return f"{one['value']:.2f}"
    return f"{one['value']:.2f} ({one['low']:.2f}-{one['high']:.2f})"


def main() -> None:
    """Read the command line, run every step, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args()
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    samples, held_out, known = prepared(given.data, out)
    run = out / "run"
    rlaif("grade", EXAMPLE / "rubric.yaml", samples, "--judge", JUDGE, "-o", run, may=(0, 1))
    labels = corrected(run, known)
    rows = {"as it is": agreement(run, labels)}
    if again := calibrated(out, run):
        rows["calibrated"] = agreement(again, labels)
    rows["fine-tuned"] = agreement(tuned(out, run, held_out), labels)
    rows["few-shot"] = agreement(few_shot(out, run, held_out), labels)
    print("| judge | labels |", " | ".join(_FIGURES), "|")
    print("|---|---|", "---|" * len(_FIGURES), sep="")
    for name, figures in rows.items():
        cells = " | ".join(told(figures, one) for one in _FIGURES)
        print(f"| {name} | {figures['rows']} | {cells} |")


if __name__ == "__main__":
    main()
