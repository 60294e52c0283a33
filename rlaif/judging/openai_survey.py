"""All addresses of a judge together: what each can do, and the one way in which all are asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rlaif.errors import JudgeUnavailable
from rlaif.judging.http_doors import Door
from rlaif.judging.http_faults import Fell, one_line
from rlaif.judging.http_line import Line
from rlaif.judging.openai_completions import Completions
from rlaif.judging.openai_manners import Manners
from rlaif.judging.openai_probe import (
    WAYS,
    Models,
    Tried,
    Way,
    Words,
    models_of,
    try_form,
    try_way,
)
from rlaif.records.backends import OpenaiJudge
from rlaif.records.outcome import Failure

TEXT_ONLY = (
    "the judge's server tokenises the text itself: a completion that holds the model's control "
    "tokens can talk in them; only a server that takes token ids prevents that"
)


@dataclass(slots=True)
class Seen:
    """One address as it was found."""

    door: Door
    models: Models = field(default_factory=Models)
    tried: dict[str, Tried] = field(default_factory=dict)
    away: str = ""
    """Why it was not reached."""

    @property
    def serves(self) -> tuple[str, ...]:
        """What it says that it serves, where it does not call it by the judge's own name."""
        door = self.door
        called = one_line(door.model or "", door.address.key)
        return tuple(dict.fromkeys(filter(None, (self.models.root, called))))


async def survey(
    line: Line, spec: OpenaiJudge, manners: Manners, words: Words | None, *, every: bool = False
) -> list[Seen]:
    """Look at every address: the ways from the best on, until one works at all of them.

    `every`: try all ways. An address that is away is left out; there must be one that is not.

    Raises: JudgeUnavailable where none is reached in time, or one does not let us in.
    """
    names = WAYS if spec.api == "auto" or every else (spec.api,)
    while True:
        found = await asyncio.gather(*[look(line, door, spec) for door in line.doors.all])
        for name in names:
            await asyncio.gather(*[_try(line, one, name, spec, manners, words) for one in found])
            if not every and way_for(found, name):
                break
        if every or any(not one.away for one in found):
            return found
        await line.doors.open(0)


def way_for(found: Sequence[Seen], name: str) -> Way | None:
    """The way of that name in the form that every address takes; None where one does not."""
    here = [one.tried[name].way for one in found if name in one.tried]
    ways = [way for way in here if way is not None]
    if not ways or len(ways) < len([one for one in found if not one.away]):
        return None
    weakest = max(ways, key=_weakness)
    if isinstance(weakest, Completions):
        return weakest
    return weakest.along(way for way in ways if not isinstance(way, Completions))


def alike(found: Sequence[Seen]) -> tuple[str, ...]:
    """What all addresses say that they serve.

    Raises: JudgeUnavailable where they do not say the same: a verdict would be another one's by
    which of them is there.
    """
    here = [one for one in found if not one.away]
    for one in here[1:]:
        if one.serves != here[0].serves:
            told = "; ".join(f"{seen.door.address.base}: {_shown(seen)}" for seen in (here[0], one))
            raise JudgeUnavailable(
                f"the judge's addresses do not serve the same ({told})\n"
                "  hint: one judge file for each, or the same model by the same name at both"
            )
    return here[0].serves if here else ()


async def look_again(
    line: Line, door: Door, spec: OpenaiJudge, way: Way, words: Words | None, serves: Sequence[str]
) -> tuple[Models, str]:
    """A server that was away at the start: what it has, and why it cannot be asked yet.

    Raises: Fell; JudgeUnavailable where it can never be asked as the others are.
    """
    seen = Seen(door, await models_of(line, door, spec.model))
    tried = await try_form(line, door, way, words, settled=True)
    if tried.refused:
        raise JudgeUnavailable(f"it cannot be asked as the others are ({way.name}: {tried.told})")
    if tried.way is None:
        return seen.models, tried.told
    if seen.serves != tuple(serves):
        theirs = ", ".join(serves) or spec.model
        raise JudgeUnavailable(f"it serves {_shown(seen)}, and the others {theirs}")
    return seen.models, ""


def _shown(seen: Seen) -> str:
    return ", ".join(seen.serves) or "the model by that name"


def useless(found: Sequence[Seen], spec: OpenaiJudge) -> Failure:
    """What every question becomes where no way works, though the servers are there.

    Raises: JudgeUnavailable where they will not be asked like this at all.
    """
    tried = [way for one in found for way in one.tried.values() if way.way is None]
    told = "; ".join(dict.fromkeys(f"{way.name}: {way.told}" for way in tried))
    if not all(way.refused for way in tried):
        first = next(way for way in tried if not way.refused)
        return Failure(first.stage, f"the judge's server cannot be used ({told})"[:600])
    names = {name for one in found for name in one.models.names}
    if names and spec.model not in names:
        shown = ", ".join(sorted(names)[:8])
        raise JudgeUnavailable(
            f"the judge's server has no model '{spec.model}'\n  hint: it has {shown}"
        )
    raise JudgeUnavailable(
        f"the judge's server does not take questions ({told})\n"
        "  hint: 'base_url' goes up to /v1; 'api' of the judge file says how it is asked"
    )


def findings(
    found: Sequence[Seen], spec: OpenaiJudge
) -> Iterator[tuple[str, bool | None, str, str]]:
    """What was found, for people: of what, whether it is well (None: no matter), what, the mend."""
    for one in found:
        base = one.door.address.base
        if one.away:
            yield base, False, f"not reached: {one.away}", "start the server, or mend 'base_url'"
            continue
        yield _of_models(base, one.models, spec.model)
        for tried in one.tried.values():
            told = tried.way.told if tried.way else tried.told
            yield f"{base} {tried.name}", True if tried.way else None, told, ""
    names = WAYS if spec.api == "auto" else (spec.api,)
    used = next((way for name in names if (way := way_for(found, name))), None)
    if used is None:
        yield "judge", False, "there is no way to ask it at every address", "see above"
        return
    yield "judge", True, f"asked by {used.told}", ""
    if not isinstance(used, Completions):
        mend = "a server that takes token ids, and 'tokenizer' in the judge file"
        yield "control tokens", None, TEXT_ONLY, mend


def _of_models(base: str, models: Models, model: str) -> tuple[str, bool | None, str, str]:
    if not models.names:
        return base, True, "reached; it does not say which models it has", ""
    if model not in models.names:
        shown = ", ".join(sorted(models.names)[:8])
        return base, None, f"reached; '{model}' is not among its models", f"it has {shown}"
    told = f"has '{model}'" + (f" ({models.root})" if models.root else "")
    return base, True, told + (f", {models.max_length} tokens" if models.max_length else ""), ""


async def look(line: Line, door: Door, spec: OpenaiJudge) -> Seen:
    """The server behind `door`, as far as its list of models says. Raises: JudgeUnavailable."""
    try:
        return Seen(door, await models_of(line, door, spec.model))
    except Fell as fault:
        return Seen(door, away=str(fault))


async def _try(
    line: Line, one: Seen, name: str, spec: OpenaiJudge, manners: Manners, words: Words | None
) -> None:
    if one.away:
        return
    try:
        one.tried[name] = await try_way(line, one.door, name, spec.model, manners, words)
    except Fell as fault:
        one.away = str(fault)


def _weakness(way: Way) -> tuple[bool, ...]:
    if not isinstance(way, Completions):
        return ()
    return (not way.exact, not way.by_id, way.top < 20, not way.many)
