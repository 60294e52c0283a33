"""`rlaif train`: TRL's own trainers by a file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from rlaif.cli.console import tell
from rlaif.cli.options import UnsafeNoSandbox
from rlaif.cli.train_progress import TrainLines
from rlaif.records.training import TrainConfig, Trained
from rlaif.reporting.text import count_of
from rlaif.runs.training import Checked, checked, train, training_of

group = typer.Typer()

_KINDS = {
    "sft": (
        "Fine-tune a model on texts.",
        "rows: messages, or prompt and completion, or text",
        "data: chosen.jsonl",
        "learning_rate: 2.0e-5",
    ),
    "reward": (
        "Train a reward model on pairs.",
        "rows: chosen and rejected, perhaps prompt and margin",
        "data: pairs.jsonl",
        "learning_rate: 1.0e-5",
    ),
    "dpo": (
        "Train a policy on pairs, by direct preference optimisation.",
        "rows: prompt, chosen and rejected",
        "data: pairs.jsonl",
        "learning_rate: 1.0e-6",
    ),
    "kto": (
        "Train a policy on completions that are good or bad, by KTO.",
        "rows: prompt, completion and label (true or false)",
        "data: unpaired.jsonl",
        "learning_rate: 1.0e-6",
    ),
    "grpo": (
        "Train a policy by a rubric on what it writes itself, by GRPO.",
        "rows: prompt, and whatever the reward asks for",
        "data: prompts.jsonl\nrubric: rubric.yaml\njudge: judge.yaml",
        "learning_rate: 1.0e-6\n  num_generations: 8\n  max_completion_length: 256",
    ),
}
"""By kind: its line in the help, its rows, the keys of an example and TRL's arguments there."""

ConfigPath = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="The file that states the training, YAML.")
]
Fresh = Annotated[
    bool,
    typer.Option(
        "--fresh",
        metavar="",
        help="Begin anew, which needs an empty output folder; nothing is deleted for it.",
    ),
]
OnlyCheck = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        metavar="",
        help="Check the file, TRL's arguments and all rows; train nothing.",
    ),
]


@group.callback()
def run() -> None:
    """Train a model by TRL's own trainers.

    A file states the model, the data and TRL's arguments. The output folder gets checkpoints,
    metrics.jsonl, the model and a page of its curves. The same command goes on from the last whole
    checkpoint; Ctrl-C and SIGTERM leave one.
    """


def _command(kind: str) -> Callable[..., None]:
    def command(
        config: ConfigPath,
        fresh: Fresh = False,
        dry_run: OnlyCheck = False,
        unsafe_no_sandbox: UnsafeNoSandbox = False,
    ) -> None:
        stated = training_of(kind, config)
        if dry_run:
            tell(_told(checked(kind, stated, unsafe_no_sandbox=unsafe_no_sandbox)))
        else:
            _train(stated, fresh=fresh, unsafe_no_sandbox=unsafe_no_sandbox)

    return command


def _help(kind: str) -> str:
    line, rows, keys, arguments = _KINDS[kind]
    example = f"train: {kind}\nmodel: ORGANISATION/MODEL\n{keys}\noutput: trained"
    return f"{line}\n\nSuch a file ({rows}):\n\n\b\n{example}\narguments:\n  {arguments}"


for _kind in _KINDS:
    group.command(_kind, short_help=_KINDS[_kind][0], help=_help(_kind))(_command(_kind))


def _train(config: TrainConfig, *, fresh: bool, unsafe_no_sandbox: bool) -> None:
    lines = TrainLines(sys.stderr)
    try:
        done = train(config.train, config, lines, fresh=fresh, unsafe_no_sandbox=unsafe_no_sandbox)
    except KeyboardInterrupt:
        lines.end()
        lines.note("the same command goes on from the last checkpoint")
        raise
    lines.end()
    tell(_ended(done))


def _ended(done: Trained) -> str:
    return f"{count_of(done.steps, 'step')}\nmodel: {done.model}\nmetrics: {done.metrics}"


def _told(ready: Checked) -> str:
    """What a training would use."""
    lines = [
        f"{ready.config.train}: {count_of(ready.data.rows, 'row')}",
        f"model: {ready.weights.source}",
        f"output: {ready.config.output}",
    ]
    if ready.held_out is not None:
        lines.insert(1, f"held out: {count_of(ready.held_out.rows, 'row')}")
    if ready.reward is not None:
        rewarder = ready.reward.rewarder
        lines.append(f"reward: {rewarder.rubric.rubric}, by {rewarder.judge.spec.judge}")
    return "\n".join(lines)
