"""What a server grades by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rlaif.records.criterion import Section, leaves, walk
from rlaif.records.rubric import Rubric


@dataclass(frozen=True, slots=True)
class Served:
    """A rubric, and who judges."""

    rubric: Rubric
    judge: str
    """`judge@version`; empty where none is needed."""

    @property
    def rubric_name(self) -> str:
        """`rubric@version`."""
        return f"{self.rubric.rubric}@{self.rubric.version}"

    @property
    def criteria(self) -> list[str]:
        """The ids of the rubric's criteria, in their order."""
        return [one.id for one in leaves(self.rubric.items)]

    def told(self) -> dict[str, Any]:
        """What a caller may know of it."""
        items = walk(self.rubric.items)
        return {
            "rubric": self.rubric.rubric,
            "version": self.rubric.version,
            "hash": self.rubric.content_hash,
            "criteria": self.criteria,
            "sections": [one.section for one in items if isinstance(one, Section)],
            "per_sample": self.rubric.criteria == "per-sample",
            "judge": self.judge,
        }
