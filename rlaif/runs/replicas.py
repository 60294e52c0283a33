"""How many graders a Ray job has, where, and what each of them takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rlaif.errors import InputError
from rlaif.records.backends import TransformersJudge, VllmJudge
from rlaif.records.judge import Judge

LOCAL = "local"
"""The address of a cluster of this machine alone, which ends with the job."""
_CLIENT = "ray://"


@dataclass(frozen=True, slots=True)
class Replicas:
    """What the command line says of them. Only `--engine ray` reads it."""

    address: str | None = None
    """Of the cluster; None for $RAY_ADDRESS, or else `LOCAL`."""
    count: int | None = None
    """None: as many as the cluster has GPUs for, and one where none is needed."""
    cpus: float | None = None
    """Of one replica; None for 1."""

    def resolved(self, environment: Mapping[str, str]) -> str:
        """The address that is meant. Raises: InputError for one that cannot be used."""
        address = self.address or environment.get("RAY_ADDRESS") or LOCAL
        if address.startswith(_CLIENT):
            raise InputError(
                f"--ray-address {address}: Ray's client cannot coordinate a job\n"
                "  hint: start rlaif on a node of the cluster, as `ray job submit` does, with "
                "--ray-address auto"
            )
        return address


NO_REPLICAS = Replicas()


def gpus_each(judge: Judge, asks: bool, there: float) -> int:
    """GPUs that one replica takes, where the cluster has `there` of them in all.

    A jury's models share them. Without any GPU the models run on processors.
    """
    if not asks or there < 1:
        return 0
    return max(_gpus(seat) for seat in judge.seats)


def _gpus(seat: Judge) -> int:
    spec = seat.spec
    if isinstance(spec, VllmJudge):
        return spec.tensor_parallel * (spec.engines or 1)
    return int(isinstance(spec, TransformersJudge) and spec.device != "cpu")
