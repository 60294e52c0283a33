"""Preferences out: as JSON Lines, streamed, and whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rlaif.records.pair import Pair
from rlaif.records.preference import Compared, Preference
from rlaif.storage.export import write_rows
from rlaif.storage.export_rows import said


def export_preferences(compared: Iterable[tuple[Pair, Preference]], out: str) -> int:
    """Write a row a pair to the file `out`, `-` for standard output; how many they were.

    Raises: InputError when `out` is no file; RunError when it cannot be written, and what was there
    before is then kept.
    """
    return write_rows((preference_row(pair, preference) for pair, preference in compared), out)


def preference_row(pair: Pair, preference: Preference) -> dict[str, Any]:
    """The preference in JSON's types; what does not apply is null. Values are in [0, 1]: 1 is a."""
    return {
        "pair_id": preference.pair_id,
        "rubric": preference.rubric,
        "judge": preference.judge,
        "policy_a": pair.policy_a,
        "policy_b": pair.policy_b,
        "answer": preference.answer,
        "value": preference.value,
        "status": preference.status,
        "reason": preference.reason or None,
        "human": pair.human,
        "sections": [
            {"section": name, "value": _value(margin)} for name, margin in preference.sections
        ],
        "criteria": [_criterion(compared) for compared in preference.criteria],
    }


def _criterion(compared: Compared) -> dict[str, Any]:
    """`orders`, only where a judge said more: with a shown first, and with b shown first."""
    failure = compared.failure
    row = {
        "criterion": compared.criterion,
        "answer": compared.answer,
        "value": _value(compared.margin),
        "flipped": compared.flipped,
        "stage": failure and failure.stage,
        "reason": compared.skipped or None,
        "message": failure and failure.message,
    }
    orders = [said(outcome) for outcome in compared.outcomes]
    return {**row, "orders": orders} if any(orders) else row


def _value(margin: float | None) -> float | None:
    return None if margin is None else 0.5 + margin / 2
