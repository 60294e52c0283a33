"""Preferences as lines of JSON, and back: everything that reading them anew needs."""

from __future__ import annotations

from typing import Any

import orjson

from rlaif.records.outcome import Ballot, Case, Failure, Outcome, Quote, Skipped, Verdict
from rlaif.records.preference import Compared, Preference
from rlaif.storage.clean_text import clean_text

_PLAIN = ("pair_id", "pair_hash", "attempt", "rubric", "judge", "answer", "margin", "status")


def preference_line(preference: Preference, under: str) -> bytes:
    """One line, with the hash of what the pair was compared under."""
    row: dict[str, Any] = {name: getattr(preference, name) for name in (*_PLAIN, "reason")}
    row["under"] = under
    row["sections"] = preference.sections
    row["criteria"] = [_compared(compared) for compared in preference.criteria]
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def read_line(line: bytes) -> tuple[str, Preference]:
    """What a line holds: the hash of what the pair was compared under, and the preference."""
    row = orjson.loads(line)
    preference = Preference(
        **{name: row[name] for name in (*_PLAIN, "reason")},
        sections=tuple((name, margin) for name, margin in row["sections"]),
        criteria=tuple(_read_compared(compared) for compared in row["criteria"]),
    )
    return row["under"], preference


def verdicts_of(preference: Preference) -> dict[str, Verdict]:
    """The verdicts of a preference by their key, also of answers that nothing applies."""
    found = {}
    for compared in preference.criteria:
        for key, outcome in zip(compared.keys, compared.outcomes, strict=True):
            verdict = outcome.verdict if isinstance(outcome, Skipped) else outcome
            if key and isinstance(verdict, Verdict):
                found[key] = verdict
    return found


def _compared(compared: Compared) -> dict[str, Any]:
    return {
        "criterion": compared.criterion,
        "answer": compared.answer,
        "margin": compared.margin,
        "flipped": compared.flipped,
        "keys": compared.keys,
        "outcomes": [_outcome(outcome) for outcome in compared.outcomes],
    }


def _read_compared(row: dict[str, Any]) -> Compared:
    one, other = (_read_outcome(outcome) for outcome in row["outcomes"])
    return Compared(
        criterion=row["criterion"],
        outcomes=(one, other),
        keys=(row["keys"][0], row["keys"][1]),
        answer=row["answer"],
        margin=row["margin"],
        flipped=row["flipped"],
    )


def _outcome(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Failure):
        return {"kind": "failure", "stage": outcome.stage, "message": clean_text(outcome.message)}
    if isinstance(outcome, Skipped):
        verdict = outcome.verdict and _outcome(outcome.verdict)
        return {"kind": "skipped", "reason": outcome.reason, "verdict": verdict}
    row: dict[str, Any] = {
        "kind": "verdict",
        "distribution": outcome.distribution,
        "label_mass": outcome.label_mass,
        "rationale": None if outcome.rationale is None else clean_text(outcome.rationale),
        "cases": [_case(case) for case in outcome.cases],
    }
    if outcome.evidence:
        row["evidence"] = [[clean_text(quote.text), quote.found] for quote in outcome.evidence]
    if outcome.ballots:
        told = ((clean_text(b.by), b.distribution, b.label_mass) for b in outcome.ballots)
        row["ballots"] = list(told)
    return row


def _case(case: Case) -> list[Any]:
    """Name, whether it passed, message; where code was run, also seconds and bytes."""
    told = [clean_text(case.name), case.passed, clean_text(case.message)]
    if case.seconds is None and case.memory is None:
        return told
    return [*told, case.seconds, case.memory]


def _read_outcome(row: dict[str, Any]) -> Outcome:
    if row["kind"] == "failure":
        return Failure(row["stage"], row["message"])
    if row["kind"] == "skipped":
        return Skipped(row["reason"], _read_verdict(row["verdict"]) if row["verdict"] else None)
    return _read_verdict(row)


def _read_verdict(row: dict[str, Any]) -> Verdict:
    cases = tuple(Case(*case) for case in row["cases"])
    evidence = tuple(Quote(*quote) for quote in row.get("evidence", ()))
    told = row.get("ballots", ())
    ballots = tuple(Ballot(by, tuple(distribution), mass) for by, distribution, mass in told)
    distribution = tuple(row["distribution"])
    return Verdict(distribution, row["label_mass"], row["rationale"], cases, evidence, ballots)
