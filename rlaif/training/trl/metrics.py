"""Every log step of a trainer as one line of a file, in the same words for all of them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import orjson
from transformers import TrainerCallback

from rlaif.training.trl.job import METRICS, Job

_WORDS = {
    "completions/mean_length": "mean_length",
    "completions/clipped_ratio": "clipped_ratio",
    "frac_reward_zero_std": "equal_groups",
    "rewards/margins": "margin",
    "rewards/accuracies": "accuracy",
    "rewards/chosen": "reward_chosen",
    "rewards/rejected": "reward_rejected",
    "mean_reward": "reward",
    "mean_token_accuracy": "accuracy",
}
"""Our word for a figure of TRL's; the others keep theirs, `/` and all."""
_HELD_OUT = "eval_"
_TWICE = ("epoch", "total_flos")
_SUMMARY = "train_runtime"
"""Stands among the figures of TRL's last words, which sum up what was logged before."""


_OF_A_REWARD = {"failed": "failed_rate", "score": "score"}
"""What a reward logs besides the mean values of its criteria."""


def line_of(logs: Mapping[str, Any], reward: str = "") -> dict[str, Any]:
    """The figures of one log step; what was measured on held-out rows stands under `held_out`.

    The means of criteria stand under `criteria`, those of dimensions under `dimensions`. A figure
    that is not finite, or not there, is null. Args: `reward`, the name that a reward logs under.
    """
    line: dict[str, Any] = {}
    for name, value in logs.items():
        if name in _TWICE or isinstance(value, str):
            continue
        held_out = name.startswith(_HELD_OUT)
        into = line.setdefault("held_out", {}) if held_out else line
        _put(into, name.removeprefix(_HELD_OUT), _finite(value), reward)
    return line


def _put(line: dict[str, Any], name: str, value: float | None, reward: str) -> None:
    own, whole = f"{reward}/", f"rewards/{reward}/"
    if not reward or not name.startswith((own, whole)):
        line[_WORDS.get(name, name)] = value
    elif name.startswith(own):
        part = name.removeprefix(own)
        group = line if part in _OF_A_REWARD else line.setdefault("criteria", {})
        group[_OF_A_REWARD.get(part, part)] = value
    elif name.endswith("/mean") and name != f"{whole}mean":  # else it is `reward` once more
        dimension = name.removeprefix(whole).removesuffix("/mean")
        line.setdefault("dimensions", {})[dimension] = value


def _finite(value: Any) -> float | None:
    number = None if value is None else float(value)
    return number if number is not None and math.isfinite(number) else None


class MetricsFile(TrainerCallback):  # type: ignore[misc]  # transformers is not typed here
    """Writes metrics.jsonl, and tells the watcher."""

    def __init__(self, job: Job) -> None:
        """Lines go behind those that are there."""
        self._job = job
        self._began = time.monotonic()
        self._last: dict[str, float] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Time starts when the first step does."""
        self._began = time.monotonic()
        self._job.watching.step(state.global_step, state.max_steps, {})

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The last step is logged, whatever `logging_steps` says."""
        if state.global_step >= state.max_steps:
            control.should_log = True
        self._job.watching.step(state.global_step, state.max_steps, self._last)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any
    ) -> None:
        """One line."""
        if not logs or _SUMMARY in logs or not self._job.writes:
            return
        spent = self._job.spent_s + time.monotonic() - self._began
        line = {"step": state.global_step, "time_s": round(spent, 3), "epoch": state.epoch}
        figures = line_of(logs, self._job.reward)
        with (self._job.output / METRICS).open("ab") as file:
            file.write(orjson.dumps({**line, **figures}) + b"\n")
        told = {name: value for name, value in figures.items() if isinstance(value, float)}
        self._last = {**self._last, **told}
        self._job.watching.step(state.global_step, state.max_steps, self._last)
