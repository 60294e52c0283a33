"""What a judge said besides its answer: rationale, quotations, and how several voted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rlaif.records.outcome import Ballot, Verdict
from rlaif.reporting.sheet import Line


def said_lines(
    verdict: Verdict, names: Sequence[str], depth: int, variance: float | None = None
) -> Iterator[Line]:
    """The lines of one verdict; none where there is nothing but the answer.

    Args: `names`, of what the distribution's probabilities are, in their order.
    """
    for paragraph in (verdict.rationale or "").splitlines():
        if paragraph.strip():
            yield Line(paragraph.strip(), depth=depth, style="dim")
    for quote in verdict.evidence:
        mark = "quotes    " if quote.found else "NOT FOUND "
        yield Line(f'"{quote.text}"', depth=depth, style="dim", mark=mark)
    for ballot in verdict.ballots:
        yield Line(_told(ballot, names), depth=depth, style="dim", mark="vote      ")
    if variance is not None:
        yield Line(f"variance of the votes' values: {variance:.4f}", depth=depth, style="dim")


def _told(ballot: Ballot, names: Sequence[str]) -> str:
    place = max(range(len(ballot.distribution)), key=lambda i: ballot.distribution[i])
    mass = "" if ballot.label_mass is None else f", mass {ballot.label_mass:.2f}"
    return f"{ballot.by}: {names[place]} {ballot.distribution[place]:.2f}{mass}"
