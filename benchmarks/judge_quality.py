"""How often a judge prefers what people, or the truth, prefer: accuracy on two sets of pairs.

    python benchmarks/judge_quality.py [--judge smollm2-135m] [--limit 100] [--out FOLDER]
        [--human PATH] [--judgebench PATH]

Each pair is compared in both orders by one question, as `rlaif compare` does it. `both` is the
judge whose preference counts where both orders name the same side, `mean` the one whose mean
probability decides; `longer` prefers the completion with more characters and asks nobody. Pairs
that people called a tie are left out. Where the judge says tie, it is half right in the first
figure, and left out of the second, whose coverage is told. Intervals hold 95% of 2,000 bootstrap
samples of prompts, since pairs of one prompt are no independent trials. `same` is the share of
pairs on which both orders name the same answer. `--out` keeps the runs: started again, it asks only
what is missing. A set whose file is absent is skipped.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.rubric_file import read_rubric
from rlaif.grading.pair_combine import Rule, judged
from rlaif.records.criterion import Judged
from rlaif.records.identity import digest
from rlaif.records.judge import Judge
from rlaif.records.outcome import Verdict
from rlaif.records.pair import Answer, Pair
from rlaif.records.preference import PAIR_ANSWERS, Preference
from rlaif.runs.compare import PairOrder, compare_run
from rlaif.storage.pair_folder import PairFolder, open_pairs

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
RUBRIC = """\
rubric: better-answer
version: 1.0.0
title: The better answer
criteria:
  - id: better
    ask: Is this completion the better answer to the prompt?
"""
DRAWS = 2_000
RULES: tuple[Rule, Rule] = ("both", "mean")
_PACKAGES = ("torch", "transformers", "vllm", "aiohttp")


@dataclass(frozen=True, slots=True)
class Trial:
    """One pair with a preferred side, and how far a judge is right about it."""

    prompt: str
    """Hash of the prompt: the cluster."""
    right: float | None
    """1, 0, 0.5 for a tie, None where the judge failed."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its interval; nan without a trial."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """`0.612 [0.55, 0.67]`."""
        return f"{self.value:.3f} [{self.low:.2f}, {self.high:.2f}]"


def human_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of people's preferences, already in the form of pairs."""
    for row in _read(path):
        names = ("pair_id", "prompt", "completion_a", "completion_b", "human")
        yield {name: row[name] for name in names}


def judgebench_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows whose better side is known from the task's answer."""
    for row in _read(path):
        yield {
            "pair_id": row["pair_id"],
            "prompt": row["question"],
            "completion_a": row["response_A"],
            "completion_b": row["response_B"],
            "human": "a" if row["label"] == "A>B" else "b",
        }


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def compared(
    rows: Sequence[dict[str, Any]], judge: Judge, out: Path
) -> list[tuple[Pair, Preference | None]]:
    """Every pair with what the judge says of it."""
    out.mkdir(parents=True, exist_ok=True)
    source = out / "pairs.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    rubric = read_rubric("better-answer.yaml", RUBRIC).rubric
    assert rubric is not None  # noqa: S101 - it stands above
    order = PairOrder(rubric, RUBRIC, judge, str(source), out / "run")
    compare_run(order, _Notes(len(rows)))
    return list(open_pairs(out / "run").compared_pairs())


class _Notes:
    """What the job has to say, and how far it is, on standard error."""

    def __init__(self, pairs: int) -> None:
        self._pairs, self._done = pairs, 0

    def note(self, text: str) -> None:
        print(text, file=sys.stderr)

    def begin(self, pairs: int, done: int) -> None:
        self._pairs, self._done = pairs, done

    def compared(self, _: Preference) -> None:
        self._done += 1
        if self._done % 50 == 0:
            print(f"{self._done} of {self._pairs} pairs", file=sys.stderr)


def answer_by(preference: Preference | None, rule: Rule) -> Answer | None:
    """What the judge prefers by a rule, whatever its file says; None where it failed."""
    if preference is None or preference.status == "failed":
        return None
    outcomes = preference.criteria[0].outcomes if preference.criteria else ()
    if len(outcomes) == 2 and all(isinstance(outcome, Verdict) for outcome in outcomes):
        question = Judged(id="better", ask="Is it the better one?")
        return judged(question, (outcomes[0], outcomes[1]), rule).answer or "tie"
    return preference.answer or "tie"


def same_in_both_orders(preference: Preference | None) -> bool | None:
    """Whether both orders name the same answer; None where the judge was not asked, or failed."""
    outcomes = preference.criteria[0].outcomes if preference and preference.criteria else ()
    named = [o.distribution for o in outcomes if isinstance(o, Verdict)]
    if len(named) != 2:
        return None
    one, other = (distribution.index(max(distribution)) for distribution in named)
    return one == len(PAIR_ANSWERS) - 1 - other


def length_answer(pair: Pair) -> Answer:
    """The longer completion."""
    a, b = len(str(pair.completion_a)), len(str(pair.completion_b))
    return "tie" if a == b else "a" if a > b else "b"


