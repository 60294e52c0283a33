"""Which engine runs on what: GPUs, or cores of the processor; and each one's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rlaif.errors import JudgeUnavailable
from rlaif.judging.vllm_place import Place, cores
from rlaif.records.backends import VllmJudge

_QUIET = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the engine's core in the worker itself
    "VLLM_NO_USAGE_STATS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True, slots=True)
class OneEngine:
    """What one engine's process is started with."""

    environment: dict[str, str]
    cores: list[int] | None = None
    """The processors it keeps to; None for all."""


@dataclass(frozen=True, slots=True)
class Layout:
    """All engines of a judge."""

    engines: tuple[OneEngine, ...]
    told: str
    """In words: `4 engines on cuda`."""


def layout_of(spec: VllmJudge, place: Place, environment: Mapping[str, str]) -> Layout:
    """The engines that `spec` asks for on this machine.

    Raises: JudgeUnavailable for more than there are GPUs or cores for.
    """
    common = {**environment, **_QUIET}
    made = _on_gpus(spec, place, common) if place.on_gpu else _on_cores(spec, common)
    engines = "1 engine" if len(made) == 1 else f"{len(made)} engines"
    device = "cuda" if place.on_gpu else "cpu"
    gpus = _gpus_each(spec)
    each = f" of {gpus} GPUs" if gpus > 1 else ""
    return Layout(made, f"{engines}{each} on {device}")


def _on_gpus(spec: VllmJudge, place: Place, common: dict[str, str]) -> tuple[OneEngine, ...]:
    each, here = _gpus_each(spec), len(place.gpus)
    engines = spec.engines or here // each
    if not engines or engines * each > here:
        asked = f"{engines} engines of {each}" if engines > 1 else f"an engine of {each}"
        raise JudgeUnavailable(
            f"the judge file asks for {asked} GPU{'s' * (each > 1)}; here {_count(here)}\n"
            "  hint: 'engines' times 'tensor_parallel' is how many GPUs are used"
        )
    groups = [place.gpus[n * each : (n + 1) * each] for n in range(engines)]
    order = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}  # as the driver lists them
    return tuple(
        OneEngine({**order, **common, "CUDA_VISIBLE_DEVICES": ",".join(group)}) for group in groups
    )


def _on_cores(spec: VllmJudge, common: dict[str, str]) -> tuple[OneEngine, ...]:
    """Engines on a processor, each on its share of the cores."""
    mine = cores()
    engines = spec.engines or 1
    if _gpus_each(spec) > 1:
        raise JudgeUnavailable(
            "'tensor_parallel' and 'pipeline_parallel_size' are for GPUs, and there is none here\n"
            "  hint: leave them out; an engine uses all cores of the processor"
        )
    if engines > len(mine):
        raise JudgeUnavailable(
            f"the judge file asks for {engines} engines; here {_count(len(mine), 'core')}\n"
            "  hint: on a processor one engine uses all cores: leave 'engines' out"
        )
    if spec.kv_cache_gib:
        common.pop("VLLM_CPU_KVCACHE_SPACE", None)  # it would win over the judge file
    each = len(mine) // engines
    threads = {"OMP_NUM_THREADS": str(each), **common}
    if engines == 1:
        return (OneEngine(threads),)
    return tuple(OneEngine(threads, mine[n * each : (n + 1) * each]) for n in range(engines))


def _gpus_each(spec: VllmJudge) -> int:
    """How many GPUs one engine is spread over."""
    stages: int = spec.options.get("pipeline_parallel_size", 1)
    return spec.tensor_parallel * stages


def _count(number: int, what: str = "GPU") -> str:
    return f"is 1 {what}" if number == 1 else f"are {number} {what}s"
