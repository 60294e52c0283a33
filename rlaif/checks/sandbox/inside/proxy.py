"""What tests see of the code they test: handles of objects that stay with the code.

A handle has no say where it could vouch for itself. It is equal to itself alone, it is true, and
`isinstance` knows only that it is a handle. An operator sees the other operand, so it is asked only
of objects that the tests made themselves, by a class: else an object that a function returns could
be near to any number, or hold any text. What such an object holds is found by going through it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, NoReturn, Protocol

from rlaif.checks.sandbox.inside.crossing import BINARY, IN_PLACE

MOST_LOOKED_THROUGH = 10_000
"""Items that `in` looks at in an object of the code."""

_ASKED = ("__annotations__", "__defaults__", "__name__", "__qualname__", "__wrapped__")
"""Names with two underscores that handles pass on."""

_COMPARED = ("lt", "le", "gt", "ge")


class Asks(Protocol):
    """The line to the code."""

    def ask(self, op: str, on: int, /, *arguments: Any, **keywords: Any) -> Any:
        """What an operation on an object of the code gives."""

    def drop(self, number: int) -> None:
        """The tests have forgotten an object."""


class Held:
    """What a handle knows itself."""

    __slots__ = ("label", "made", "name", "number", "peer", "type_name")

    def __init__(self, peer: Asks, number: int, type_name: str) -> None:
        self.peer, self.number, self.type_name = peer, number, type_name
        self.label = type_name
        """What messages call it."""
        self.name = ""
        """Under which the tests find it in the module, if they do."""
        self.made = False
        """Whether the tests made it, by calling a class of the module."""


class Handle:
    """An object of the code."""

    __slots__ = ("__held", "__weakref__")
    __held: Held

    def __init__(self, peer: Asks, number: int, type_name: str) -> None:
        object.__setattr__(self, "_Handle__held", Held(peer, number, type_name))

    def __del__(self) -> None:
        self.__held.peer.drop(self.__held.number)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in _ASKED:
            raise AttributeError(name)
        return labelled(ask(self, "get", name), f"{self.__held.label}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        ask(self, "set", name, value)

    def __delattr__(self, name: str) -> None:
        ask(self, "delete", name)

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        """Ask for a call; of a class by name, the object is one that the tests made."""
        mine = self.__held
        found = mine.peer.ask("call", mine.number, *arguments, **keywords)
        return _made(labelled(found, mine.name)) if mine.name[:1].isupper() else found

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return _text(ask(self, "str"))

    def __repr__(self) -> str:
        return _text(ask(self, "repr"))

    def __format__(self, how: str) -> str:
        return _text(ask(self, "format", how))

    def __len__(self) -> int:
        return ask(self, "len")  # type: ignore[no-any-return]  # Python looks at it

    def __iter__(self) -> Iterator[Any]:
        return ask(self, "iter")  # type: ignore[no-any-return]  # Python looks at it

    def __reversed__(self) -> Iterator[Any]:
        return ask(self, "reversed")  # type: ignore[no-any-return]  # Python looks at it

    def __next__(self) -> Any:
        return ask(self, "next")

    def __getitem__(self, place: Any) -> Any:
        return ask(self, "getitem", place)

    def __setitem__(self, place: Any, value: Any) -> None:
        ask(self, "setitem", place, value)

    def __delitem__(self, place: Any) -> None:
        ask(self, "delitem", place)

    def __contains__(self, value: Any) -> bool:
        if self.__held.made:
            return ask(self, "contains", value) is True
        for looked, one in enumerate(self):
            if one is value or one == value:
                return True
            if looked >= MOST_LOOKED_THROUGH:
                raise TypeError("an object of the code has too many items to look through")
        return False

    def __enter__(self) -> Any:
        return ask(self, "enter")

    def __exit__(self, kind: type[BaseException] | None, error: Any, _: Any) -> None:
        """An exception goes on whatever the code says: it may be the test's verdict."""
        if kind is None:
            ask(self, "exit", [], "")
        else:
            names = [one.__name__ for one in kind.__mro__ if one.__module__ == "builtins"]
            ask(self, "exit", names, str(error)[:400])

    def __await__(self) -> Generator[Any, None, Any]:
        yield from ()
        return ask(self, "await")

    def __instancecheck__(self, _: Any) -> NoReturn:
        raise TypeError("isinstance cannot be asked of a class of the code: test what it does")

    def __reduce_ex__(self, _: Any) -> NoReturn:
        raise TypeError("an object of the code cannot be copied by the tests")


def held(handle: Handle) -> Held:
    """What the handle knows itself."""
    return handle._Handle__held  # type: ignore[no-any-return]  # how Python writes it


def ask(handle: Handle, op: str, *arguments: Any) -> Any:
    """What an operation on the handle's object gives."""
    mine = held(handle)
    return mine.peer.ask(op, mine.number, *arguments)


def _made(found: Any) -> Any:
    if type(found) is Handle:
        held(found).made = True
    return found


def labelled(found: Any, label: str) -> Any:
    """The same, which messages now call `label`."""
    if type(found) is Handle:
        held(found).label = label
    return found


def _text(found: Any) -> str:
    if type(found) is not str:
        raise TypeError("the object's text is no text")
    return found


def _operator(op: str) -> Any:
    def operate(self: Handle, *other: Any) -> Any:
        operands = [one for one in (self, *other) if type(one) is Handle]
        if not any(held(one).made for one in operands):
            raise TypeError(
                f"an operator is asked only of an object that the tests made by a class of the "
                f"code; this is an object ({held(self).type_name}) that the code gave"
            )
        return _made(ask(self, op, *other))

    return operate


def _add_operators() -> None:
    for name in BINARY:
        plain = name.rstrip("_")
        setattr(Handle, f"__{plain}__", _operator(name))
        if name not in _COMPARED:
            setattr(Handle, f"__r{plain}__", _operator(f"r{name}"))
    for name in IN_PLACE:
        setattr(Handle, f"__i{name}__", _operator(f"i{name}"))
    for name in ("neg", "pos", "invert", "abs"):
        setattr(Handle, f"__{name}__", _operator(name))
    Handle.__doc__ = property(lambda self: ask(self, "get", "__doc__"))  # type: ignore[assignment]  # asked, not written


_add_operators()
