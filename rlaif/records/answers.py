"""What a person answered about one sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from rlaif.records.base import Fault, Record, refuse
from rlaif.records.rubric import Label
from rlaif.records.written import Number, Text, Words

Share = Annotated[Number, Field(ge=0, le=1)]


class Answers(Record):
    """One person's answers about one sample; a criterion that is absent was not answered."""

    sample_id: Words
    annotator: Text | None = None
    answers: dict[str, Label] = Field(default_factory=dict)
    """A label by criterion id; null means that the criterion does not apply."""
    values: dict[str, Share | None] = Field(default_factory=dict)
    """A value in [0, 1] by criterion id, where there is a degree and not a label."""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        refuse(list(self._faults()))
        return self

    def _faults(self) -> Iterator[Fault]:
        for name in self.answers:
            if name in self.values:
                yield Fault(("values", name), f"'{name}' has both an answer and a value")
