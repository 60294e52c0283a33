"""Which completions are missing, asked for one after another, and which are under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from rlaif.policies.asking import SEEDS, SEEDS_OF_SERVERS, Prompted, seed_of
from rlaif.ports import Request
from rlaif.records.outcome import Failure
from rlaif.records.policy import OpenaiPolicy
from rlaif.records.sample import Sample
from rlaif.runs.policy import Policy
from rlaif.storage.rollout_journal import Journal
from rlaif.storage.rollout_work import RolloutWork

Tell = Callable[[str, Failure], None]
"""Takes a sample's id, and why there is none."""
_UNDER_WAY = 2048
"""Completions that are asked for and not there yet, at most: what a batch is formed of."""


class Asked:
    """What is asked for, in the order of the prompts, and not answered yet."""

    def __init__(
        self, policy: Policy, work: RolloutWork, journal: Journal, seed: int, failed: Tell
    ) -> None:
        """`failed` is told what cannot be asked at all."""
        self._policy, self._work, self._journal, self._seed = policy, work, journal, seed
        self._failed = failed
        self._open: dict[int, tuple[Sample, Prompted, int]] = {}
        spec = policy.spec
        at_once, self._seeds = 0, SEEDS
        if isinstance(spec, OpenaiPolicy):
            at_once, self._seeds = spec.concurrency, SEEDS_OF_SERVERS
        self._room = asyncio.Semaphore(max(_UNDER_WAY, 2 * at_once))

    async def requests(self) -> AsyncIterator[Request]:
        """Each completion that is missing, once there is room for it."""
        count = self._work.per_prompt
        for place, prompt in self._work.prompts():
            wanted = [n for n in range(count) if not self._journal.has(place * count + n)]
            if not wanted:
                continue
            try:
                prompted = self._policy.asking.prompted(prompt.prompt)
            except ValueError as error:
                for index in wanted:
                    self._failed(name_of(prompt, index), Failure("render", str(error)))
                continue
            for index in wanted:
                await self._room.acquire()
                seed = seed_of(self._seed, prompt.sample_id, index, self._seeds)
                number = place * count + index
                self._open[number] = (prompt, prompted, seed)
                yield self._policy.asking.request(number, prompted, prompt.sample_id, seed)

    def settled(self, number: int) -> tuple[Sample, Prompted, int]:
        """What was asked under this number; it is under way no more."""
        self._room.release()
        return self._open.pop(number)

    def unanswered(self) -> list[str]:
        """The samples that nothing came back for."""
        return [name_of(one[0], n % self._work.per_prompt) for n, one in self._open.items()]


def name_of(prompt: Sample, index: int) -> str:
    """The id of the sample of a prompt's completion with this number, from 0."""
    return f"{prompt.sample_id}-{index}"
