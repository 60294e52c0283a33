"""A reward as a file states it: rubric, judge, shaping, and how it meets a trainer's columns."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rlaif.records.base import Record, Slug
from rlaif.records.judge_base import Positive, Seconds
from rlaif.records.shaping import Shaping
from rlaif.records.written import Flag, Text, Whole, Words


class Columns(Record):
    """Which columns of a trainer's data hold what."""

    reference: Text = "reference"
    """The reference of the prompt."""
    criteria: Text = "criteria"
    """The prompt's own criteria: JSON text, a list, or an id."""
    group: Text = "group_id"
    """What the completions of one prompt share; the prompt itself where there is none."""
    baseline: Text = "baseline"
    """A completion of the prompt to compare with."""


class RewardFile(Record):
    """A reward, by names that lead to its rubric and its judge."""

    reward: Slug
    """Its name, under which a trainer logs it."""
    rubric: Words
    """A shipped rubric, or a file beside this one."""
    judge: Words | None = None
    """A shipped judge, a file beside this one, or BACKEND:MODEL; none where only checks decide."""
    shaping: Shaping = Shaping()
    """What is done to the score."""
    columns: Columns = Columns()
    """Where a trainer's data has references, criteria, groups and baselines."""
    deadline_s: Seconds = 600.0
    """Of one batch; what is not graded by then has no reward."""
    retries: Annotated[Whole, Field(ge=0)] = 1
    """How often what failed is asked for again, inside the deadline."""
    in_flight: Positive = 256
    """Samples under way at once."""
    cache: Flag = False
    """Take verdicts from this machine's cache, and keep new ones there."""
    accept_forgeable: tuple[Words, ...] = ()
    """Ids of checks that are used although a policy can forge their pass."""