def right(answer: Answer | None, human: Answer) -> float | None:
    """How far an answer is right where one side is known to be better."""
    if answer is None:
        return None
    return 0.5 if answer == "tie" else float(answer == human)


def clustered(trials: Sequence[Trial], figure: Callable[[Sequence[Trial]], float]) -> Share:
    """A figure with the interval of a bootstrap over prompts, the same every time."""
    by_prompt: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        by_prompt[trial.prompt].append(trial)
    clusters = list(by_prompt.values())
    if not clusters:
        return Share(float("nan"), float("nan"), float("nan"))
    draw = random.Random(0)  # noqa: S311 - no secret
    found = []
    for _ in range(DRAWS):
        drawn = draw.choices(clusters, k=len(clusters))
        value = figure([trial for cluster in drawn for trial in cluster])
        if value == value:
            found.append(value)
    if not found:
        return Share(figure(trials), float("nan"), float("nan"))
    found.sort()
    low, high = (found[min(len(found) - 1, int(q * len(found)))] for q in (0.025, 0.975))
    return Share(figure(trials), low, high)


def half_for_ties(trials: Sequence[Trial]) -> float:
    """Accuracy over what did not fail, a tie counting half."""
    known = [trial.right for trial in trials if trial.right is not None]
    return sum(known) / len(known) if known else float("nan")


def without_ties(trials: Sequence[Trial]) -> float:
    """Accuracy over what the judge decided."""
    return half_for_ties([trial for trial in trials if trial.right != 0.5])


def table_rows(name: str, pairs: Sequence[tuple[Pair, Preference | None]]) -> Iterator[list[str]]:
    """The lines of one set: both rules, and the length alone."""
    decided = [(pair, found) for pair, found in pairs if pair.human in ("a", "b")]
    orders = [alike for _, p in pairs if (alike := same_in_both_orders(p)) is not None]
    same = f"{sum(orders) / len(orders):.3f} of {len(orders)}" if orders else "-"
    ways: list[tuple[str, list[Answer | None]]] = [
        (rule, [answer_by(preference, rule) for _, preference in decided]) for rule in RULES
    ]
    ways.append(("longer", [length_answer(pair) for pair, _ in decided]))
    for way, answers in ways:
        trials = [
            Trial(digest(str(pair.prompt)), right(answer, pair.human))
            for (pair, _), answer in zip(decided, answers, strict=True)
            if pair.human
        ]
        failed = sum(trial.right is None for trial in trials)
        ties = sum(trial.right == 0.5 for trial in trials)
        yield [
            name,
            way,
            str(len(trials)),
            str(failed),
            str(ties),
            str(clustered(trials, half_for_ties)),
            str(clustered(trials, without_ties)),
            "" if way == "longer" else same,
        ]


def failures(pairs: Sequence[tuple[Pair, Preference | None]]) -> str:
    """Why pairs failed, and how many the prescreen decided."""
    stages: Counter[str] = Counter()
    for _, preference in pairs:
        if preference is None:
            stages["not compared"] += 1
        elif preference.status == "failed":
            stage = next((c.failure.stage for c in preference.criteria if c.failure), "unknown")
            stages[f"failed: {stage}"] += 1
        elif preference.reason:
            stages[preference.reason] += 1
    return ", ".join(f"{count} {what}" for what, count in stages.most_common()) or "none"


def versions(judge: Judge, run: PairFolder) -> str:
    """What was measured, and with what."""
    known = run.manifest.judge
    packages = []
    for name in ("rlaif", *_PACKAGES):
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    served = f", {known.served}" if known else ""
    return f"{judge.name}{served}; {', '.join(packages)}; Python {platform.python_version()}"


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--judge", default="smollm2-135m")
    parser.add_argument("--human", type=Path, default=DATA / "human_pairs.jsonl")
    parser.add_argument("--judgebench", type=Path, default=DATA / "judgebench_pairs.jsonl")
    parser.add_argument("--limit", type=int, help="only the first N pairs of each set")
    parser.add_argument("--out", type=Path, help="keep the runs in this folder")
    options = parser.parse_args()
    judge = load_judge(options.judge)
    sets = {
        "human": (options.human, human_rows),
        "judgebench": (options.judgebench, judgebench_rows),
    }
    columns = ("set", "by", "pairs", "failed", "ties", "ties half", "ties left out", "same")
    table = Table(*columns, box=None, pad_edge=False)
    lines = []
    with tempfile.TemporaryDirectory() as temporary:
        for name, (path, rows_of) in sets.items():
            if not path.is_file():
                print(f"{name}: skipped, there is no file {path}", file=sys.stderr)
                continue
            rows = list(rows_of(path))[: options.limit]
            out = (options.out or Path(temporary)) / name
            pairs = compared(rows, judge, out)
            for row in table_rows(name, pairs):
                table.add_row(*row)
            lines.append(f"{name}, of {len(pairs)} pairs: {failures(pairs)}")
            told = versions(judge, open_pairs(out / "run"))
    if not lines:
        raise SystemExit("neither set is there: name their files with --human and --judgebench")
    Console(width=130, highlight=False).print(table)
    print(*lines, told, sep="\n")


if __name__ == "__main__":
    main()
