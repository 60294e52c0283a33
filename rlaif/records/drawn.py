"""Hidden cases: inputs that are drawn from what an expert declares, answered by a reference."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from rlaif.records.base import Fault, Record, refuse
from rlaif.records.code_fields import NOTHING, Value
from rlaif.records.python_text import Arity, PythonText, arity, defines
from rlaif.records.written import Flag, Number, Text, Whole

MOST_DRAWN = 1000
"""Hidden cases of one check."""

MOST_PARTS = 100_000
"""Values that one drawn argument may hold, as declared."""

_Size = Annotated[Whole, Field(ge=0, le=10_000)]


def _range_faults(record: Any, low: str, high: str) -> Iterator[Fault]:
    least, most = getattr(record, low), getattr(record, high)
    if least > most:
        yield Fault((high,), f"{high} {most:g} is less than {low} {least:g}")


class Integers(Record):
    """Whole numbers, both ends included."""

    min: Whole
    """The least one."""
    max: Whole
    """The greatest one."""

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        refuse(list(_range_faults(self, "min", "max")))
        return self


class Numbers(Record):
    """Numbers, both ends included."""

    min: Number
    """The least one."""
    max: Number
    """The greatest one."""
    decimals: Annotated[Whole, Field(ge=0, le=15)] | None = None
    """Digits behind the point; as many as there are, where this is not given."""

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        refuse(list(_range_faults(self, "min", "max")))
        return self


class Booleans(Record):
    """True or false."""


class Characters(Record):
    """Text."""

    alphabet: Annotated[Text, Field(min_length=1, max_length=1000)] = "abcdefghijklmnopqrstuvwxyz"
    """The characters that it is made of."""
    min_length: _Size = 0
    """Characters at least."""
    max_length: _Size = 20
    """Characters at most."""

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        refuse(list(_range_faults(self, "min_length", "max_length")))
        return self


class Lists(Record):
    """Lists of what one strategy draws."""

    of: Strategy
    """What draws each entry."""
    min_length: _Size = 0
    """Entries at least."""
    max_length: _Size = 10
    """Entries at most."""
    unique: Flag = False
    """No two entries are the same."""
    sorted: Flag = False
    """The entries rise."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        faults = list(_range_faults(self, "min_length", "max_length"))
        different = self.of.different
        if self.unique and different is not None and different < self.min_length:
            message = f"'of' draws {different} different values, fewer than 'min_length'"
            faults.append(Fault(("min_length",), message, "ask for fewer, or draw from more"))
        if self.sorted and not self.of.rises:
            message = "what 'of' draws has no order"
            faults.append(Fault(("sorted",), message, "sort numbers, or texts, or lists of them"))
        refuse(faults)
        return self


class Strategy(Record):
    """How one value is drawn: the one key says what it is."""

    integers: Integers | None = None
    """Whole numbers between `min` and `max`."""
    numbers: Numbers | None = None
    """Numbers between `min` and `max`, with so many `decimals`."""
    booleans: Booleans | None = None
    """True or false: `booleans: {}`."""
    text: Characters | None = None
    """Text of the characters of `alphabet`, `min_length` to `max_length` long."""
    one_of: Annotated[tuple[Value, ...], Field(min_length=1)] | None = None
    """One of these values."""
    lists: Lists | None = None
    """Lists `of` what another strategy draws."""
    tuples: tuple[Strategy, ...] | None = None
    """Tuples: a strategy for each place."""
    records: dict[str, Strategy] | None = None
    """Dicts: a strategy for each key."""
    value: Value = Field(default_factory=lambda: NOTHING)
    """Always this value."""

    @property
    def kind(self) -> str:
        """The one key that is given."""
        return self._kinds[0]

    @property
    def _kinds(self) -> list[str]:
        absent = {"value": NOTHING}
        return [n for n in type(self).model_fields if getattr(self, n) is not absent.get(n)]

    @property
    def different(self) -> int | None:
        """How many different values it draws, where that is few and plain; else None."""
        if self.integers is not None:
            return self.integers.max - self.integers.min + 1
        if self.one_of is not None:
            return len({repr(value) for value in self.one_of})
        if self.booleans is not None:
            return 2
        return 1 if self.kind == "value" else None

    @property
    def rises(self) -> bool:
        """Whether any two values that it draws can be put in order."""
        if self.lists is not None:
            return self.lists.of.rises
        if self.tuples is not None:
            return all(part.rises for part in self.tuples)
        if self.one_of is not None:
            kinds = {"number" if _is_number(value) else type(value) for value in self.one_of}
            return kinds in ({"number"}, {str})
        return self.kind in ("integers", "numbers", "booleans", "text")

    @property
    def parts(self) -> int:
        """The most values that one drawn value may hold, itself included."""
        if self.lists is not None:
            return 1 + self.lists.max_length * self.lists.of.parts
        inner = self.tuples if self.tuples is not None else (self.records or {}).values()
        return 1 + sum(part.parts for part in inner)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = self._kinds
        if not kinds:
            names = ", ".join(type(self).model_fields)
            refuse([Fault((), "nothing says how this value is drawn", f"one of: {names}")])
        if len(kinds) > 1:
            message = f"a value is drawn in one way: '{kinds[0]}' or '{kinds[1]}'"
            refuse([Fault((kinds[1],), message)])
        if self.parts > MOST_PARTS:
            message = f"this may draw more than {MOST_PARTS} values at once"
            refuse([Fault((kinds[0],), message, "shorter lists, or fewer inside one another")])
        return self


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


