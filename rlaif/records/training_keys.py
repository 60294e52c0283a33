"""Forms that a training file may write a value in, and arguments that are not TRL's to set."""

from __future__ import annotations

from typing import Any

from rlaif.records.base import Fault, fault, refuse

_ELSEWHERE = {
    "output_dir": "'output' says where",
    "seed": "'seed' stands beside 'arguments'",
    "model_init_kwargs": "'model', 'revision' and 'dtype' say which model",
    "use_vllm": "'vllm' says so: vllm: colocate, or vllm: server",
    "vllm_mode": "'vllm' says so: vllm: colocate, or vllm: server",
}
_NEVER = {
    "report_to": "the metrics always go to metrics.jsonl in the output folder",
    "run_name": "it only names a run to trackers, and metrics go to metrics.jsonl",
    "logging_strategy": "metrics.jsonl has a line every 'logging_steps' steps",
    "resume_from_checkpoint": "the same command goes on from the last whole checkpoint by itself",
    "push_to_hub": "the model is written to the output folder; upload it from there",
    "hub_token": "nothing is uploaded, and a file is no place for a token",
    "do_train": "training is what the command does",
    "do_eval": "'eval_strategy' says when held-out rows are used",
    "do_predict": "training is what the command does",
}
_OFF = ("false", "no", "none")


def owned(name: str) -> str:
    """Why an argument of TRL's is not to be set in `arguments`; empty where it is."""
    return _ELSEWHERE.get(name) or _NEVER.get(name, "")


def arguments_of(value: Any) -> Any:
    """A validator: refuses every argument that is ours to set, each at its key."""
    if isinstance(value, dict):
        refuse(
            [
                Fault((str(name),), f"'{name}' is set by rlaif", why)
                for name in value
                if (why := owned(str(name)))
            ]
        )
    elif value not in (None, "", {}):
        raise fault("expected TRL's arguments by their names", "learning_rate: 1.0e-5")
    return value or {}


def one_or_more(value: Any) -> Any:
    """A validator: one text stands for a list of one."""
    return (value,) if isinstance(value, str) else value


def where_of(value: Any) -> Any:
    """A validator: what some people write for `off`."""
    written = str(value).lower() if isinstance(value, str | bool) else value
    return "off" if written in _OFF else value
