"""A grade and the items it was made by, as JSON and back, nothing lost."""

from __future__ import annotations

from pydantic import TypeAdapter

from rlaif.records.criterion import Item
from rlaif.records.grade import Grade
from rlaif.records.identity import canonical
from rlaif.storage.clean_text import clean_text

_GRADE: TypeAdapter[Grade] = TypeAdapter(Grade)
_ITEMS: TypeAdapter[tuple[Item, ...]] = TypeAdapter(tuple[Item, ...])


def grade_text(grade: Grade) -> str:
    """The grade with all its outcomes."""
    return clean_text(canonical(_GRADE.dump_python(grade, mode="json")).decode())


def grade_of(text: str) -> Grade:
    """`grade_text`, read back."""
    return _GRADE.validate_json(text)


def items_text(items: tuple[Item, ...]) -> str:
    """Items as a rubric file states them."""
    return canonical([item.as_written() for item in items]).decode()


def items_of(text: str) -> tuple[Item, ...]:
    """`items_text`, read back."""
    return _ITEMS.validate_json(text)
