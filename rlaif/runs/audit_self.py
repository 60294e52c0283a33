"""Self-preference: what a judge gives its own model's completions more than it gives others'.

What is right for a completion is told by a person's label, else by another judge. Without either of
them nobody can tell preference from quality, and no number is given. Completions are compared where
the same is right for both sides: see `grading/audit_own`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rlaif.grading.audit_own import Given, comparable, others_mean, own_interval, stratum_of
from rlaif.grading.audit_plan import Place
from rlaif.grading.audit_sources import Source
from rlaif.grading.audit_tally import MOVED, enough, prefers_itself
from rlaif.grading.audit_texts import prompt_text, said_last
from rlaif.records.audit import ProbeReport, WorstCase
from rlaif.records.base import nearest
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
    named: Sequence[str] = (),
) -> ProbeReport:
    """The probe's report.

    Args: `other`, what another judge says to the same questions; `named`, what --own says.
    """
    told = [one for one in asked if one.source.sample.policy]
    if not own or all(one.source.sample.policy in own for one in told):
        return _not_tried(_no_policies(told, own, named))
    rows = [row for one in told for row in _rows(one, said, other)]
    given = {row: row.given_to(own) for row in rows}
    kept = comparable(list(given.values()))
    mine = [one for one in kept if one.own]
    if min(_prompts(mine), _prompts(one for one in kept if not one.own)) < _LEAST_PROMPTS:
        return _not_tried(_too_few(rows, kept, by_labels=other is None))
    usual = others_mean(kept)
    more = {
        row: one.value - usual[one.stratum]
        for row, one in given.items()
        if one.own and one.stratum in usual
    }
    change = sum(more.values()) / len(more)
    interval = own_interval(kept, seed)
    low, high = interval or (None, None)
    finding = prefers_itself(change, interval)
    return ProbeReport(
        probe="self-preference",
        finding=enough(finding, len(more), 0),
        counted=len(more),
        wrong=sum(excess >= MOVED for excess in more.values()),
        change=change,
        low=low,
        high=high,
        absolute=abs(change),
        note=_note(own, rows, kept),
        worst=worst_of(
            (excess, _shown(row, row.given - excess)) for row, excess in more.items() if excess > 0
        ),
    )


def _note(own: set[str], rows: Sequence[_Row], kept: Sequence[Given]) -> str:
    others = sum(not one.own for one in kept)
    labels = sum(row.by_person for row in rows)
    by = ["people's labels"] * bool(labels) + ["the other judge"] * (labels < len(rows))
    told = f"own: {', '.join(sorted(own))}; {others} answers on others' completions; "
    told += f"what is right is told by {' and '.join(by)}"
    if gone := len(rows) - len(kept):
        told += f"; {gone} answers left out, for which only one side has a completion as good"
    return told


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """One criterion on one completion: what the judge gave, and what is right."""

    source: Source
    criterion: str
    given: float
    right: float
    by_person: bool
    """A person said what is right, not another judge."""

    def given_to(self, own: set[str]) -> Given:
        """The same without texts."""
        stratum = stratum_of(self.criterion, self.right)
        return Given(self.source.prompt, self.source.sample.policy in own, stratum, self.given)


def _rows(
    one: Beside, said: Mapping[Place, Said], other: Mapping[Place, Said] | None
) -> Iterator[_Row]:
    """A person's label tells what is right; where there is none, the other judge does."""
    for criterion in one.source.judged:
        place = one.place, criterion.id
        given = said[place].value if place in said else None
        label = one.source.labels.get(criterion.id)
        heard = other.get(place) if other is not None else None
        right = label if label is not None else heard.value if heard else None
        if given is not None and right is not None:
            yield _Row(one.source, criterion.id, given, right, label is not None)


def _prompts(given: Iterable[Given]) -> int:
    return len({one.prompt for one in given})


def _shown(row: _Row, usual: float) -> WorstCase:
    sample = row.source.sample
    return WorstCase(
        sample_id=sample.sample_id,
        criterion=row.criterion,
        kind=sample.policy or "",
        before=usual,
        after=row.given,
        before_answer="others",
        after_answer="its own",
        prompt=prompt_text(sample)[:LONGEST],
        text=said_last(sample)[:LONGEST],
        told="the judge's own model's completion",
    )


def _not_tried(note: str) -> ProbeReport:
    return ProbeReport(probe="self-preference", finding="not tried", note=note)


def _no_policies(told: Sequence[Beside], own: set[str], named: Sequence[str]) -> str:
    if not told:
        return "no sample names its 'policy'"
    if named and not own:
        known = sorted({str(one.source.sample.policy) for one in told})
        hint = nearest(named[0], known)
        return f"no sample that was drawn is of --own {', '.join(named)}: {hint}"
    if not own:
        return "no sample's policy is the judge's model; name it with --own POLICY"
    return "all policies are the judge's own model: there is no other to hold it against"


def _too_few(rows: Sequence[_Row], kept: Sequence[Given], *, by_labels: bool) -> str:
    if len(rows) > len(kept):
        return (
            "own completions and others' are nowhere as good as each other on two prompts: "
            "preference cannot be told from quality; label more, or name more SAMPLES"
        )
    if by_labels:
        return (
            "cannot be told from quality without labels of two prompts on both sides (--labels), "
            "or another judge (--against)"
        )
    return "what is right is known of fewer than two prompts of one side"
