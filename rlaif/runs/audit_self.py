"""Self-preference: what a judge gives its own model's completions more than it gives others'.

What is right for a completion is told by people's labels, or by another judge. Without either of
them nobody can tell preference from quality, and no number is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rlaif.grading.audit_plan import Place
from rlaif.grading.audit_sources import Source
from rlaif.grading.audit_tally import (
    MOVED,
    Moved,
    difference_interval,
    mean,
    prefers_itself,
)
from rlaif.grading.audit_texts import prompt_text, said_last
from rlaif.records.audit import ProbeReport, WorstCase
from rlaif.records.judge import Judge
from rlaif.runs.audit_asking import Said
from rlaif.runs.audit_findings import LONGEST, worst_of

_LEAST_PROMPTS = 2


@dataclass(frozen=True, slots=True)
class Beside:
    """One completion with what it was asked under."""

    source: Source
    place: str
    """The name of the sample as it is."""


def own_policies(sources: Sequence[Source], judge: Judge, named: Sequence[str]) -> set[str]:
    """The policies that are a model of the judge: those that are named, else those called alike.

    Names are held against each other without owner, case and punctuation.
    """
    policies = {s.sample.policy for s in sources if s.sample.policy}
    if named:
        return policies & set(named)
    models = {_bare(seat.own.model) for seat in judge.seats}
    return {policy for policy in policies if _bare(policy) in models}


def _bare(name: str) -> str:
    last = name.rstrip("/").rpartition("/")[2]
    return "".join(c for c in last.casefold() if c.isalnum())


def self_preference(
    asked: Sequence[Beside],
    said: Mapping[Place, Said],
    other: Mapping[Place, Said] | None,
    own: set[str],
    seed: int,
) -> ProbeReport:
    """The probe's report. Args: `other`, what another judge says to the same questions."""
    told = [one for one in asked if one.source.sample.policy]
    by_labels = other is None
    if not own or all(one.source.sample.policy in own for one in told):
        return _not_tried(_no_policies(told, own))
    rows = [row for one in told for row in _rows(one, said, other)]
    mine = [row for row in rows if row.source.sample.policy in own]
    others = [row for row in rows if row.source.sample.policy not in own]
    if min(_prompts(mine), _prompts(others)) < _LEAST_PROMPTS:
        return _not_tried(_too_few(by_labels))
    interval = difference_interval(_moved(mine), _moved(others), seed)
    change = mean(_moved(mine)) - mean(_moved(others))
    low, high = interval or (None, None)
    against = "people's labels" if by_labels else "the other judge"
    return ProbeReport(
        probe="self-preference",
        finding=prefers_itself(change, interval),
        counted=len(mine),
        wrong=sum(row.excess >= MOVED for row in mine),
        change=change,
        low=low,
        high=high,
        absolute=abs(change),
        note=f"own: {', '.join(sorted(own))}; {len(others)} answers on others' completions; "
        f"held against {against}",
        worst=worst_of((row.excess, _shown(row)) for row in mine if row.excess > 0),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """One criterion on one completion: what the judge gave, and what is right."""

    source: Source
    criterion: str
    given: float
    right: float

    @property
    def excess(self) -> float:
        return self.given - self.right


def _rows(
    one: Beside, said: Mapping[Place, Said], other: Mapping[Place, Said] | None
) -> Iterator[_Row]:
    for criterion in one.source.judged:
        place = one.place, criterion.id
        given = said[place].value if place in said else None
        if other is None:
            right = one.source.labels.get(criterion.id)
        else:
            right = other[place].value if place in other else None
        if given is not None and right is not None:
            yield _Row(one.source, criterion.id, given, right)


def _moved(rows: Sequence[_Row]) -> list[Moved]:
    return [Moved(row.source.prompt, row.excess, row.excess >= MOVED) for row in rows]


def _prompts(rows: Sequence[_Row]) -> int:
    return len({row.source.prompt for row in rows})


def _shown(row: _Row) -> WorstCase:
    sample = row.source.sample
    return WorstCase(
        sample_id=sample.sample_id,
        criterion=row.criterion,
        kind=sample.policy or "",
        before=row.right,
        after=row.given,
        before_answer="right",
        after_answer="given",
        prompt=prompt_text(sample)[:LONGEST],
        text=said_last(sample)[:LONGEST],
        told="the judge's own model's completion",
    )


def _not_tried(note: str) -> ProbeReport:
    return ProbeReport(probe="self-preference", finding="not tried", note=note)


def _no_policies(told: Sequence[Beside], own: set[str]) -> str:
    if not told:
        return "no sample names its 'policy'"
    if not own:
        return "no sample's policy is the judge's model; name it with --own POLICY"
    return "all policies are the judge's own model: there is no other to hold it against"


def _too_few(by_labels: bool) -> str:
    if by_labels:
        return (
            "cannot be told from quality without labels of two prompts on both sides (--labels), "
            "or another judge (--against)"
        )
    return "both judges answered on fewer than two prompts of one side"
