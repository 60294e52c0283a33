"""What a grading job is told to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.runs.limits import NO_LIMITS, Limits
from rlaif.runs.replicas import NO_REPLICAS, Replicas
from rlaif.storage.failures import Retry
from rlaif.storage.selection import EVERYTHING, Selection

Engine = Literal["local", "ray"]


@dataclass(frozen=True, slots=True)
class Order:
    """What to grade, by what, and where to."""

    rubric: Rubric
    rubric_text: str
    """The rubric as its author wrote it, to be kept with the run."""
    judge: Judge | None
    """None where nothing is asked of one."""
    samples: str | None
    """Where they are read from; None for those that the run keeps."""
    out: Path
    mapping: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None
    selection: Selection = EVERYTHING
    """Which of the samples are graded: a share of a job array, a number drawn at random."""
    retry_failed: Retry = False
    command: Sequence[str] = ()
    unsafe_no_sandbox: bool = False
    """Run the policy's code as the user, where it can do harm."""
    accept_forgeable: Sequence[str] = ()
    """Ids of criteria that are used although a policy can forge their pass."""
    cache: bool = True
    """Use verdicts that earlier runs gave to exactly the same questions."""
    recheck: float | None = None
    """Share of those that are asked for again, in [0, 1]; None for the default."""
    canaries: int = 0
    """How many known attacks are put before the judge, apart from the grades."""
    limits: Limits = NO_LIMITS
    """When to stop before the end."""
    engine: Engine = "local"
    replicas: Replicas = NO_REPLICAS
    """Of a job by Ray: how many graders there are, and where."""
    as_kept: bool = False
    """Rubric or judge are those that the run keeps: a model that is another one now is refused."""
