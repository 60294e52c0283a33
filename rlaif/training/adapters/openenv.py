"""OpenEnv's rubric (0.10): `forward(action, observation) -> float`.

Mix `Graded` or `GradedSync` with OpenEnv's `Rubric`: an environment with `step_async` awaits
the first, one with a plain `step` calls the second. What an action says and what was asked is each
environment's own, so it is named. Observations take no further keys: what the reward is made of
goes to `metadata`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rlaif.errors import InputError
from rlaif.ports import Rewarding
from rlaif.records.reward import Rollout
from rlaif.training.adapters.handed import handed
from rlaif.training.adapters.logged import there
from rlaif.training.adapters.plain import merged, plain
from rlaif.training.adapters.settled import Settled, Terms, settled, settled_sync

Where = str | Callable[[Any, Any], Any]
"""A field's name, looked for in the action, the observation, and the metadata of each; or what
takes both and gives text or messages."""
_STATED = ("reference", "criteria", "metadata", "group_id", "baseline")


@dataclass(frozen=True, slots=True)
class Places:
    """Where an environment keeps what is graded."""

    completion: Where = "message"
    prompt: Where = "prompt"
    report: str = "rubric"
    """The key of the observation's metadata under which the reward's parts are kept."""


class Graded:
    """The awaited `forward`. To be mixed with OpenEnv's Rubric, before it."""

    def __init__(
        self, rewarding: Rewarding, places: Places | None = None, terms: Terms | None = None
    ) -> None:
        """Begin as OpenEnv's class does, which registers children from the first attribute on."""
        super().__init__()
        self.rewarding, self.places, self.terms = rewarding, places or Places(), terms or Terms()

    async def forward(self, action: Any, observation: Any) -> float:
        """The reward; its parts go to the observation's metadata.

        Raises: InputError where a field is not there; JudgeUnavailable where there is no reward.
        """
        rollout = _rollout(action, observation, self.places)
        (made,) = await settled(self.rewarding, [rollout], self.terms)
        return _kept(made, observation, self.places)


class GradedSync:
    """The blocking `forward`. To be mixed with OpenEnv's Rubric, before it."""

    def __init__(
        self, rewarding: Rewarding, places: Places | None = None, terms: Terms | None = None
    ) -> None:
        """As `Graded`."""
        super().__init__()
        self.rewarding, self.places, self.terms = rewarding, places or Places(), terms or Terms()

    def forward(self, action: Any, observation: Any) -> float:
        """As `Graded.forward`."""
        rollout = _rollout(action, observation, self.places)
        (made,) = settled_sync(self.rewarding, [rollout], self.terms)
        return _kept(made, observation, self.places)


def _rollout(action: Any, observation: Any, places: Places) -> Rollout:
    held = merged(_metadata(observation), _metadata(action))
    return handed(
        "OpenEnv",
        prompt=_found(places.prompt, action, observation),
        completion=_found(places.completion, action, observation),
        stated={name: held.get(name) for name in _STATED},
    )


def _found(where: Where, action: Any, observation: Any) -> Any:
    if callable(where):
        return where(action, observation)
    held = {**_metadata(observation), **_metadata(action)}
    for found in (getattr(action, where, None), getattr(observation, where, None), held.get(where)):
        if found is not None:
            return found
    kinds = f"{type(action).__name__}, {type(observation).__name__}"
    raise InputError(
        f"'{where}' is in neither the action nor the observation ({kinds})\n"
        "  hint: name the field, or give a function of (action, observation)"
    )


def _metadata(holder: Any) -> dict[str, Any]:
    found = plain(getattr(holder, "metadata", None))
    return found if isinstance(found, dict) else {}


def _kept(made: Settled, observation: Any, places: Places) -> float:
    """Raises: InputError for an observation without metadata."""
    held = getattr(observation, "metadata", None)
    if not isinstance(held, dict):
        raise InputError("the observation has no metadata to keep the reward's parts in")
    held[places.report] = {
        "score": made.reward.score,
        "failed": made.failed,
        "reason": made.reward.reason,
        **there(made.reward),
    }
    return made.value
