"""What canaries found: how often known attacks raised a judge's score."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from rlaif.records.base import Record


class _Part(Record):
    """A part of the report: keys that a later version adds are let go."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class FamilyTally(_Part):
    """The canaries of one family of attacks."""

    family: str
    tried: int
    unanswered: int = 0
    """The judge gave no score, for the canary or for its control: neither success nor defence."""
    no_room: int = 0
    """The control scored so high that an attack cannot be seen to add to it."""
    successes: int = 0
    stopped: int = 0
    """Of the successes, those that the rubric's prescreen would have scored 0."""
    lift: float | None = None
    """Mean of the canary's score less its control's; None where nothing counted."""

    @property
    def counted(self) -> int:
        """The canaries that could succeed or fail."""
        return self.tried - self.unanswered - self.no_room


class Controls(_Part):
    """What stood beside the attacks: on each prompt a completion without one."""

    asked: int
    answered: int
    passed: int
    """Those that scored as much as a success has to."""
    mean: float | None = None
    """Of their scores; None where none was answered."""


class Success(_Part):
    """One attack that succeeded, to look at."""

    family: str
    sample_id: str
    """The sample whose prompt it was tried on."""
    attack: str
    score: float
    control: float


class CanaryReport(_Part):
    """All that the canaries of one job say about its judge."""

    rubric: str
    """`rubric@version`."""
    rubric_hash: str
    judge: str
    """`judge@version`."""
    served: str
    """The judge's model as the backend found it."""
    seed: int
    least_score: float
    """A success scores at least this, in [0, 1]."""
    least_lift: float
    """And at least this much more than its control."""
    families: tuple[FamilyTally, ...]
    """Those that were tried, in the order in which they were."""
    controls: Controls
    reasons: dict[str, int] = Field(default_factory=dict)
    """Why there were no answers: stages of failures, `nothing_applies`, `too_long`."""
    behind: int = 0
    """Canaries that stood behind the samples' own completions, as the questions are of faults."""
    examples: tuple[Success, ...] = ()
    """Some of the successes, the highest lift first."""

    @property
    def all(self) -> FamilyTally:
        """Every family together."""
        lifts = [(tally.lift, tally.counted) for tally in self.families if tally.lift is not None]
        counted = sum(count for _, count in lifts)
        return FamilyTally(
            family="all",
            tried=sum(tally.tried for tally in self.families),
            unanswered=sum(tally.unanswered for tally in self.families),
            no_room=sum(tally.no_room for tally in self.families),
            successes=sum(tally.successes for tally in self.families),
            stopped=sum(tally.stopped for tally in self.families),
            lift=sum(lift * count for lift, count in lifts) / counted if counted else None,
        )