Lists.model_rebuild()
Strategy.model_rebuild()


STRATEGIES: dict[str, type[Record]] = {
    "integers": Integers,
    "numbers": Numbers,
    "booleans": Booleans,
    "text": Characters,
    "lists": Lists,
}
"""The kinds of strategies that have keys of their own."""


class Hidden(Record):
    """Cases that nobody has written down: drawn inputs, and a reference that answers them."""

    count: Annotated[Whole, Field(ge=1, le=MOST_DRAWN)]
    """How many cases are drawn."""
    seed: Annotated[Whole, Field(ge=0)] = 0
    """Another seed draws other cases."""
    fresh: Flag = False
    """Other cases for each completion, drawn by a hash of its code: the same for the same code."""
    arguments: tuple[Strategy, ...] | None = None
    """How each positional argument of the function is drawn."""
    generator: PythonText | None = None
    """Instead of `arguments`: Python that defines `arguments(random)`, which returns the list of
    arguments of one case. It runs in the sandbox."""
    reference: PythonText | None = None
    """Python that defines the same function rightly. It runs in the sandbox; what it returns, or
    raises, is expected of the code."""

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        refuse(list(self._faults()))
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.reference is None:
            hint = "reference: Python that defines the function rightly"
            yield Fault((), "hidden cases need a 'reference' that answers them", hint)
        if self.arguments is None and self.generator is None:
            message = "hidden cases need 'arguments' or a 'generator'"
            yield Fault((), message, "arguments: [{integers: {min: 0, max: 9}}]")
        if self.arguments is not None and self.generator is not None:
            yield Fault(("generator",), "only one of 'arguments' and 'generator' draws the cases")
        if self.generator is not None and not defines(self.generator, "arguments"):
            message = "the generator defines no function 'arguments'"
            yield Fault(("generator",), message, "def arguments(random): return [...]")

    def reference_faults(self, function: str) -> Iterator[Fault]:
        """What is wrong with the reference of a check that tests `function`."""
        if self.reference is None:
            return
        if not defines(self.reference, function):
            message = f"the reference defines no function '{function}'"
            yield Fault(("reference",), message, "it defines the same function as the code")
            return
        takes = arity(self.reference, function)
        given = len(self.arguments) if self.arguments is not None else None
        if takes is None or given is None or takes.least <= given <= takes.most:
            return
        drawn = "1 argument is" if given == 1 else f"{given} arguments are"
        message = f"{drawn} drawn, and '{function}' of the reference takes {_told(takes)}"
        hint = "one entry of 'arguments' for each positional argument"
        yield Fault(("arguments",), message, hint)


def _told(takes: Arity) -> str:
    if takes.least == takes.most:
        return str(takes.least)
    most = "" if takes.most == math.inf else f" to {takes.most:g}"
    return f"{takes.least}{most or ' or more'}"
