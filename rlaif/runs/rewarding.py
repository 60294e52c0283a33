"""Completions to rewards within a deadline, from any thread and any event loop.

A judge is loaded at the first call and kept. What is equal is graded once. A failure is asked for
again, then it is a reward without a value; a judge that is gone is opened again once, then it is an
error: a trainer that goes on without any reward learns nothing, and nobody notices.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable, Collection, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from rlaif.errors import InputError
from rlaif.ports import JudgeBackend, Sandbox
from rlaif.records.judge import Judge
from rlaif.records.reward import Reward, Rollout
from rlaif.records.rubric import Rubric
from rlaif.records.shaping import Shaping
from rlaif.runs.fit import misfit
from rlaif.runs.forgeable import forgery, refuse_forgeable
from rlaif.runs.grader import Means
from rlaif.runs.judge import NO_JUDGE_NAMED, asks_judge, no_judge
from rlaif.runs.kept_judge import KeptJudge
from rlaif.runs.own_loop import OwnLoop
from rlaif.runs.worth import Graded, as_rewards, baseline_sample, refuse_unknown_gates

T = TypeVar("T")
Job = Coroutine[Any, Any, T]
_MAKING = threading.Lock()
"""Callers of several threads make one loop."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how often."""

    deadline_s: float = 600.0
    """Of one call; what is not graded by then has no reward."""
    retries: int = 1
    """How often what failed is asked for again, inside the deadline."""
    in_flight: int = 256
    """Samples under way at once; others wait for their turn, inside their deadline."""


