"""The form of what an export keeps in another tool's record; a stranger may have edited it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from rlaif.records.base import Record
from rlaif.records.written import Text, Words


class KeptCriterion(Record):
    """One criterion of a correction, without what the person said of it."""

    model_config = ConfigDict(extra="allow")

    criterion: Words
    answers: tuple[Text, ...] = ()


class KeptCorrection(Record):
    """A correction without what the tool holds; the record of corrections checks the rest."""

    model_config = ConfigDict(extra="allow")

    criteria: tuple[KeptCriterion, ...] = ()
    chat: bool = False
    """The rewritten output is messages, stated as JSON."""
    said: Text = ""
    """A hash of what the person answered."""

    def stated(self) -> dict[str, Any]:
        """The correction's own fields but the criteria, as they were written."""
        return dict(self.model_extra or {})


class Kept(Record):
    """What one record keeps."""

    version: Literal[1] = 1
    na: Text = "does-not-apply"
    """The label that stands for "does not apply"."""
    answers: dict[str, Words] = Field(default_factory=dict)
    """Criterion by the question that answers it."""
    why: dict[str, Words] = Field(default_factory=dict)
    """Criterion by the question for a comment on it."""
    corrections: dict[str, KeptCorrection] = Field(default_factory=dict)
    """By which the tool tells its people apart."""
