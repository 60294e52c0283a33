"""Forms that a training file may write a value in, and arguments that are not TRL's to set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    "hub_token": "nothing is uploaded, and a file is no place for a token",
    "project": "it only names a run to trackers, and metrics go to metrics.jsonl",
    "log_completions_hub_repo": "nothing is uploaded; `rlaif grade` keeps completions on this disk",
    "trust_remote_code": "code that comes with a model is never run",
    "save_only_model": "a training that goes on needs the optimiser of its checkpoint",
    "do_train": "training is what the command does",
    "do_eval": "'eval_strategy' says when held-out rows are used",
    "do_predict": "training is what the command does",
}
_UPLOADS = ("push_to_hub", "hub_", "trackio_")
_UPLOADED = "nothing is uploaded: the model is written to the output folder; upload it from there"
PATHS = ("chat_template_path", "deepspeed", "fsdp_config", "accelerator_config")
"""Arguments that may name a file or a folder."""
_OFF = ("false", "no", "none")
_MEASURES = ("eval_strategy", "eval_on_start", "load_best_model_at_end")
"""Arguments that use rows which are held out."""


def owned(name: str) -> str:
    """Why an argument of TRL's is not to be set in `arguments`; empty where it is."""
    why = _ELSEWHERE.get(name) or _NEVER.get(name, "")
    return why or (_UPLOADED if name.startswith(_UPLOADS) else "")


def arguments_of(value: Any) -> Any:
    """A validator: refuses every argument that is ours to set, each at its key."""
    if isinstance(value, dict):
        refuse(list(_faults(value)))
    elif value not in (None, "", {}):
        raise fault("expected TRL's arguments by their names", "learning_rate: 1.0e-5")
    return value or {}


def _faults(given: Mapping[Any, Any]) -> Iterator[Fault]:
    for name in map(str, given):
        if why := owned(name):
            yield Fault((name,), f"'{name}' is set by rlaif", why)
    most = given.get("save_total_limit")
    if most in (1, "1") and most is not True:
        # The one before is deleted while nobody knows yet that the new one is whole.
        told = "with a single checkpoint, a kill while it is written leaves none to go on from"
        yield Fault(("save_total_limit",), told, "save_total_limit: 2")


def unmeasured(given: Mapping[str, Any]) -> list[Fault]:
    """A fault for each of TRL's arguments that wants held-out rows, where there are none."""
    return [
        Fault(
            (name,), f"'{name}' needs held-out rows, and there is no 'eval_data'", "eval_data: FILE"
        )
        for name in _MEASURES
        if str(given.get(name) or "no").lower() not in _OFF
    ]


def one_or_more(value: Any) -> Any:
    """A validator: one text stands for a list of one."""
    return (value,) if isinstance(value, str) else value


def where_of(value: Any) -> Any:
    """A validator: what some people write for `off`."""
    written = str(value).lower() if isinstance(value, str | bool) else value
    return "off" if written in _OFF else value
