"""A reward: the number that is handed to an optimiser, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rlaif.records.sample import Chat, Sample


@dataclass(frozen=True, slots=True)
class Reward:
    """What one completion earned."""

    value: float | None
    """Finite; None where there is no grade, which is never the completion's doing."""
    score: float | None
    """In [0, 1], before any shaping; None where there is none."""
    reason: str = ""
    """As the grade says (`gate:ID`, `prescreen:RULE`, `failed:ID`), or `deadline`,
    `reward_gate:ID` or `baseline`; empty where nothing needs saying."""
    values: Mapping[str, float | None] = field(default_factory=dict)
    """By id of criterion or section, in [0, 1]; None where there is no verdict."""
    messages: tuple[str, ...] = ()
    """What the failures say, where there are any."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """One completion as a trainer hands it over."""

    sample: Sample
    group: str = ""
    """Completions of one group answer the same prompt; empty: the prompt itself tells."""
    tokens: int | None = None
    """Length of the completion in tokens, where the trainer says."""
    baseline: str | Chat | None = None
    """A completion of the same prompt to compare with, where shaping asks for one."""