class Rewarder:
    """`ports.Rewarding` by one rubric and one judge. Can be pickled; a copy loads for itself."""

    def __init__(
        self,
        rubric: Rubric,
        judge: Judge | None = None,
        *,
        shaping: Shaping | None = None,
        deadline_s: float = 600.0,
        retries: int = 1,
        in_flight: int = 256,
        cache: bool = False,
        backend: JudgeBackend | None = None,
        sandbox: Sandbox | None = None,
        unsafe_no_sandbox: bool = False,
        accept_forgeable: Collection[str] = (),
    ) -> None:
        """Nothing is loaded yet. The arguments are as for `rlaif.grade` and `Limits`.

        Raises: InputError for a limit that cannot be, a rubric that needs a judge where none is
        given, a check that can be forged and was not accepted, and a gate on no criterion.
        """
        self.shaping = shaping or Shaping()
        self.limits = _sound(Limits(deadline_s, retries, in_flight))
        refuse_forgeable(rubric.items, accept_forgeable)
        if judge is None and asks_judge(rubric.items):
            raise InputError(NO_JUDGE_NAMED)
        if rubric.criteria != "per-sample":
            refuse_unknown_gates(self.shaping, rubric.items)
        self._accepted = frozenset(accept_forgeable)
        self._judged = judge is not None
        self._means = Means(
            rubric,
            judge or no_judge(),
            backend,
            sandbox,
            unsafe_no_sandbox,
            cache,
            in_flight,
            asks_judge(rubric.items),
        )
        self._live: _Live | None = None

    @property
    def rubric(self) -> Rubric:
        """What is graded by."""
        return self._means.rubric

    @property
    def judge(self) -> Judge:
        """Who judges."""
        return self._means.judge

    async def rewards(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        """See `ports.Rewarding`."""
        return await asyncio.wrap_future(self._begin(rollouts, self._rewards))

    async def graded(self, rollouts: Sequence[Rollout]) -> list[Graded | None]:
        """The grades themselves, in their order; None where the deadline came first.

        Raises: as `rewards`.
        """
        return await asyncio.wrap_future(self._begin(rollouts, self._grades))

    def rewards_sync(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        """See `ports.Rewarding`."""
        begun = self._begin(rollouts, self._rewards)
        try:
            return begun.result()
        except BaseException:  # Ctrl-C, while it is waited for
            begun.cancel()
            raise

    async def open(self, *, asks: bool = False) -> None:
        """Load the judge now, not at the first call.

        Args: `asks`, also a judge that only samples' own criteria will be asked of.
        Raises: as `rewards`.
        """
        live = self._alive()
        begun = live.loop.begin(live.kept.open(asks=asks and self._judged))
        await asyncio.wrap_future(begun)

    def close(self) -> None:
        """Let go of the judge, and end the thread; the next call loads anew.

        What is under way ends with JudgeUnavailable.
        """
        with _MAKING:
            live, self._live = self._live, None
        if live is not None:
            live.loop.close(live.kept.aclose())

    def __getstate__(self) -> dict[str, Any]:
        """Without what is loaded."""
        return {key: value for key, value in self.__dict__.items() if key != "_live"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Nothing is loaded yet."""
        self.__dict__.update(state)
        self._live = None

    def _alive(self) -> _Live:
        """The judge of this process, and its loop; made where there is none."""
        with _MAKING:
            if self._live is not None and self._live.loop.process != os.getpid():
                _OF_PARENTS.append(self._live)  # its threads are not here, and cannot end
                self._live = None
            if self._live is None:
                self._live = _Live(OwnLoop(), KeptJudge(self._means, self.limits.retries))
                self._live.loop.lives_here = self._live.kept
                # For one that nobody closes; at the program's end all loops are waited for
                weakref.finalize(self, self._live.loop.stop).atexit = False
            return self._live

    def _begin(
        self, rollouts: Sequence[Rollout], what: Callable[[KeptJudge, Sequence[Rollout]], Job[T]]
    ) -> Future[T]:
        for one in rollouts:
            self._refuse(one)
        live = self._alive()
        return live.loop.begin(what(live.kept, tuple(rollouts)))

    def _refuse(self, one: Rollout) -> None:
        sample = one.sample
        if fault := misfit(sample, self.rubric) or forgery(sample.criteria, self._accepted):
            raise InputError(f"sample '{sample.sample_id}': {fault.message}\n  hint: {fault.hint}")
        if not self._judged and asks_judge(sample.criteria):
            raise InputError(f"sample '{sample.sample_id}': {NO_JUDGE_NAMED}")
        if sample.criteria:
            refuse_unknown_gates(self.shaping, (*self.rubric.items, *sample.criteria))
        length = self.shaping.length
        if length is not None and length.unit == "tokens" and one.tokens is None:
            raise InputError(
                "the length penalty counts tokens, and the trainer does not say how many there are"
                "\n  hint: 'unit: words' in the shaping, or hand over the completion's ids"
            )

    async def _rewards(self, kept: KeptJudge, rollouts: Sequence[Rollout]) -> list[Reward]:
        """In the judge's own loop."""
        others = [baseline_sample(one) for one in rollouts] if self.shaping.baseline else []
        samples = [one.sample for one in rollouts] + others
        graded = await kept.graded(samples, self.limits.deadline_s)
        own, baselines = graded[: len(rollouts)], graded[len(rollouts) :]
        return as_rewards(rollouts, own, baselines, self.shaping, self.rubric)

    async def _grades(self, kept: KeptJudge, rollouts: Sequence[Rollout]) -> list[Graded | None]:
        return await kept.graded([one.sample for one in rollouts], self.limits.deadline_s)


@dataclass(frozen=True, slots=True)
class _Live:
    """What is loaded: a judge, and the loop that it lives in."""

    loop: OwnLoop
    kept: KeptJudge


_OF_PARENTS: list[_Live] = []
"""Of the process that this one was forked from: never used, and never taken down here."""


def _sound(limits: Limits) -> Limits:
    if not limits.deadline_s > 0:
        raise InputError(f"deadline_s is {limits.deadline_s:g}: it must be more than 0 seconds")
    if limits.retries < 0:
        raise InputError(f"retries is {limits.retries}: 0 or more")
    if limits.in_flight < 1:
        raise InputError(f"in_flight is {limits.in_flight}: 1 or more")
    return limits
