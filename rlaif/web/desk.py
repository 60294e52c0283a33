"""Where every request for rewards is handled: read, let in, graded, answered, counted.

Callers share the judge, so nothing is collected here first: their completions meet in its stream.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from rlaif.errors import InputError, JudgeUnavailable, RlaifError
from rlaif.ports import Rewarding
from rlaif.records.reward import Reward, Rollout
from rlaif.web.admission import Room
from rlaif.web.bodies import body_of, parsed
from rlaif.web.counts import Counts, stage_of
from rlaif.web.reopening import Reopening
from rlaif.web.replies import Refused, refusal, reply
from rlaif.web.served import Served
from rlaif.web.standing import Standing

T = TypeVar("T")
_LARGE = 2**14
"""Bytes of a body; to read some hundred items takes as long as to answer many small requests."""
_GONE = 499
"""Status of a request whose caller went away; nobody reads it."""
_SLACK_S = 10.0
"""Added to the deadline of grading, which has its own; a backend may ignore that."""


class Form(Protocol):
    """One trainer's way to ask."""

    @property
    def name(self) -> str:
        """For the metrics."""

    def counted(self, data: Mapping[str, Any]) -> int:
        """How many rewards are asked for; nothing else is looked at. Raises: Refused (422)."""

    def read(self, data: Mapping[str, Any]) -> list[Rollout]:
        """What is to be graded. Raises: Refused with everything that is wrong."""

    def write(
        self, data: Mapping[str, Any], rewards: Sequence[Reward], served: Served
    ) -> dict[str, Any]:
        """The answer. Raises: Refused where the form has no way to say it."""


@dataclass(slots=True)
class Desk:
    """What the requests of one server share."""

    rewarding: Rewarding
    served: Served
    room: Room
    standing: Standing
    deadline_s: float
    most_bytes: int
    """Of one request's body."""
    note: Callable[[str], None]
    """Takes lines for whoever runs the server; no text of a completion is among them."""
    reopening: Reopening
    counts: Counts = field(default_factory=Counts)

    async def answer(self, request: Request, form: Form) -> Response:
        """Rewards, or what keeps them from being there. Never raises for a caller's doing."""
        started = time.monotonic()
        self.counts.in_flight += 1
        status = _GONE
        try:
            answer = await self._answer(request, form)
        except Refused as refused:
            status = refused.status
            return refusal(refused)
        except ClientDisconnect:
            return Response(status_code=_GONE)
        except Exception as error:  # noqa: BLE001 - a fault of ours is told without its text
            status = 500
            self.note(f"{form.name}: a fault of rlaif itself: {_place(error)}")
            return refusal(Refused(500, f"a fault of rlaif itself: {type(error).__name__}"))
        else:
            status = answer.status_code
            return answer
        finally:
            self.counts.in_flight -= 1
            self.counts.took(form.name, status, time.monotonic() - started)

    async def _answer(self, request: Request, form: Form) -> Response:
        if self.standing.stopping:
            raise self.standing.closed()
        async with body_of(request, self.most_bytes, self.room) as body:
            data, rollouts = await _read(form, body, self.room)
            with self.room.taken(len(rollouts)):
                rewards = await self._graded(request, rollouts) if rollouts else []
            self.counts.answered(form.name, rewards)
            self._tell_failures(form, rewards)
            return reply(form.write(data, rewards, self.served))

    async def _graded(self, request: Request, rollouts: Sequence[Rollout]) -> list[Reward]:
        """As long as the caller is there and the server stays open."""
        work = _task(self._rewards(rollouts))
        gone = _task(_left(request))
        closing = _task(self.standing.over.wait())
        try:
            await asyncio.wait(
                {work, gone, closing},
                timeout=self.deadline_s + _SLACK_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if work.done():
                return work.result()
            if gone.done():
                raise ClientDisconnect
            if closing.done():
                raise self.standing.closed()
            raise Refused(504, f"nothing was graded within {self.deadline_s:g} s")
        finally:
            for task in (work, gone, closing):
                task.cancel()

    async def _rewards(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        await self.standing.wait_until_ready(self.deadline_s)
        try:
            rewards = await self.rewarding.rewards(rollouts)
        except InputError as error:
            raise _unfit(error) from None
        except JudgeUnavailable as error:
            if not self.standing.trouble:
                self.note(f"no more rewards until the judge is back: {error}")
            refused = self.standing.lost(str(error))
            self.reopening.begin()
            raise refused from None
        except RlaifError as error:
            raise Refused(503, str(error)) from None
        self.standing.found()
        return rewards

    def _tell_failures(self, form: Form, rewards: Sequence[Reward]) -> None:
        failed = [stage_of(one) for one in rewards if one.value is None]
        if failed:
            stages = ", ".join(sorted(set(failed)))
            self.note(f"{form.name}: {len(failed)} of {len(rewards)} have no reward ({stages})")


async def _read(form: Form, body: bytes, room: Room) -> tuple[dict[str, Any], list[Rollout]]:
    """What a body states; a large one is read in a thread, as others are waiting.

    More items than there is room for are refused before any is read.
    """

    def read() -> tuple[dict[str, Any], list[Rollout]]:
        data = parsed(body)
        room.must_fit(form.counted(data))
        return data, form.read(data)

    return await asyncio.to_thread(read) if len(body) > _LARGE else read()


def _task(coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task whose error is nobody's concern once nobody waits for it."""
    task = asyncio.create_task(coroutine)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


async def _left(request: Request) -> None:
    """Returns when the caller has gone; the body was read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _unfit(error: InputError) -> Refused:
    """What the grading refuses of one sample; it names the sample, whose id is its place."""
    told, _, hint = str(error).partition("\n  hint: ")
    where, _, rest = told.removeprefix("sample '").partition("': ")
    return Refused(422, rest, where, hint=hint) if rest else Refused(422, told, hint=hint)


def _place(error: BaseException) -> str:
    """Where in our code it arose; an error's own words may quote a completion."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {last.name}, line {last.lineno} of {last.filename}"
