"""Replicas that come, die and are replaced: the coordinator's side, with fakes for Ray's actors."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rlaif.errors import JudgeUnavailable, RunError
from rlaif.grading.plan import Work
from rlaif.grading.usage import Usage
from rlaif.runs.ray_mate import OUTSTANDING
from rlaif.runs.ray_messages import Batch, Done, Found, ReplicaDied, batch_of, unpacked
from rlaif.runs.ray_pool import MOST_DEATHS, Pool
from rlaif.runs.watching import Step

Make = Callable[..., Any]


class Ledger:
    """What all the fakes have graded, and who is to die when."""

    def __init__(self) -> None:
        self.graded: Counter[str] = Counter()
        self.made: list[Fake] = []
        self.poison = ""
        self.die_at_calls: set[int] = set()
        self.calls = 0
        self.served = ["m"] * 100
        self.start_deaths = 0
        self.most = 0


class Fake:
    """A replica that grades at once, a batch after the other."""

    def __init__(self, ledger: Ledger) -> None:
        self._all, self.dead, self.in_hand = ledger, False, 0
        self._number = len(ledger.made)
        self.asked = 0
        ledger.made.append(self)

    async def start(self) -> Found:
        await asyncio.sleep(0)
        if self._all.start_deaths:
            self._all.start_deaths -= 1
            raise ReplicaDied("out of memory")
        return Found(self._all.served[self._number], None, (), f"host{self._number}")

    async def grade(self, content: tuple[int, bytes]) -> Done:
        self.in_hand += 1
        self._all.most = max(self._all.most, self.in_hand)
        await asyncio.sleep(0)
        self._all.calls += 1
        ids = [work.sample.sample_id for work in unpacked(content)]
        if self._all.poison in ids or self._all.calls in self._all.die_at_calls:
            self.dead = True
        if self.dead:
            raise ReplicaDied("killed")
        self.in_hand -= 1
        self._all.graded.update(ids)
        self.asked += len(ids)
        return Done(Step(len(ids), 0, len(ids)), Usage(asked=self.asked))

    async def drain(self) -> None:
        if self.dead:
            raise ReplicaDied("killed")

    async def flush(self) -> Usage:
        return Usage(asked=self.asked)

    async def stop(self) -> None:
        pass

    def kill(self) -> None:
        self.dead = True


async def nothing_on_disk(_: str, lost: list[Batch]) -> tuple[Step, list[Batch]]:
    return Step(0, 0, 0), lost


@pytest.fixture
def batches(sample: Make) -> Callable[..., list[Batch]]:
    """`batches(5, of=10)`: so many batches of so many samples."""

    def make(count: int, of: int = 10) -> list[Batch]:
        works = [Work(sample(f"s{number}")) for number in range(count * of)]
        return [batch_of(works[n : n + of]) for n in range(0, count * of, of)]

    return make


async def graded(
    ledger: Ledger, given: Iterator[Batch], count: int = 2, rescued: Any = nothing_on_disk
) -> tuple[Pool, list[Step]]:
    """Grade the batches by so many fakes; the steps that were told."""
    pool = Pool(lambda: Fake(ledger), count, rescued)
    try:
        await pool.first()
        return pool, [step async for step in pool.graded(given)]
    finally:
        await pool.stop()


async def test_every_sample_is_graded_once_and_none_waits_for_another_replica(
    batches: Make,
) -> None:
    ledger = Ledger()
    pool, steps = await graded(ledger, iter(batches(60)))
    assert sum(step.grades for step in steps) == len(ledger.graded) == 600
    assert set(ledger.graded.values()) == {1}
    assert len(ledger.made) == 2
    assert all(one.asked for one in ledger.made)
    assert pool.usage.asked == 600


async def test_the_source_is_read_no_faster_than_replicas_take_it(batches: Make) -> None:
    ledger, taken = Ledger(), 0

    def source() -> Iterator[Batch]:
        nonlocal taken
        for batch in batches(60, of=1):
            taken += 1
            assert taken - ledger.calls <= 2 * OUTSTANDING
            yield batch

    await graded(ledger, source())
    assert ledger.most == OUTSTANDING


async def test_what_a_dead_replica_had_is_graded_by_another(batches: Make) -> None:
    ledger = Ledger()
    ledger.die_at_calls = {7, 31, 44}
    pool, steps = await graded(ledger, iter(batches(60)))
    assert set(ledger.graded) == {f"s{n}" for n in range(600)}
    assert sum(step.grades for step in steps) == 600
    assert len(ledger.made) == 2 + 3
    assert pool.usage.asked == sum(one.asked for one in ledger.made)


async def test_what_a_dead_replica_had_on_disk_is_not_graded_again(batches: Make) -> None:
    ledger = Ledger()
    ledger.die_at_calls = {3}

    async def on_disk(served: str, lost: list[Batch]) -> tuple[Step, list[Batch]]:
        assert served == "m"
        return Step(sum(batch.size for batch in lost), 0, 0), []

    _, steps = await graded(ledger, iter(batches(20)), 1, on_disk)
    assert sum(step.grades for step in steps) == 200
    assert len(ledger.graded) < 200


async def test_a_sample_that_kills_every_replica_ends_the_job_and_is_named(batches: Make) -> None:
    ledger = Ledger()
    ledger.poison = "s5"
    with pytest.raises(RunError, match="replicas died over the same 3 samples") as ended:
        await graded(ledger, iter(batches(20, of=10)))
    assert "'s5' to 's7'" in str(ended.value)
    assert len(ledger.made) <= 2 + MOST_DEATHS
    others = {f"s{n}" for n in range(200)} - {f"s{n}" for n in range(10)}
    assert others <= set(ledger.graded)


async def test_replicas_that_never_start_end_the_job() -> None:
    ledger = Ledger()
    ledger.start_deaths = 100
    with pytest.raises(RunError, match="4 replicas died one after the other while starting"):
        await graded(ledger, iter([]))


async def test_one_that_dies_while_starting_is_replaced(batches: Make) -> None:
    ledger = Ledger()
    ledger.start_deaths = 2
    await graded(ledger, iter(batches(4)), 1)
    assert len(ledger.graded) == 40


async def test_replicas_with_other_weights_end_the_job_naming_both(batches: Make) -> None:
    ledger = Ledger()
    ledger.served = ["m@1", "m@2"]
    with pytest.raises(JudgeUnavailable, match="'m@1' on host0, 'm@2' on host1"):
        await graded(ledger, iter(batches(40)))


async def test_a_second_pass_uses_the_same_replicas(batches: Make) -> None:
    ledger = Ledger()
    pool = Pool(lambda: Fake(ledger), 2, nothing_on_disk)
    for _ in range(2):
        async for _step in pool.graded(iter(batches(5))):
            pass
    await pool.stop()
    assert set(ledger.graded.values()) == {2}
    assert len(ledger.made) == 2


async def test_usage_is_one_object_that_grows(batches: Make) -> None:
    ledger = Ledger()
    pool = Pool(lambda: Fake(ledger), 1, nothing_on_disk)
    usage, seen = pool.usage, []
    async for _ in pool.graded(iter(batches(5))):
        seen.append(usage.asked)
    await pool.flush()
    await pool.stop()
    assert seen == sorted(seen)
    assert usage.asked == 50
