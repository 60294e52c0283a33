"""From what a caller sends to rollouts; all that is wrong with it is told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from rlaif.records.base import Fault
from rlaif.records.refusals import place_in_row, plain_faults
from rlaif.records.reward import Rollout
from rlaif.records.sample import Sample
from rlaif.web.replies import Refused

At = tuple[str | int, ...]


class Intake:
    """Takes rollouts one by one, and remembers what is wrong with those that are none."""

    def __init__(self) -> None:
        self.rollouts: list[Rollout] = []
        self.faults: list[Fault] = []

    def blame(self, at: At, message: str, hint: str = "") -> None:
        """Note something wrong at that place of the body."""
        self.faults.append(Fault(at, message, hint))

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
        try:
            sample = Sample.model_validate(
                {**self._read(fields, at), "sample_id": place_in_row(at)}
            )
        except ValidationError as error:
            for found in plain_faults(error):
                where = _where(found.at, at, places or {})
                self.faults.append(Fault(where, found.message, found.hint))
            return
        self.rollouts.append(Rollout(sample, group, tokens, baseline))

    def done(self) -> list[Rollout]:
        """The rollouts. Raises: Refused (422) with everything that is wrong."""
        if self.faults:
            raise Refused.because(self.faults)
        return self.rollouts

    def _read(self, fields: Mapping[str, Any], at: At) -> dict[str, Any]:
        """Nulls are absent; criteria may be written as JSON text, as data sets keep them."""
        read = {key: value for key, value in fields.items() if value is not None}
        if isinstance(read.get("criteria"), str):
            try:
                read["criteria"] = orjson.loads(read["criteria"] or "[]")
            except orjson.JSONDecodeError as error:
                self.blame((*at, "criteria"), f"the text is not JSON: {error.msg}")
                del read["criteria"]
        return read


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
