"""From what a caller sends to rollouts; all that is wrong with it is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from rlaif.records.base import Fault
from rlaif.records.refusals import place_in_row, plain_faults
from rlaif.records.reward import Rollout
from rlaif.records.sample import Sample
from rlaif.web.replies import MOST_PROBLEMS, Refused

_MOST_PARTS = 32_768
"""Entries of all lists and objects of a sample's conversation and criteria; to refuse each takes
time."""
_TOKENS_HINT = "the shaping's length penalty counts tokens: say 'tokens', or shape by 'unit: words'"
_PARTED = ("prompt", "completion", "criteria")
At = tuple[str | int, ...]


class Intake:
    """Takes rollouts one by one, and remembers what is wrong with those that are none.

    More than so many faults are not told: `blame` and `take` then raise Refused (422), so that a
    body of nothing else is not read to its end.
    """

    def __init__(self, needs_tokens: bool = False) -> None:
        """Args: `needs_tokens`, whether a completion of unsaid length has no reward."""
        self._needs_tokens = needs_tokens
        self.rollouts: list[Rollout] = []
        self.faults: list[Fault] = []

    def blame(self, at: At, message: str, hint: str = "") -> None:
        """Note something wrong at that place of the body."""
        self._note([Fault(at, message, hint)])

    def take(
        self,
        fields: Mapping[str, Any],
        at: At,
        *,
        group: str = "",
        tokens: int | None = None,
        baseline: str | None = None,
        places: Mapping[str, At] | None = None,
    ) -> None:
        """Make the fields of a sample one rollout. Its id is its place: messages lead there.

        Args: `places` says where in the body those fields stand that do not stand below `at`.
        """
        if tokens is None and self._needs_tokens:
            where = _where(("tokens",), at, places or {})
            self.blame(where, "the length in tokens is not said", _TOKENS_HINT)
        if _parts([fields.get(key) for key in _PARTED]) > _MOST_PARTS:
            self.blame(at, f"more than {_MOST_PARTS:,} entries in its messages and criteria")
            return
        try:
            sample = Sample.model_validate(
                {**self._read(fields, at), "sample_id": place_in_row(at)}
            )
        except ValidationError as error:
            self._note(
                Fault(_where(found.at, at, places or {}), found.message, found.hint)
                for found in plain_faults(error)
            )
            return
        self.rollouts.append(Rollout(sample, group, tokens, baseline))

    def done(self) -> list[Rollout]:
        """The rollouts. Raises: Refused (422) with everything that is wrong."""
        if self.faults:
            raise Refused.because(self.faults)
        return self.rollouts

    def _note(self, faults: Iterable[Fault]) -> None:
        self.faults += faults
        if len(self.faults) > MOST_PROBLEMS:
            raise Refused.because(self.faults)

    def _read(self, fields: Mapping[str, Any], at: At) -> dict[str, Any]:
        """Nulls are absent, a number is a reference as its text.

        Criteria may be written as JSON text, as data sets keep them.
        """
        read = {key: value for key, value in fields.items() if value is not None}
        if type(read.get("reference")) in (int, float):
            read["reference"] = str(read["reference"])
        if isinstance(read.get("criteria"), str):
            try:
                read["criteria"] = orjson.loads(read["criteria"] or "[]")
            except orjson.JSONDecodeError as error:
                self.blame((*at, "criteria"), f"the text is not JSON: {error.msg}")
                del read["criteria"]
        return read


def _parts(value: object) -> int:
    """Entries of all lists and objects in `value`; counting ends where there are too many."""
    number, left = 0, [value]
    while left and number <= _MOST_PARTS:
        inner = left.pop()
        entries = inner.values() if isinstance(inner, dict) else inner
        if isinstance(inner, dict | list):
            number += len(inner)
            left += [one for one in entries if isinstance(one, dict | list)]  # type: ignore[attr-defined]  # a list by now
    return number


def list_of(data: Mapping[str, Any], key: str) -> Sequence[Any]:
    """The list under `key`. Raises: Refused (422) where there is none."""
    if key not in data:
        keys = ", ".join(sorted(map(str, data)))[:200]
        raise Refused(422, f"'{key}' is missing", hint=f"the body has: {keys}" if keys else "")
    found = data[key]
    if not isinstance(found, list):
        raise Refused(422, f"'{key}' is a list", key)
    return found


def _where(found: At, at: At, places: Mapping[str, At]) -> At:
    field = str(found[0]) if found else ""
    return (*places[field], *found[1:]) if field in places else (*at, *found)
