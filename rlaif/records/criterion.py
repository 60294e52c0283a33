"""A criterion: one question about one completion, for a judge or a check; and sections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from rlaif.records.base import Fault, Record, Slug, Weight, fault, refuse
from rlaif.records.checks import AnyCheck, Check
from rlaif.records.written import Flag, Free, Number, Text, Words, plain

MOST_LEVELS = 26
"""One capital letter a level."""


class Level(Record):
    """One level of an ordinal criterion."""

    name: Words
    description: Text = ""
    points: Number | None = None

    @model_serializer
    def _as_written(self) -> str | dict[str, Any]:
        if self.points is not None:
            return {self.name: {"description": self.description, "points": self.points}}
        return {self.name: self.description} if self.description else self.name


def _level(value: Any) -> Any:
    """`name`, `name: description`, or `name: {description, points}`."""
    if isinstance(value, Level):
        return value
    if isinstance(value, str):
        return {"name": value}
    if not isinstance(value, dict) or len(value) != 1:
        raise fault(
            "a level is a name, or one 'name: description'",
            "write it as '- clear: a pupil follows it at once'",
        )
    ((name, rest),) = value.items()
    if isinstance(rest, dict):
        return {"name": name, **rest}
    return {"name": name, "description": "" if rest is None else rest}


_LEVEL_SCHEMA = {
    "anyOf": [
        {"type": ["string", "number"]},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {
                "anyOf": [
                    {"type": ["string", "number", "null"]},
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "description": {"type": "string"},
                            "points": {"type": "number"},
                        },
                    },
                ]
            },
        },
    ]
}

Levels = Annotated[
    tuple[Annotated[Level, BeforeValidator(_level), WithJsonSchema(_LEVEL_SCHEMA)], ...],
    Field(min_length=2, max_length=MOST_LEVELS),
]


def _gate(value: Any) -> Any:
    read = plain(value)
    if isinstance(read, bool):
        return read
    if isinstance(value, str):
        return str(value)
    raise fault("a gate is true, or the name of a level")


Gate = Annotated[bool | str, BeforeValidator(_gate)]


class CriterionBase(Record):
    """What every criterion has, whoever answers it."""

    id: Slug
    weight: Weight = 1.0
    """Points if met; negative marks a fault, which loses points when it is met. Unitless, not 0."""
    when: dict[str, Free] | None = None
    """Only for samples whose metadata has these values (one, or a list of them)."""
    about: Text = ""
    """For people; never shown to the judge."""


class Judged(CriterionBase):
    """A question that the judge answers: yes or no, or one of ordered levels."""

    ask: Annotated[Text, Field(min_length=8)]
    """The question, as the judge reads it."""
    guidance: Text = ""
    """How to decide borderline cases; shown to the judge."""
    levels: Levels | None = None
    """Answers from worst to best, instead of yes or no."""
    gate: Gate = False
    """Unmet, the score is 0 whatever else holds; a level's name asks for at least that level."""
    allow_na: Flag = False
    """The judge may answer that the question does not apply."""
    needs: tuple[Literal["reference"], ...] = ()
    """What the question cannot be answered without."""

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers from worst to best: ("no", "yes"), or the levels' names."""
        return tuple(level.name for level in self.levels) if self.levels else ("no", "yes")

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        refuse([*self._level_faults(), *self._gate_faults()])
        return self

    def _level_faults(self) -> Iterator[Fault]:
        if self.levels is None:
            return
        if self.weight < 0:
            yield Fault(
                ("weight",),
                "levels with a negative weight",
                "list the levels from worst to best and give a positive weight",
            )
        if self.allow_na and len(self.levels) == MOST_LEVELS:
            yield Fault(("levels",), f"{MOST_LEVELS} levels leave no letter for 'does not apply'")
        seen: set[str] = set()
        for place, level in enumerate(self.levels):
            if level.name in seen:
                yield Fault(("levels", place), f"the level '{level.name}' stands twice")
            seen.add(level.name)
        points = [level.points for level in self.levels if level.points is not None]
        if points and (
            len(points) < len(self.levels) or points != sorted(points) or points[0] == points[-1]
        ):
            yield Fault(("levels",), "points must stand at every level and rise from worst to best")

    def _gate_faults(self) -> Iterator[Fault]:
        if isinstance(self.gate, str) and not self.levels:
            yield Fault(("gate",), f"expected true or false, not '{self.gate}'", "gate: true")
        elif isinstance(self.gate, str) and self.gate not in self.answers:
            known = ", ".join(self.answers)
            yield Fault(("gate",), f"the gate names no level: '{self.gate}'", f"one of: {known}")
        if self.gate is True and self.levels:
            yield Fault(
                ("gate",),
                "a gate on levels says which level it asks for",
                f"for example: gate: {self.answers[-1]}",
            )


class Checked(CriterionBase):
    """A question that a program answers, with the check's own parameters."""

    check: AnyCheck
    gate: Flag = False

    @property
    def answers(self) -> tuple[str, ...]:
        """Every check answers no or yes."""
        return ("no", "yes")

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, value: Any) -> Any:
        """In a file the parameters stand beside `id` and `weight`; here they are one record."""
        if not isinstance(value, dict) or isinstance(value.get("check"), Check):
            return value
        own = set(cls.model_fields) - {"check"}
        return {k: v for k, v in value.items() if k in own} | {
            "check": {k: v for k, v in value.items() if k not in own}
        }

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        inner = handler(self)
        return {**inner, **inner["check"]}


class Section(Record):
    """Criteria scored together, entering the parent as one criterion."""

    section: Slug
    weight: Annotated[Weight, Field(gt=0)] = 1.0
    combine: Literal["weighted_mean", "all", "any", "min"] = "weighted_mean"
    cap: Annotated[Number, Field(gt=0, le=1)] | None = None
    """The section's value is at most this."""
    about: Text = ""
    criteria: Annotated[tuple[Item, ...], Field(min_length=1)]


_KINDS = {"ask": "<ask>", "check": "<check>", "section": "<section>"}


def _keys(value: Any) -> list[str]:
    """The keys of `value` that only one kind of item has."""
    names = value if isinstance(value, dict) else getattr(type(value), "model_fields", ())
    return [k for k in _KINDS if k in names]


def _tag(value: Any) -> str:
    return _KINDS[_keys(value)[0]]


def _one_kind(value: Any) -> Any:
    found = _keys(value)
    if not found:
        raise fault("a criterion needs 'ask' (for the judge), 'check' (for a program) or 'section'")
    if len(found) > 1:
        both = " and ".join(f"'{k}'" for k in found)
        raise fault(f"a criterion has only one of {both}", at=(found[1],))
    return value


Item = Annotated[
    Annotated[Judged, Tag("<ask>")]
    | Annotated[Checked, Tag("<check>")]
    | Annotated[Section, Tag("<section>")],
    Discriminator(_tag),
    BeforeValidator(_one_kind),
]
"""One entry of `criteria`."""

Criterion = Judged | Checked
"""One question: what a verdict answers."""

Section.model_rebuild()


def walk(items: Sequence[Item]) -> Iterator[Item]:
    """Every section and criterion of a tree, in the order of the file."""
    for item in items:
        yield item
        if isinstance(item, Section):
            yield from walk(item.criteria)


def leaves(items: Sequence[Item]) -> Iterator[Criterion]:
    """The criteria of a tree, in the order of the file."""
    return (item for item in walk(items) if not isinstance(item, Section))
