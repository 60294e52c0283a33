"""A trainer's settings -> what grades for it: made at its first call, once a process."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from rlaif.errors import InputError
from rlaif.ports import Rewarding
from rlaif.records.base import nearest
from rlaif.records.criterion import Section, walk
from rlaif.records.rubric import Rubric
from rlaif.runs.configured_reward import FILE, JUDGE, RUBRIC, from_environment, from_file
from rlaif.runs.reward import RubricReward
from rlaif.training.adapters.plain import plain
from rlaif.training.adapters.settled import Terms

ON_FAILURE = "RLAIF_ON_FAILURE"
"""The stand-in for a reward that is not there, where a trainer passes no arguments."""
_VARIABLES = (FILE, RUBRIC, JUDGE, ON_FAILURE)
_NAMED = ("reward", "rubric", "judge")
"""Names, paths, or what they lead to."""
_OF_TERMS = ("on_failure", "again")
_OF_REWARD = ("judge", "shaping", "deadline_s", "retries", "in_flight", "cache", "accept_forgeable")
OPTIONS = ("reward", "rubric", *_OF_REWARD, *_OF_TERMS)
"""What an entry takes: a reward file, or a rubric with what `rlaif.RubricReward` takes."""

_MADE: dict[bytes, Wired] = {}
_MAKING = threading.Lock()
"""A trainer's threads make one."""


@dataclass(frozen=True, slots=True)
class Wired:
    """What an adapter is made of."""

    rewarding: Rewarding
    names: tuple[str, ...]
    """Ids of the rubric's criteria and sections, in its order."""
    terms: Terms


def wired(trainer: str, given: Mapping[str, Any], *, groups: bool = False) -> Wired:
    """What grades by the settings that were given, else by those of the environment.

    Args: `given`, keys of OPTIONS; `groups`, whether the trainer hands over whole groups.
    Raises: InputError (FileProblems, UnknownName) for what cannot be.
    """
    stated = {
        key: value if key in _NAMED else plain(value)
        for key, value in given.items()
        if value is not None
    }
    named = [trainer, os.getpid(), [os.environ.get(name) for name in _VARIABLES], stated]
    key = orjson.dumps(named, default=str, option=orjson.OPT_SORT_KEYS)
    with _MAKING:
        if key not in _MADE:
            _MADE[key] = _made(trainer, stated, groups)
        return _MADE[key]


def names_of(rubric: Rubric) -> tuple[str, ...]:
    """The ids of its criteria and sections, in its order; none that samples bring along."""
    return tuple(
        item.section if isinstance(item, Section) else item.id for item in walk(rubric.items)
    )


def _made(trainer: str, stated: Mapping[str, Any], groups: bool) -> Wired:
    for key in stated:
        if key not in OPTIONS:
            raise InputError(f"{trainer}: unknown setting '{key}'\n  hint: {nearest(key, OPTIONS)}")
    rewarder = _reward(trainer, stated).rewarder
    if rewarder.shaping.ranking and not groups:
        raise InputError(
            f"{trainer} hands over one completion at a time, and 'ranking' needs a whole group\n"
            "  hint: leave 'ranking' out; the trainer compares the group's rewards itself"
        )
    terms = {key: stated[key] for key in _OF_TERMS if key in stated}
    if not stated and (stand_in := os.environ.get(ON_FAILURE)):
        terms["on_failure"] = _number(stand_in)
    return Wired(rewarder, names_of(rewarder.rubric), Terms(**terms))


def _reward(trainer: str, stated: Mapping[str, Any]) -> RubricReward:
    others = {key: stated[key] for key in _OF_REWARD if key in stated}
    if "reward" in stated:
        if also := next((key for key in ("rubric", *others) if key in stated), None):
            raise InputError(f"{trainer}: 'reward' is a file that states its own '{also}'")
        return from_file(stated["reward"])
    if "rubric" in stated:
        return RubricReward(stated["rubric"], **others)
    if others:
        raise InputError(f"{trainer}: '{next(iter(others))}' is given without a 'rubric'")
    return from_environment()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{ON_FAILURE} is '{text}': it must be a number") from None
