"""Where a calibration comes from: which judge, which run, whose answers, which split."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rlaif.records.base import Record
from rlaif.records.written import Number, Text, Whole, Words

Share = Annotated[Number, Field(ge=0, le=1)]
Count = Annotated[Whole, Field(ge=0)]


class Fitted(Record):
    """Where the maps come from."""

    rubric: Words
    """Name and version."""
    rubric_hash: Words
    """Of its content."""
    judge: Words
    """Name and version of the judge whose verdicts they were fitted on."""
    judge_hash: Words
    """Of what determines its answers. A judge that answers otherwise is not read by these maps."""
    run: Text = ""
    """The run folder's name."""
    labels: Words
    """Digest of people's answers."""
    rows: Count
    """How many answers there were, in both parts."""
    annotators: Count
    """How many people gave them."""
    seed: Whole
    """Of the split by prompt."""
    share: Share
    """Of the prompts that they were fitted on; the others measure them."""
    on: Words
    """The day."""
