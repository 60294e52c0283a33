"""`--cost` of `rlaif calibrate`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import ValidationError

from rlaif.errors import InputError
from rlaif.records.base import nearest
from rlaif.records.calibration import Costs

_COST = re.compile(r"(?:(?P<criterion>.+):)?(?P<name>[^:=]+)=(?P<number>[^:=]+)")
_COSTS = {"false-yes": "false_yes", "false-no": "false_no"}


def _why_not(found: re.Match[str] | None, name: str) -> str:
    if found is None:
        return "a cost is NAME=NUMBER"
    return f"no cost is called '{name}'; {nearest(name, _COSTS)}"


def costs_of(said: Sequence[str]) -> tuple[Costs | None, dict[str, Costs]]:
    """The costs of every criterion, and those of single ones. Raises: InputError."""
    stated: dict[str, dict[str, float]] = {}
    for text in said:
        found = _COST.fullmatch(text)
        name = found["name"] if found else text
        if found is None or name not in _COSTS:
            raise InputError(
                f"--cost {text}: {_why_not(found, name)}\n"
                "  hint: false-yes=NUMBER or false-no=NUMBER, or CRITERION:false-yes=NUMBER"
            )
        try:
            number = float(found["number"])
        except ValueError:
            number = -1
        stated.setdefault(found["criterion"] or "", {})[_COSTS[name]] = number
    try:
        made = {
            name: Costs.model_validate({**stated.get("", {}), **own})
            for name, own in stated.items()
        }
    except ValidationError as error:
        raise InputError(
            "--cost: a cost is a number above 0\n  hint: --cost false-yes=5"
        ) from error
    return made.pop("", None), made
