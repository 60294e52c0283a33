"""How long each call of a review takes, on the server's side, with 10,000 samples in the queue.

    python benchmarks/review.py [--samples 10000] [--words 300] [--labelled 1000]

Six questions a sample to the scripted judge `scripted-hash`; prompts of some 40 words, completions
of `--words`. Two annotators have labelled `--labelled` samples before anything is timed, so that
queues, tallies and disputes are as in the middle of a review. What should hold, whatever the
machine: every call well under 20 ms (median and 95th percentile), as a page is to take 100 ms.
`answer` and `undo` wait for the disk (fsync), and are as quick as that is.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rlaif.ports import Reviewing
from rlaif.runs.review import open_review

RUBRIC = """\
rubric: reviewed
title: Six questions
version: 1.0.0
criteria:
- {id: correct, ask: Is the answer correct and complete?}
- {id: clear, ask: How clear is the answer?, levels: [bad, fair, good]}
- {id: steps, ask: Does the answer show its steps?}
- {id: polite, ask: Is the answer polite in its tone?}
- {id: unit, ask: Does the answer state its unit?, allow_na: true}
- {id: invented, ask: Does the answer state invented facts?, weight: -1}
"""
WORDS = [f"{a}{b}" for a in ("ka", "lo", "mi", "ne", "ru", "sto") for b in "abcdefghijklmnop"]


def write_samples(path: Path, count: int, words: int) -> None:
    """Four completions a prompt, of words by chance."""
    dice = random.Random(0)  # noqa: S311 - no secret
    with path.open("w") as out:
        for place in range(count):
            prompt = f"Question {place // 4}: " + " ".join(dice.choices(WORDS, k=40))
            text = " ".join(dice.choices(WORDS, k=words))
            row = {"sample_id": f"s{place}", "prompt": prompt, "completion": text}
            out.write(json.dumps(row) + "\n")


def label(review: Reviewing, annotator: str, count: int, seed: int) -> None:
    """Answer all criteria of the first samples by chance."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    for row in review.queue(annotator, most=1000)[:count]:
        item = review.item(row.number, annotator)
        for criterion in item.criteria:
            answer = dice.choice(criterion.answers)
            item = review.answer(item.number, annotator, criterion.id, answer, item.revision)


def timed(work: Callable[[int], object], rounds: int) -> tuple[float, float]:
    """Milliseconds, the median and the 95th percentile; `work` gets the number of the round."""
    took = []
    for place in range(rounds):
        began = time.perf_counter()
        work(place)
        took.append(1000 * (time.perf_counter() - began))
    took.sort()
    return statistics.median(took), took[int(0.95 * len(took))]


def calls(review: Reviewing, samples: int) -> dict[str, Callable[[int], object]]:
    """What is timed, by its name."""
    dice = random.Random(1)  # noqa: S311 - no secret
    numbers = [dice.randrange(samples) for _ in range(1000)]
    revision = 1_000_000

    def answer(place: int) -> object:
        says = ("yes", "no")[place % 2]
        return review.answer(numbers[place], "ann", "correct", says, revision)

    return {
        "queue, first page": lambda _: review.queue("ann"),
        "queue, last page": lambda _: review.queue("ann", first=samples - 50),
        "queue, open ones": lambda _: review.queue("ann", "open"),
        "queue, disputed ones": lambda _: review.queue("ann", "disputed"),
        "queue, a word": lambda i: review.queue("ann", words=WORDS[i % len(WORDS)]),
        "queue, three words": lambda _: review.queue("ann", words="question 17: kaa lob"),
        "queue, two letters": lambda _: review.queue("ann", words="zz"),
        "item": lambda i: review.item(numbers[i], "ann"),
        "after": lambda i: review.after(numbers[i], "ann"),
        "progress": lambda _: review.progress("ann"),
        "disputes": lambda _: review.disputes("ann", most=10),
        "answer": answer,
        "comment": lambda i: review.comment(numbers[i], "ann", f"note {i}", revision),
        "undo": lambda _: review.undo("ann"),
    }


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--words", type=int, default=300)
    parser.add_argument("--labelled", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run, source = Path(folder, "run"), Path(folder, "samples.jsonl")
        write_samples(source, given.samples, given.words)
        rubric = Path(folder, "reviewed.yaml")
        rubric.write_text(RUBRIC)
        command = ["grade", str(rubric), str(source), "--judge", "scripted-hash", "--out", str(run)]
        subprocess.run([sys.executable, "-m", "rlaif", *command, "--no-cache"], check=True)
        began = time.perf_counter()
        review = open_review(run, note=print)
        print(f"built in {time.perf_counter() - began:.1f} s")
        size = (run / "review.sqlite").stat().st_size + (run / "review.sqlite-wal").stat().st_size
        print(f"{size / 2**20:.0f} MiB on disk")
        began = time.perf_counter()
        for seed, annotator in enumerate(("ann", "bob")):
            label(review, annotator, given.labelled, seed)
        took = (time.perf_counter() - began) / (given.labelled * 12)
        print(f"labelled {2 * given.labelled:,} samples: {1000 * took:.1f} ms an answer")
        print(f"{'call':<22} {'median, ms':>10} {'p95, ms':>8}")
        for name, work in calls(review, given.samples).items():
            median, p95 = timed(work, given.rounds)
            print(f"{name:<22} {median:>10.2f} {p95:>8.2f}")
        review.close()
        began = time.perf_counter()
        open_review(run).close()
        print(f"opened again, ranked anew by the labels, in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
