"""The line from the tests to the code they test: requests, answers, and what is known of both.

What comes over it was said by hostile code. Whatever is no answer to the request in hand breaks the
line for good, and the test that runs has failed, whatever it catches.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakValueDictionary

from rlaif.checks.sandbox.inside.channel import Channel
from rlaif.checks.sandbox.inside.crossing import (
    MOST_LINE,
    Writer,
    become,
    mutables,
    number,
    read,
    same_kind,
)
from rlaif.checks.sandbox.inside.proxy import Handle, held
from rlaif.checks.sandbox.inside.raised import RAISED, class_of, made, may_pass, other
from rlaif.checks.sandbox.inside.values import Garbled, dumps

_CLOSED = "closed"
_CLASSES = 2000
"""Classes of exceptions that one process may tell of."""

_MOST_ABOVE = 400
"""Classes above one of them, those that are there twice included: Python puts them in order."""

_MALFORMED = (AttributeError, LookupError, TypeError, ValueError, RecursionError, MemoryError)
"""What reading an answer raises that is none."""


class Broken(BaseException):
    """The code can be asked no longer. No `except Exception` of a test catches it."""


class Peer:
    """Asks the process of the code."""

    def __init__(self, link: Channel, first: Callable[[], None]) -> None:
        """`first` is called before every request."""
        self._link, self.first = link, first
        self._lock = threading.RLock()
        self._asked = 0
        self._handles: WeakValueDictionary[int, Handle] = WeakValueDictionary()
        self._dropped: set[int] = set()
        self._classes: dict[int, type[Exception]] = {}
        self._functions: list[Callable[..., Any]] = []
        self._places: dict[int, int] = {}
        self._failures: list[BaseException] = []
        """What functions of the tests raised while the code called them."""
        self.broken = ""
        """Why no answer can be had any longer; `closed` where the line was closed."""
        self.refused = ""
        """An assertion that failed in a function of the tests while the code called it."""
        self.last: tuple[str, dict[str, Any], dict[str, Any]] | None = None
        """What was asked last, the request and the answer to it, as they crossed."""

    def hello(self) -> dict[str, Any]:
        """The public names of the code. Raises: Broken."""
        said = self._receive()
        if "no_code" in said:
            return {"no_code": str(said["no_code"])[:400]}
        try:
            self._learn(said.get("classes"))
            names = said["names"]
            public = {str(name)[:200]: data for name, data in names.items() if name.isidentifier()}
            return {
                name: None if data is None else read(data, [], self._foreign)
                for name, data in public.items()
            }
        except _MALFORMED:
            raise self._break("it does not say what it defines") from None

    def ask(self, op: str, on: int, /, *arguments: Any, **keywords: Any) -> Any:
        """What an operation on an object of the code gives.

        Raises: Broken; what the code raised.
        """
        with self._lock:
            if self.broken:
                raise Broken(self.broken)
            known = mutables([*arguments, *keywords.values()])
            writer, label = Writer(self._handed), self._label(op, on)
            request: dict[str, Any] = {
                "n": self._asked + 1,
                "op": op,
                "on": on,
                "args": [writer.write(one) for one in arguments],
                "keywords": {name: writer.write(one) for name, one in keywords.items()},
                "drop": self._to_drop(),
            }
            self._asked += 1
            self.first()
            self._send(request)
            answer = self._answered(request["n"])
            self.last = label, request, answer
            return self._taken(answer, known, op)

    def _label(self, op: str, on: int) -> str:
        handle = self._handles.get(on)
        label = held(handle).label if handle is not None else "candidate"
        return label if op == "call" else f"{label}.{op}"

    def _to_drop(self) -> list[int]:
        dropped, self._dropped = self._dropped, set()
        return [one for one in dropped if one not in self._handles]

    def drop(self, number: int) -> None:
        """The tests have forgotten an object."""
        self._dropped.add(number)

    def _send(self, data: Any) -> None:
        line = dumps(data)
        if len(line) > MOST_LINE:
            raise TypeError("the arguments are too large to be handed to the code")
        try:
            self._link.write(line)
        except OSError:
            raise self._break(_CLOSED) from None

    def _receive(self) -> dict[str, Any]:
        try:
            said = self._link.receive(MOST_LINE + (1 << 18))
        except OSError:
            said = None
        except (Garbled, MemoryError) as error:
            raise self._break(f"it does not answer as agreed: {error}") from None
        if said is None:
            raise self._break(_CLOSED)
        if type(said) is not dict:
            raise self._break("it does not answer as agreed")
        return said

    def _answered(self, asked: int) -> dict[str, Any]:
        """The answer to the request in hand; until it comes, functions of the tests are called."""
        while True:
            said = self._receive()
            if "call" in said:
                self._called_back(said)
            elif type(said.get("n")) is int and said["n"] == asked:
                return said
            else:
                raise self._break("it answers out of turn")

    def _taken(self, answer: dict[str, Any], known: list[Any], op: str) -> Any:
        """The value of an answer, once the arguments are what the code made of them."""
        try:
            self._learn(answer.get("classes"))
            self._change(answer.get("changed"), known)
            if "ok" in answer:
                return read(answer["ok"], known, self._foreign)
            error = self._error(answer, op)
        except _MALFORMED:
            raise self._break("it does not answer as agreed") from None
        raise error

    def _change(self, changed: Any, known: list[Any]) -> None:
        found = []
        for place, data in changed or ():
            if type(place) is not int or not 0 <= place < len(known):
                raise Garbled("no argument")
            new = read(data, known, self._foreign)
            if not same_kind(known[place], new):
                raise Garbled("an argument of another type")
            found.append((known[place], new))
        for old, new in found:
            become(old, new)

    def _learn(self, classes: Any) -> None:
        """Classes of exceptions that were named for the first time."""
        for place, name, builtin, above in classes or ():
            if type(place) is not int or place in self._classes or len(self._classes) > _CLASSES:
                raise Garbled("no new class")
            near = next((RAISED[one] for one in builtin if one in RAISED), RuntimeError)
            bases = [self._classes[one] for one in above[:8]] or [near]
            if sum(len(one.__mro__) for one in bases) > _MOST_ABOVE:
                raise Garbled("too many classes above another")
            self._classes[place] = class_of(str(name)[:80], bases)

    def _error(self, answer: dict[str, Any], op: str) -> BaseException:
        """What is raised in the tests for what the code raised."""
        if "back" in answer:
            error = self._failures[int(answer["back"])]
            return error if isinstance(error, Exception) and may_pass(error) else other(error)
        names, told = [str(one) for one in answer["raised"]], str(answer["told"])[:400]
        if op == "next" and names[0] == "StopIteration":
            return StopIteration()
        if "class" in answer:
            kind = self._foreign(answer["class"]["v"])
            if isinstance(kind, type) and issubclass(kind, Exception):
                error = made(kind, told, answer)
                error.__dict__["_of_the_code"] = self._handle(int(answer["error"]), "")
                return error
        if not names or names[0] not in RAISED:
            return RuntimeError(f"the code raised {str(answer['type'])[:80]}: {told}")
        return made(RAISED[names[0]], told, answer)

    def _foreign(self, text: str) -> Any:
        """What stands in the tests for something that is no plain data."""
        letter, rest = text[:1], text[1:]
        if letter == "x":
            return self._classes[number(rest)]
        if letter == "b":
            return self._functions[number(rest)]
        if letter not in ("h", "w"):
            raise Garbled("no object")
        digits, _, type_name = rest.partition(":")
        handle = self._handle(number(digits), type_name)
        return _coroutine(self, handle) if letter == "w" else handle

    def _handle(self, number: int, type_name: str) -> Handle:
        found = self._handles.get(number)
        if found is None:
            found = self._handles[number] = Handle(self, number, type_name)
        return found

    def _handed(self, value: Any) -> dict[str, str]:
        """What crosses of an argument that is no plain data."""
        if type(value) is Handle and held(value).peer is self:
            return {"t": "h", "v": str(held(value).number)}
        for place, kind in self._classes.items():
            if value is kind:
                return {"t": "h", "v": str(place)}
        if callable(value):
            place = self._places.setdefault(id(value), len(self._functions))
            if place == len(self._functions):
                self._functions.append(value)
            return {"t": "h", "v": f"b{place}"}
        raise TypeError(f"the tests cannot hand {type(value).__name__} objects to the code")

    def _called_back(self, said: dict[str, Any]) -> None:
        """Call a function of the tests for the code."""
        try:
            self._learn(said.get("classes"))
            called = self._functions[said["call"]]
            arguments = [read(one, [], self._foreign) for one in said["args"]]
            named = {k: read(one, [], self._foreign) for k, one in said["keywords"].items()}
        except _MALFORMED:
            raise self._break("it calls a function that it was not handed") from None
        try:
            self._send({"ok": Writer(self._handed).write(called(*arguments, **named))})
        except Broken:
            raise
        except BaseException as error:  # noqa: BLE001 - handed on to the code, as a name and a text
            if isinstance(error, AssertionError):
                self.refused = f"AssertionError: {error}"[:400]
            self._failures.append(error)
            names = [k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"]
            told = {"raised": names, "told": str(error)[:400], "back": len(self._failures) - 1}
            self._send(told)

    def _break(self, why: str) -> Broken:
        self.broken = self.broken or why
        return Broken(self.broken)


def _coroutine(peer: Peer, handle: Handle) -> Coroutine[Any, Any, Any]:
    async def awaited() -> Any:
        return peer.ask("await", held(handle).number)

    return awaited()
