"""Agreement as JSON: every figure that there is, under keys that stay."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson

from rlaif.records.agreement import CriterionAgreement
from rlaif.reporting.agree_found import Found, judge_of
from rlaif.reporting.agree_words import verdict, warnings


def agreement_json(found: Found) -> bytes:
    """One object, as docs/agreement.md describes it; a figure is {value, low, high, why}."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
    return orjson.dumps(agreement_row(found), option=options)


def agreement_row(found: Found) -> dict[str, Any]:
    """The same as a dict."""
    rates = [
        {
            **asdict(rate),
            "kind": "mean" if rate.criterion in found.graded else "share",
            "not_random": found.not_random.get(rate.criterion, ""),
            "not_answered": found.not_answered.get(rate.criterion, 0),
        }
        for rate in found.pass_rates
    ]
    row = asdict(found)
    for one, written in zip(_every(found), _rows(row), strict=True):
        written["told"] = [*verdict(one, judge_of(found, one)), *warnings(one)]
    del row["graded"], row["not_random"], row["not_answered"]
    return {**row, "pass_rates": rates}


def _every(found: Found) -> list[CriterionAgreement]:
    return [*found.criteria, *([found.together] if found.together else [])]


def _rows(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The places of the same in the object."""
    return [*row["criteria"], *([row["together"]] if row["together"] else [])]
