"""What the process of the tests makes of answers, honest ones and others."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from rlaif.checks.sandbox.inside.channel import Channel
from rlaif.checks.sandbox.inside.crossing import MOST_LINE
from rlaif.checks.sandbox.inside.module import Module
from rlaif.checks.sandbox.inside.peer import Broken, Peer
from rlaif.checks.sandbox.inside.proxy import Handle
from rlaif.checks.sandbox.inside.raised import RAISED

HANDLE = {"ok": {"t": "h", "v": "h1:Thing"}}


class Code:
    """Plays the process of the code: what it says is written down before it is asked."""

    def __init__(self) -> None:
        self.socket, other = socket.socketpair()
        self.descriptor = other.detach()
        self.peer = Peer(Channel(self.descriptor), lambda: None)
        self._n = 0

    def says(self, answer: dict[str, Any]) -> None:
        """The answer to the next request."""
        self._n += 1
        self.raw(json.dumps({"n": self._n, **answer}).encode() + b"\n")

    def raw(self, line: bytes) -> None:
        """Any bytes."""
        self.socket.sendall(line)

    def asked(self) -> list[Any]:
        """The requests so far."""
        self.socket.setblocking(False)
        return [json.loads(line) for line in self.socket.recv(1 << 20).splitlines()]

    def gives(self, answer: dict[str, Any], *arguments: Any) -> Any:
        """What a call comes to that is answered so."""
        self.says(answer)
        return self.peer.ask("call", 1, *arguments)

    def handle(self) -> Any:
        """A handle that a function gave."""
        return self.gives(HANDLE)


@pytest.fixture
def code() -> Iterator[Code]:
    made = Code()
    yield made
    made.socket.close()
    os.close(made.descriptor)


BROKEN: dict[str, bytes] = {
    "no JSON": b"nothing\n",
    "no object": b"[1]\n",
    "no number": b'{"ok":1}\n',
    "another number": b'{"n":2,"ok":1}\n',
    "a number that is true": b'{"n":true,"ok":1}\n',
    "no result": b'{"n":1}\n',
    "a strange value": b'{"n":1,"ok":{"t":"?","v":"x"}}\n',
    "a strange handle": b'{"n":1,"ok":{"t":"h","v":"z1:int"}}\n',
    "a handle without a number": b'{"n":1,"ok":{"t":"h","v":"h-1:int"}}\n',
    "an argument that there is not": b'{"n":1,"ok":{"t":"h","v":"a5"}}\n',
    "a class that there is not": b'{"n":1,"ok":{"t":"h","v":"x5"}}\n',
    "a function that there is not": b'{"n":1,"ok":{"t":"h","v":"b0"}}\n',
    "a call of a function that there is not": b'{"call":0,"args":[],"keywords":{}}\n',
    "a call of a function before the first": b'{"call":-1,"args":[],"keywords":{}}\n',
    "a failure that there was not": b'{"n":1,"back":0}\n',
    "an argument of another type": b'{"n":1,"ok":1,"changed":[[0,{"t":"d","v":[]}]]}\n',
    "an argument out of range": b'{"n":1,"ok":1,"changed":[[7,[]]]}\n',
    "an argument before the first": b'{"n":1,"ok":1,"changed":[[-1,[]]]}\n',
    "a deep value": b'{"n":1,"ok":' + b"[" * 5000 + b"]" * 5000 + b"}\n",
    "an unhashable key": b'{"n":1,"ok":{"t":"s","v":[[1]]}}\n',
    "a number of many digits": b'{"n":1,"ok":' + b"9" * 9000 + b"}\n",
    "a bad decimal": b'{"n":1,"ok":{"t":"h","v":"Dx"}}\n',
    "a class twice": b'{"n":1,"ok":1,"classes":[[1,"A",[],[]],[1,"A",[],[]]]}\n',
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_answer_breaks_the_line_for_good(code: Code, name: str) -> None:
    code.raw(BROKEN[name])
    with pytest.raises(Broken):
        code.peer.ask("call", 1, [1])
    assert code.peer.broken
    code.says({"ok": 1})
    with pytest.raises(Broken):
        code.peer.ask("call", 1)


def test_a_message_without_an_end_is_not_read_to_its_end(code: Code) -> None:
    def pour() -> None:
        with contextlib.suppress(OSError):
            while True:
                code.raw(b"x" * (1 << 20))

    thread = threading.Thread(target=pour)
    thread.start()
    with pytest.raises(Broken, match=f"more than {MOST_LINE >> 20} MB"):
        code.peer.ask("call", 1)
    code.socket.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_closed_line_is_said(code: Code) -> None:
    code.socket.shutdown(socket.SHUT_RDWR)
    with pytest.raises(Broken):
        code.peer.ask("call", 1)
    assert code.peer.broken == "closed"


def test_a_broken_line_is_no_exception_that_tests_catch(code: Code) -> None:
    assert not issubclass(Broken, Exception)


NOT_PASSED_ON = (
    *("AssertionError", "StopIteration", "StopAsyncIteration", "SystemExit", "KeyboardInterrupt"),
    *("GeneratorExit", "BaseException", "Warning", "UserWarning", "Skip"),
    *("ExceptionGroup", "BaseExceptionGroup"),
)


@pytest.mark.parametrize("name", NOT_PASSED_ON)
def test_these_become_a_runtime_error(code: Code, name: str) -> None:
    assert name not in RAISED
    raised = {"raised": [name, "Exception"], "told": "x", "type": name}
    with pytest.raises(RuntimeError, match=f"the code raised {name}: x"):
        code.gives(raised)


def test_only_next_passes_on_that_there_is_no_more(code: Code) -> None:
    code.says({"raised": ["StopIteration", "Exception"], "told": "", "type": "StopIteration"})
    with pytest.raises(StopIteration):
        code.peer.ask("next", 1)


def test_an_own_class_of_exceptions_never_is_one_of_those(code: Code) -> None:
    classes = [[4, "AssertionError", ["AssertionError", "Exception"], []]]
    raised = {"raised": ["AssertionError"], "told": "x", "type": "A", "error": 9}
    with pytest.raises(Exception, match="x") as caught:
        code.gives({**raised, "class": {"v": "x4"}, "classes": classes})
    assert not isinstance(caught.value, AssertionError)


def test_a_handle_is_equal_to_itself_alone_and_true(code: Code) -> None:
    one = code.handle()
    other = code.gives({"ok": {"t": "h", "v": "h2:Thing"}})
    assert code.handle() is one
    assert one == one
    assert one != other
    assert one != 1
    assert one != 1
    assert bool(one)
    assert len(code.asked()) == 3


def test_a_forgotten_object_is_dropped_with_the_next_request(code: Code) -> None:
    one = code.handle()
    del one
    code.gives({"ok": None})
    assert [request["drop"] for request in code.asked()] == [[], [1]]


def test_no_operator_of_what_a_function_gave_is_asked(code: Code) -> None:
    one = code.handle()
    with pytest.raises(TypeError, match="made by a class"):
        one - 1.5
    with pytest.raises(TypeError, match="made by a class"):
        1.5 - one
    with pytest.raises(TypeError, match="made by a class"):
        one < 3  # noqa: B015 - what is asked
    with pytest.raises(TypeError):
        float(one)
    with pytest.raises(TypeError):
        int(one)
    with pytest.raises(TypeError):
        isinstance(1, one)
    assert not isinstance(one, int)
    assert len(code.asked()) == 1


def test_operators_of_what_the_tests_made_by_a_class_are_asked(code: Code) -> None:
    module = Module(code.peer, {"Thing": Handle(code.peer, 5, "type")})
    code.says(HANDLE)
    thing = module.Thing()
    code.says({"ok": 4})
    assert 1.5 - thing == 4
    assert [(one["op"], one["args"]) for one in code.asked()] == [("call", []), ("rsub", [1.5])]


def test_what_a_method_gives_was_not_made_by_the_tests(code: Code) -> None:
    module = Module(code.peer, {"Thing": Handle(code.peer, 5, "type")})
    code.says(HANDLE)
    thing = module.Thing()
    code.says({"ok": {"t": "h", "v": "h7:method"}})
    code.says({"ok": {"t": "h", "v": "h8:float"}})
    with pytest.raises(TypeError, match="made by a class"):
        thing.root() - 1.5


def test_a_class_does_not_swallow_the_verdict(code: Code) -> None:
    one = code.handle()
    code.says({"ok": None})
    code.says({"ok": True})
    with pytest.raises(AssertionError), one:
        raise AssertionError


def test_a_text_that_is_none_is_refused(code: Code) -> None:
    one = code.handle()
    code.says({"ok": 3})
    with pytest.raises(TypeError):
        str(one)


def test_a_function_that_was_handed_over_is_called_in_between(code: Code) -> None:
    code.raw(b'{"call":0,"args":[4],"keywords":{}}\n')
    assert code.gives({"ok": 7}, lambda x: x + 1) == 7
    request, back = code.asked()
    assert (request["args"], back) == ([{"t": "h", "v": "b0"}], {"ok": 5})


def test_an_assertion_in_a_function_that_was_handed_over_is_kept(code: Code) -> None:
    def refuse(x: int) -> None:
        raise AssertionError(x)

    code.raw(b'{"call":0,"args":[4],"keywords":{}}\n')
    assert code.gives({"ok": 7}, refuse) == 7
    assert code.peer.refused == "AssertionError: 4"


def test_star_brings_nothing_that_is_there_already(code: Code) -> None:
    thing = Handle(code.peer, 5, "function")
    names = dict.fromkeys(["f", "len", "there", "test_x", "_own", "__all__"], thing)
    module = Module(code.peer, names)
    module.__taken__ = {"there": 1}
    assert module.__all__ == ["f"]


def test_only_what_can_cross_is_handed_over(code: Code) -> None:
    with pytest.raises(TypeError, match="cannot hand object objects"):
        code.peer.ask("call", 1, object())
    itself: list[Any] = []
    itself.append(itself)
    with pytest.raises(ValueError, match="nested too deeply"):
        code.peer.ask("call", 1, itself)
    assert code.gives({"ok": 1}) == 1
