"""Serves hostile code to the process of the tests: nothing here is trusted.

One line on the channel brings the code. On the link go requests of the tests and the answers to
them; while one is answered, the code may call functions that the tests have handed to it.
"""

from __future__ import annotations

import builtins
import sys
import types
from typing import Any

from rlaif.checks.sandbox.inside.channel import Channel
from rlaif.checks.sandbox.inside.crossing import MOST_LINE, Writer, mutables, number, read
from rlaif.checks.sandbox.inside.operations import OPERATIONS
from rlaif.checks.sandbox.inside.values import dumps


def main(channel: Channel, link: Channel) -> None:
    """Run until the process of the tests ends."""
    channel.send({"up": True})
    job = channel.receive()
    module = types.ModuleType("candidate")
    sys.modules["candidate"] = module
    server = _Server(module, link)
    try:
        exec(compile(job["code"], "candidate.py", "exec"), module.__dict__)  # noqa: S102 - its purpose
    except BaseException as error:  # noqa: BLE001 - whatever the code does is its own doing
        link.send({"no_code": _told(error)})
        return
    link.send(server.hello())
    server.serve()


class _Server:
    """Answers requests; keeps the objects that only handles of cross."""

    def __init__(self, module: types.ModuleType, link: Channel) -> None:
        self._link = link
        self._objects: dict[int, Any] = {0: module}
        self._numbers: dict[int, int] = {}
        self._made = 0
        self._classes: list[Any] = []
        """Exception classes that the other side has not been told of."""

    def hello(self) -> dict[str, Any]:
        """The public names: functions and classes with their handles, the rest by name."""
        writer = Writer(self._handle)
        public = {n: v for n, v in vars(self._objects[0]).items() if not n.startswith("__")}
        kept = {n: v for n, v in public.items() if isinstance(v, type | types.FunctionType)}
        names = {n: writer.write(kept[n]) if n in kept else None for n in public}
        return {"names": names, "classes": self._news()}

    def serve(self) -> Any:
        """Answer requests until a message comes that is none, and return that."""
        while True:
            asked = self._link.receive()
            if asked is None or "op" not in asked:
                return asked
            self._answer(asked)

    def _answer(self, asked: dict[str, Any]) -> None:
        for dropped in asked["drop"]:
            gone = self._objects.pop(dropped, None)
            self._numbers.pop(id(gone), None)
        arguments = [read(one, [], self._known) for one in asked["args"]]
        keywords = {k: read(one, [], self._known) for k, one in asked["keywords"].items()}
        known = mutables([*arguments, *keywords.values()])
        before = [_parts(one) for one in known]
        writer = Writer(self._handle, known)
        does, on = OPERATIONS[asked["op"]], self._objects[asked["on"]]
        try:
            found = does(on, *arguments, **keywords)
        except BaseException as error:  # noqa: BLE001 - whatever the code does is its own doing
            answer = self._raised(error)
        else:
            answer = self._returned(found, writer)
        changed = [i for i, one in enumerate(known) if _other(before[i], _parts(one))]
        self._reply(asked["n"], answer, writer, [(i, known[i]) for i in changed])

    def _reply(self, n: int, answer: Any, writer: Writer, changed: list[tuple[int, Any]]) -> None:
        try:
            now = [[place, writer.contents(one)] for place, one in changed]
            answer = {"n": n, **answer, "changed": now, "classes": self._news()}
            line = dumps(answer)
        except BaseException as error:  # noqa: BLE001 - values whose own methods raise
            line = dumps({"n": n, **_no_value(_told(error))})
        if len(line) > MOST_LINE:
            line = dumps({"n": n, **_no_value("what came back is too large")})
        self._link.write(line)

    def _returned(self, found: Any, writer: Writer) -> dict[str, Any]:
        try:
            return {"ok": writer.write(found)}
        except BaseException as error:  # noqa: BLE001 - values whose own methods raise
            return _no_value(_told(error))

    def _raised(self, error: BaseException) -> dict[str, Any]:
        if isinstance(error, _Back) or hasattr(error, "_rlaif_back"):
            return {"back": error._rlaif_back}
        names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
        told: dict[str, Any] = {
            "raised": names[:8],
            "told": _text(error),
            "type": type(error).__name__[:80],
        }
        given = getattr(error, "args", ())
        if len(given) <= 4 and all(type(one) in (str, int, float, bool) for one in given):
            told["given"] = [Writer(self._handle).write(one) for one in given]
        if type(error).__module__ != "builtins":
            told |= {"class": self._handle(type(error)), "error": self._object(error)}
        return told

    def _handle(self, value: Any) -> dict[str, str]:
        """What crosses of something that is no plain data."""
        if isinstance(value, _Callback):
            return {"t": "h", "v": f"b{value.number}"}
        if isinstance(value, type) and issubclass(value, Exception):
            return {"t": "h", "v": f"x{self._exception(value)}"}
        letter = "w" if isinstance(value, types.CoroutineType) else "h"
        return {"t": "h", "v": f"{letter}{self._object(value)}:{type(value).__name__[:40]}"}

    def _object(self, value: Any) -> int:
        if id(value) not in self._numbers:
            self._made += 1
            self._numbers[id(value)] = self._made
            self._objects[self._made] = value
        return self._numbers[id(value)]

    def _exception(self, kind: type) -> int:
        """The number of a class of exceptions; a new one is told of with the next answer."""
        known = id(kind) in self._numbers
        found = self._object(kind)
        if not known:
            foreign = [k for k in kind.__mro__[1:] if k.__module__ != "builtins"]
            above = [self._exception(k) for k in foreign if issubclass(k, Exception)]
            names = [k.__name__ for k in kind.__mro__ if k.__module__ == "builtins"]
            self._classes.append([found, kind.__name__[:80], names[:8], above[:8]])
        return found

    def _news(self) -> list[Any]:
        news, self._classes = self._classes, []
        return news

    def _known(self, text: str) -> Any:
        if text[:1] == "b":
            return _Callback(self, number(text[1:]))
        return self._objects[number(text)]

    def call_back(self, called: int, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Have the tests call a function that they handed to the code."""
        writer = Writer(self._handle)
        given = [writer.write(one) for one in arguments]
        named = {name: writer.write(one) for name, one in keywords.items()}
        news = self._news()
        self._link.send({"call": called, "args": given, "keywords": named, "classes": news})
        said = self.serve()
        if said is None:
            sys.exit()
        if "back" in said:
            raise _back(said)
        return read(said["ok"], [], self._known)


class _Callback:
    """A function of the tests."""

    def __init__(self, server: _Server, called: int) -> None:
        self._server, self.number = server, called
        self.__name__ = self.__qualname__ = "function_of_the_tests"

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        return self._server.call_back(self.number, arguments, keywords)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)


class _Back(Exception):
    """Stands for an exception in a function of the tests that is no builtin one."""

    _rlaif_back: int


def _back(said: dict[str, Any]) -> BaseException:
    """The exception of a function of the tests, as near as it can be had here."""
    found = vars(builtins)
    kinds = [found[name] for name in said["raised"] if name in found]
    error: Any = kinds[0](said["told"]) if kinds else _Back(said["told"])
    error._rlaif_back = said["back"]
    return error  # type: ignore[no-any-return]  # a class of exceptions


def _parts(value: Any) -> Any:
    """What is in a list, dict, set or bytearray, to see later whether it has changed."""
    if isinstance(value, bytearray):
        return bytes(value)
    return [*value, *value.values()] if isinstance(value, dict) else list(value)


def _other(before: Any, after: Any) -> bool:
    if isinstance(before, bytes):
        return bool(before != after)
    return len(before) != len(after) or any(
        one is not two for one, two in zip(before, after, strict=True)
    )


def _no_value(told: str) -> dict[str, Any]:
    return {"raised": ["RuntimeError"], "told": told, "type": "RuntimeError"}


def _text(error: BaseException) -> str:
    try:
        return str(error)[:400]
    except BaseException:  # noqa: BLE001 - an exception whose text cannot be had
        return ""


def _told(error: BaseException) -> str:
    return f"{type(error).__name__[:80]}: {_text(error)}"
