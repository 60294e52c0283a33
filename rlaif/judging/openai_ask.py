"""One batch of questions to its end: asked, asked again where that helps, answered or failed.

What is asked again is only what has no answer yet. A batch that a server refuses or breaks over is
halved, down to the question at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

import orjson

from rlaif.errors import JudgeUnavailable
from rlaif.judging.http_faults import Broken, Denied, Fell, Refused, TooLate, one_line
from rlaif.judging.http_line import Line, Reply
from rlaif.judging.http_pace import Clock, backoff
from rlaif.judging.openai_manners import Body
from rlaif.records.outcome import Failure

Asked = TypeVar("Asked")
Said = TypeVar("Said")

MOST_FALLS = 3
"""How often a server may fall over one and the same question."""


_Question = TypeVar("_Question", contravariant=True)
_Answer = TypeVar("_Answer", covariant=True)


class Way(Protocol[_Question, _Answer]):
    """How questions become a body, and its reply answers."""

    path: str
    """Of the URL, after `/v1`."""

    def body(self, asked: Sequence[_Question]) -> Body:
        """What is posted."""

    def read(self, asked: Sequence[_Question], reply: Body) -> Sequence[_Answer | Failure | Broken]:
        """One answer a question, or why there is none: Broken where it may be asked again.

        Raises: Broken for all of them.
        """


@dataclass(slots=True)
class _Part(Generic[Asked]):
    """Questions that go in one request, and what became of it so far."""

    asked: Sequence[Asked]
    tries: int = 0
    """Of exactly these questions: which one of a batch is at fault costs the others none."""
    falls: int = 0
    ready: float = 0.0
    """When it may be sent (monotonic)."""
    told: str = ""
    """Why it was sent in vain the last time."""

    def halves(self) -> list[_Part[Asked]]:
        """The second half first: the list of parts is worked off from its end."""
        half = len(self.asked) // 2
        tail, head = self.asked[half:], self.asked[:half]
        return [_Part(part, self.tries, 0, self.ready, self.told) for part in (tail, head) if part]


async def ask(
    line: Line,
    way: Way[Asked, Said],
    asked: Sequence[Asked],
    home: int,
    give: Callable[[Asked, Said | Failure], None],
) -> None:
    """Ask `asked`, and hand each its answer or its failure.

    Raises: JudgeUnavailable where the server is gone, or does not let us in.
    """

    def tell(one: Asked, said: Said | Failure) -> None:
        give(one, _without_keys(line, said) if isinstance(said, Failure) else said)

    clock = Clock(line.deadline_s)
    parts = [_Part(asked)]
    while parts:
        part = _next(parts)
        try:
            await clock.until(part.ready)
            parts += await _once(line, way, part, home, clock, tell)
        except TooLate as fault:
            told = f"{fault}; before that: {part.told}" if part.told else str(fault)
            _fail(part.asked, Failure("backend", told), tell)


def _next(parts: list[_Part[Asked]]) -> _Part[Asked]:
    """Take out the part that may be sent first; of several the last one."""
    place = min(range(len(parts)), key=lambda at: (parts[at].ready, -at))
    return parts.pop(place)


def _without_keys(line: Line, failure: Failure) -> Failure:
    """The failure without any key that the server put into its answer."""
    return Failure(failure.stage, line.told(failure.message))


async def _once(
    line: Line,
    way: Way[Asked, Said],
    part: _Part[Asked],
    home: int,
    clock: Clock,
    give: Callable[[Asked, Said | Failure], None],
) -> list[_Part[Asked]]:
    """Send it once; what is to be sent yet."""
    try:
        reply = await line.send(way.path, orjson.dumps(way.body(part.asked)), home, clock)
        found = way.read(part.asked, parsed(reply))
    except Denied as fault:
        raise denied(fault) from None
    except Refused as fault:
        if len(part.asked) > 1:
            return part.halves()
        _fail(part.asked, Failure("backend", str(fault)), give)
        return []
    except Fell as fault:
        return _after_fall(part, fault, give)
    except Broken as fault:
        return _again(part, fault, line.retries, give, halve=fault.wait_s is None)
    return _handed(part, found, line.retries, give)


def parsed(reply: Reply) -> Body:
    """The object in a reply. Raises: Broken where there is none, or it is another's."""
    try:
        found = orjson.loads(reply.content)
    except orjson.JSONDecodeError:
        told = one_line(reply.content, reply.door.address.key)
        raise Broken(f"the server's answer is not JSON: '{told}'", "parse") from None
    if not isinstance(found, dict):
        raise Broken("the server's answer is not a JSON object", "parse")
    model, known = found.get("model"), reply.door.model
    if known is not None and model is not None and model != known:
        told = one_line(str(model), reply.door.address.key)
        raise Broken(f"the answer is another model's ('{told}'), or to another question", "parse")
    if "error" in found and "choices" not in found:
        told = one_line(str(found["error"]), reply.door.address.key)
        raise Broken(f"the server answered with an error: {told}")
    return found


def denied(fault: Denied) -> JudgeUnavailable:
    """What to tell where a server does not let us in."""
    return JudgeUnavailable(
        f"the judge's server does not let us in ({fault})\n"
        "  hint: put its key into the variable that 'api_key_env' of the judge file names"
    )


def _handed(
    part: _Part[Asked],
    found: Sequence[Said | Failure | Broken],
    retries: int,
    give: Callable[[Asked, Said | Failure], None],
) -> list[_Part[Asked]]:
    """Hand out the answers; the questions without one, to be asked again."""
    missing: list[Asked] = []
    fault: Broken | None = None
    for one, said in zip(part.asked, found, strict=True):
        if isinstance(said, Broken):
            missing.append(one)
            fault = said
        else:
            give(one, said)
    if fault is None:
        return []
    rest = _Part(missing, part.tries, part.falls)
    return _again(rest, fault, retries, give, halve=False)


def _again(
    part: _Part[Asked],
    fault: Broken,
    retries: int,
    give: Callable[[Asked, Said | Failure], None],
    *,
    halve: bool,
) -> list[_Part[Asked]]:
    """The same once more after a pause, in halves where it may be one question's doing."""
    part.told = str(fault)
    if halve and len(part.asked) > 1:
        part.ready = monotonic() + backoff(part.tries)
        return part.halves()
    part.tries += 1
    if part.tries > retries:
        times = f" (asked {part.tries} times)" if part.tries > 1 else ""
        _fail(part.asked, Failure(fault.stage, f"{fault}{times}"), give)
        return []
    part.ready = monotonic() + backoff(part.tries - 1, fault.wait_s)
    return [part]


def _after_fall(
    part: _Part[Asked], fault: Fell, give: Callable[[Asked, Said | Failure], None]
) -> list[_Part[Asked]]:
    """Once more when a server is there again; not for ever what servers fall over."""
    part.told = str(fault)
    if not fault.underway:
        return [part]
    if len(part.asked) > 1:
        return part.halves()
    part.falls += 1
    if part.falls < MOST_FALLS:
        return [part]
    told = f"the server went away {part.falls} times while it was asked this: {fault}"
    _fail(part.asked, Failure("backend", told), give)
    return []


def _fail(asked: Sequence[Asked], failure: Failure, give: Callable[[Asked, Any], None]) -> None:
    for one in asked:
        give(one, failure)
