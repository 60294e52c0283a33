"""Rewards for a trainer that takes no missing one: asked for again, then an error or a stand-in."""

from __future__ import annotations

import logging
import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rlaif.errors import InputError, JudgeUnavailable
from rlaif.ports import Rewarding
from rlaif.records.reward import Reward, Rollout
from rlaif.records.sample import Sample

_LOG = logging.getLogger(__name__)
_HOPELESS = ("nothing_applies", "baseline")
"""Reasons that are the same however often it is asked."""
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
_QUOTED = 16
"""So many characters of a completion, one after another, count as a quotation of it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What becomes of a completion without a reward."""

    on_failure: float | None = None
    """The number that stands in for it; None: an error. The policy learns from the number."""
    again: int = 1
    """How often it is asked for again, beyond what the `Rewarding` does by itself."""

    def __post_init__(self) -> None:
        """Raises: InputError for what cannot be."""
        if self.on_failure is not None and not _finite(self.on_failure):
            raise InputError(f"on_failure is {self.on_failure!r}: it must be a finite number")
        if not _counts(self.again):
            raise InputError(f"again is {self.again!r}: it must be a whole number, 0 or more")


@dataclass(frozen=True, slots=True)
class Settled:
    """A reward as the trainer gets it."""

    value: float
    """What it trains on: the reward, or the stand-in."""
    reward: Reward

    @property
    def failed(self) -> bool:
        """Whether the value is a stand-in."""
        return self.reward.value is None


async def settled(rewarding: Rewarding, rollouts: Sequence[Rollout], terms: Terms) -> list[Settled]:
    """One settled reward a rollout, in their order.

    Raises: JudgeUnavailable where one has no reward and no stand-in was named; what the
    `Rewarding` raises.
    """
    rewards = await asked(rewarding, rollouts, terms.again)
    return _settle(rollouts, rewards, terms)


def settled_sync(rewarding: Rewarding, rollouts: Sequence[Rollout], terms: Terms) -> list[Settled]:
    """As `settled`, for callers without an event loop; it blocks."""
    rewards = rewarding.rewards_sync(rollouts)
    for _ in range(terms.again):
        places = _hopeful(rewards)
        if not places:
            break
        newer = rewarding.rewards_sync([rollouts[place] for place in places])
        rewards = _replaced(rewards, places, newer)
    return _settle(rollouts, rewards, terms)


async def asked(rewarding: Rewarding, rollouts: Sequence[Rollout], again: int) -> list[Reward]:
    """The rewards; those that are not there were asked for `again` times."""
    rewards = await rewarding.rewards(rollouts)
    for _ in range(again):
        places = _hopeful(rewards)
        if not places:
            break
        newer = await rewarding.rewards([rollouts[place] for place in places])
        rewards = _replaced(rewards, places, newer)
    return rewards


def why(rollout: Rollout, reward: Reward) -> str:
    """Why there is no reward, without a word of the completion."""
    said = _text(rollout.sample)
    told = [one for one in reward.messages if not _quotes(one, said)]
    if len(told) < len(reward.messages):
        told.append("the rest quotes the completion")
    reason = reward.reason or "no grade"
    return f"{reason} ({'; '.join(told)})" if told else reason


def _hopeful(rewards: Sequence[Reward]) -> list[int]:
    return [
        place
        for place, one in enumerate(rewards)
        if one.value is None and one.reason not in _HOPELESS
    ]


def _replaced(
    rewards: Sequence[Reward], places: Sequence[int], newer: Sequence[Reward]
) -> list[Reward]:
    made = list(rewards)
    for place, reward in zip(places, newer, strict=True):
        made[place] = reward
    return made


def _settle(rollouts: Sequence[Rollout], rewards: Sequence[Reward], terms: Terms) -> list[Settled]:
    missing = list(_missing(rollouts, rewards))
    if missing and terms.on_failure is None:
        raise JudgeUnavailable(
            f"{len(missing)} of {len(rewards)} completions have no reward, and this trainer takes "
            f"no missing one: {missing[0]}\n"
            "  hint: more retries or a longer deadline; on_failure=0.0 trains on a made-up number"
        )
    stand_in = terms.on_failure if terms.on_failure is not None else 0.0
    for reason in missing:
        _LOG.warning("no reward, %g stands in for it: %s", stand_in, reason)
    return [Settled(stand_in if one.value is None else one.value, one) for one in rewards]


def _missing(rollouts: Sequence[Rollout], rewards: Sequence[Reward]) -> Iterator[str]:
    for rollout, reward in zip(rollouts, rewards, strict=True):
        if reward.value is None:
            yield why(rollout, reward)


def _text(sample: Sample) -> str:
    if isinstance(sample.completion, str):
        return sample.completion
    parts = [[m.content, m.reasoning] for m in sample.completion]
    parts += [[call.arguments for call in m.tool_calls] for m in sample.completion]
    return "\n".join(text for part in parts for text in part)


def _finite(stated: object) -> bool:
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        return False
    return math.isfinite(stated)


def _counts(stated: object) -> bool:
    return isinstance(stated, int) and not isinstance(stated, bool) and stated >= 0


def _quotes(message: str, said: str) -> bool:
    """Whether a stretch of the message stands in what was said, also as code or JSON writes it."""
    once = _unescaped(message)
    return any(_holds(one, said) for one in dict.fromkeys((message, once, _unescaped(once))))


def _unescaped(text: str) -> str:
    """With the characters that its escapes stand for."""
    made = _ESCAPE.sub(lambda found: _character(found[1]), text)
    return made.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(code: str) -> str:
    if len(code) == 1:
        return _SHORT.get(code, code)
    number = int(code[1:], 16)
    return chr(number) if number <= sys.maxunicode else code


def _holds(message: str, said: str) -> bool:
    if len(said) < _QUOTED:
        return bool(said.strip()) and said in message
    last = max(len(message) - _QUOTED, -1)
    return any(message[at : at + _QUOTED] in said for at in range(last + 1))
