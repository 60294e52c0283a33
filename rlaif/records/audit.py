"""What an audit of a judge found: by probe, how often it moved where it should not."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rlaif.records.base import Record

Probe = Literal[
    "position",
    "answer-order",
    "criteria-order",
    "paraphrase",
    "verbosity",
    "opener",
    "injection",
    "nothing",
    "self-preference",
]
"""One kind of change whose right effect is known."""

PROBES: tuple[Probe, ...] = (
    "position",
    "answer-order",
    "criteria-order",
    "paraphrase",
    "verbosity",
    "opener",
    "injection",
    "nothing",
    "self-preference",
)
"""Every probe, in the order of the table."""

Finding = Literal["holds", "leans", "fails", "too few answers", "no answer", "not tried"]
"""The word for a probe; `docs/audit.md` states the thresholds."""


class WorstCase(Record):
    """One case to look at: what the judge said before and after the change."""

    sample_id: str
    criterion: str
    kind: str
    """Which change of the probe it was."""
    before: float | None
    """What the answer earned before the change, in [0, 1]; of a pair, how far the first shown was
    preferred in the one order, in [-1, 1]."""
    after: float | None
    """The same after the change, or in the other order."""
    before_answer: str
    after_answer: str
    prompt: str
    text: str
    """What was changed: the completion, or the question, as the judge read it."""
    told: str
    """What `text` is, in a few words."""


class ProbeReport(Record):
    """What one probe found."""

    probe: Probe
    finding: Finding
    counted: int = 0
    """The cases that could tell; every share is of these."""
    wrong: int = 0
    """Of those, where the judge moved as it should not, or stayed where it should have moved."""
    change: float | None = None
    """Mean change in value, in [-1, 1]; of position, how far the first shown is preferred; of
    self-preference, what its own get beyond others'. None where nothing counted."""
    low: float | None = None
    high: float | None = None
    """The ends of its 95% interval, or of that of `absolute` where a change has no direction; None
    with fewer than two prompts."""
    absolute: float | None = None
    """Mean size of the change, whichever way, in [0, 1]."""
    unanswered: int = 0
    """The judge failed before or after: neither right nor wrong."""
    no_room: int = 0
    """The value could not have moved that way by as much as counts."""
    screened: int = 0
    """Of all texts tried, those that the rubric's prescreen stops before any judge."""
    stopped: int = 0
    """Of the wrong ones, those that it stops."""
    failures: dict[str, int] = Field(default_factory=dict)
    """Why there were no answers: cases by stage."""
    by_kind: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """By kind of change: how many wrong, of how many."""
    by_criterion: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """By criterion: how many wrong, of how many."""
    note: str = ""
    """Why it was not tried, or what it rests on."""
    worst: tuple[WorstCase, ...] = ()
    """The worst first; at most three."""


class AuditReport(Record):
    """All that an audit says about a judge."""

    rubric: str
    """`rubric@version`."""
    rubric_hash: str
    judge: str
    """`judge@version`."""
    served: str
    """The judge's model as the backend found it."""
    seed: int
    samples: int
    """Completions that the changes were made on."""
    labelled: int
    """Those of them whose right answers are known."""
    questions: int
    """How many were to be asked, about."""
    checks: tuple[str, ...] = ()
    """Criteria that a program answers: nothing moves them, and they are left out."""
    left_out: tuple[str, ...] = ()
    """What --skip left out: `ID`, or `PROBE:ID`."""
    probes: tuple[ProbeReport, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether no probe fails, and none is without enough answers to tell."""
        unsound = ("fails", "too few answers", "no answer")
        return not any(one.finding in unsound for one in self.probes)
