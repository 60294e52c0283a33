"""Text that no file can hold: halves of surrogate pairs, which a model or a message may bring."""

from __future__ import annotations

from dataclasses import replace

from rlaif.records.outcome import Ballot, Case, Quote, Verdict


def clean_text(text: str) -> str:
    """`text` with a question mark for each character that no file can hold."""
    return text.encode("utf-8", "replace").decode()


def clean_verdict(verdict: Verdict) -> Verdict:
    """The verdict with all its texts cleaned."""
    return replace(
        verdict,
        rationale=None if verdict.rationale is None else clean_text(verdict.rationale),
        cases=tuple(map(_case, verdict.cases)),
        evidence=tuple(Quote(clean_text(quote.text), quote.found) for quote in verdict.evidence),
        ballots=tuple(map(_ballot, verdict.ballots)),
    )


def _case(case: Case) -> Case:
    return replace(case, name=clean_text(case.name), message=clean_text(case.message))


def _ballot(ballot: Ballot) -> Ballot:
    return replace(ballot, by=clean_text(ballot.by))
