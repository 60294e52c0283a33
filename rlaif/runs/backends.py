"""The models behind a judge: made, given their share of a machine, started one after another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from rlaif.errors import JudgeUnavailable
from rlaif.lazy import BACKENDS, load
from rlaif.ports import JudgeBackend
from rlaif.prompting.prompt import Prompter
from rlaif.records.backends import OpenaiJudge, ScriptedJudge, VllmJudge, backend_name
from rlaif.records.judge import Judge

P = TypeVar("P", bound=Prompter)
_MOST_MEMORY = 0.9
"""Of a GPU, for all engines on it."""


def backend_of(judge: Judge) -> JudgeBackend:
    """The backend that the judge file names, not yet started.

    Raises: MissingExtra when the package it needs is not installed.
    """
    spec = judge.own
    backend: JudgeBackend = load(BACKENDS[backend_name(spec)])(spec, judge.folder)
    return backend


@asynccontextmanager
async def started(
    judge: Judge,
    backend: JudgeBackend | None,
    prompter: Callable[[Judge, JudgeBackend], P],
) -> AsyncIterator[tuple[list[JudgeBackend], list[P]]]:
    """The backends of all who judge, started one after another, and who writes their prompts.

    What can be known to be wrong without a model is found before one is loaded.
    """
    seats = judge.seats
    backends = [backend or backend_of(one) for one in sharing(seats)]
    prompters = [prompter(*both) for both in zip(seats, backends, strict=True)]
    async with AsyncExitStack() as stack:
        for place, (seat, used) in enumerate(zip(seats, backends, strict=True)):
            stack.push_async_callback(used.aclose)
            before = used.tokenizer()
            await used.start()
            if used.tokenizer() is not before:  # it takes text after all
                prompters[place] = prompter(seat, used)
            _can_think(seat, used)
        yield backends, prompters


def sharing(seats: Sequence[Judge]) -> list[Judge]:
    """The judges with a GPU's memory divided among those that load a model into one by vLLM."""
    loading = [seat for seat in seats if isinstance(seat.spec, VllmJudge)]
    unstated = [s for s in loading if isinstance(s.spec, VllmJudge) and not s.spec.memory_share]
    stated = sum(s.spec.memory_share or 0 for s in loading if isinstance(s.spec, VllmJudge))
    if len(loading) < 2 or not unstated:
        return list(seats)
    share = round(max(_MOST_MEMORY - stated, 0.05) / len(unstated), 3)
    return [_with_share(seat, share) if seat in unstated else seat for seat in seats]


def waiting(judge: Judge, max_outage_s: float) -> Judge:
    """The judge, waiting so many seconds for a server that cannot be reached."""
    members = tuple(waiting(member, max_outage_s) for member in judge.members)
    spec = judge.spec
    if isinstance(spec, OpenaiJudge):
        spec = spec.model_copy(update={"max_outage_s": max_outage_s})
    return replace(judge, spec=spec, members=members)


def _with_share(seat: Judge, share: float) -> Judge:
    return replace(seat, spec=seat.own.model_copy(update={"memory_share": share}))


def _can_think(seat: Judge, backend: JudgeBackend) -> None:
    spec = seat.own
    needs_ids = spec.thinking and spec.reads_labels and not isinstance(spec, ScriptedJudge)
    if needs_ids and backend.tokenizer() is None:
        raise JudgeUnavailable(
            f"{seat.name}: probabilities after the thinking need prompts as token ids, and this "
            "model is asked in text\n  hint: verdict: generated, or a server that takes token ids"
        )
