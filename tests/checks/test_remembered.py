import asyncio

import pytest

from rlaif.checks.remembered import Remembered
from rlaif.errors import SandboxFailed
from rlaif.records.outcome import Failure


async def test_the_values_asked_for_last_are_kept() -> None:
    made: list[str] = []
    kept: Remembered[str] = Remembered(most=2)

    async def get(key: str) -> None:
        async def make() -> str:
            made.append(key)
            return key

        assert await kept.get(key, make) == key

    for key in ("a", "b", "a", "c", "a", "b"):
        await get(key)
    assert made == ["a", "b", "c", "b"]
    kept.forget()
    await get("a")
    assert made[-1] == "a"


async def test_a_failure_is_told_to_all_who_wait_and_not_remembered() -> None:
    kept: Remembered[str] = Remembered(most=2)
    made = 0

    async def make() -> str:
        nonlocal made
        made += 1
        await asyncio.sleep(0.001)
        if made == 1:
            raise SandboxFailed("gone")
        return "there"

    assert (
        await asyncio.gather(*(kept.get("a", make) for _ in range(5)))
        == [Failure("sandbox", "gone")] * 5
    )
    assert made == 1
    assert await kept.get("a", make) == "there"


async def test_whoever_waits_goes_on_where_the_maker_is_given_up() -> None:
    kept: Remembered[str] = Remembered(most=2)
    begun = asyncio.Event()

    async def never() -> str:
        begun.set()
        await asyncio.Event().wait()
        return "never"

    async def soon() -> str:
        return "soon"

    first = asyncio.create_task(kept.get("a", never))
    await begun.wait()
    waiting = asyncio.create_task(kept.get("a", soon))
    given_up = asyncio.create_task(kept.get("a", soon))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.sleep(0)
    first.cancel()
    assert await waiting == "soon"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_an_error_of_ours_reaches_the_maker_and_lets_the_others_try() -> None:
    kept: Remembered[str] = Remembered(most=2)

    async def broken() -> str:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    async def sound() -> str:
        return "sound"

    results = await asyncio.gather(
        kept.get("a", broken), kept.get("a", sound), return_exceptions=True
    )
    assert isinstance(results[0], ZeroDivisionError)
    assert results[1] == "sound"
