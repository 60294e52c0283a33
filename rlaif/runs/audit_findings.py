"""What the judge said, held against what it should have: one report a probe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rlaif.grading.audit_changes import GOOD_FROM
from rlaif.grading.audit_pairs import AuditPair, leans_to_first, pair_text
from rlaif.grading.audit_plan import Case, Layout, Place
from rlaif.grading.audit_sources import Source
from rlaif.grading.audit_tally import (
    EITHER_WAY,
    MOVED,
    UNDIRECTED,
    Moved,
    enough,
    has_room,
    interval_of,
    is_wrong,
    mean,
    size,
    sized,
    word,
)
from rlaif.grading.audit_texts import prompt_text
from rlaif.grading.completion import prepare
from rlaif.grading.prescreen import prescreen
from rlaif.records.audit import Probe, ProbeReport, WorstCase
from rlaif.records.preference import Compared
from rlaif.records.rubric import Rubric
from rlaif.runs.audit_asking import Said

WORST = 3
LONGEST = 2_000
"""Characters of one text that are kept to look at."""


@dataclass(slots=True)
class Tally:
    """The cases of one probe, as they come."""

    probe: Probe
    moved: list[Moved] = field(default_factory=list)
    unanswered: Counter[str] = field(default_factory=Counter)
    no_room: int = 0
    screened: int = 0
    stopped: int = 0
    kinds: dict[str, list[bool]] = field(default_factory=dict)
    criteria: dict[str, list[bool]] = field(default_factory=dict)
    seen: list[tuple[float, WorstCase]] = field(default_factory=list)
    """With how bad each is."""

    def count(self, source: Source, case: WorstCase, change: float, *, wrong: bool) -> None:
        """One case that could tell."""
        self.moved.append(Moved(source.prompt, change, wrong))
        self.kinds.setdefault(case.kind, []).append(wrong)
        self.criteria.setdefault(case.criterion, []).append(wrong)
        bad = abs(change) if self.probe in EITHER_WAY else change
        if self.probe == "opener":
            bad = case.after or 0.0
        if wrong or bad > 0:
            self.seen.append((bad + 2 * wrong, case))

    def report(self, seed: int, note: str = "") -> ProbeReport:
        """What it comes to."""
        counts = {
            "unanswered": self.unanswered.total(),
            "failures": dict(self.unanswered.most_common()),
            "no_room": self.no_room,
            "screened": self.screened,
        }
        if not self.moved:
            tried = self.unanswered and set(self.unanswered) != {"render"}
            return ProbeReport(
                probe=self.probe,
                finding="no answer" if tried else "not tried",
                note=note or self._why_not(),
                **counts,
            )
        interval = interval_of(sized(self.moved) if self.probe in UNDIRECTED else self.moved, seed)
        low, high = interval or (None, None)
        finding = word(self.probe, self.moved, interval)
        return ProbeReport(
            probe=self.probe,
            finding=enough(finding, len(self.moved), self.unanswered.total()),
            counted=len(self.moved),
            wrong=sum(one.wrong for one in self.moved),
            change=mean(self.moved),
            low=low,
            high=high,
            absolute=size(self.moved),
            stopped=self.stopped,
            by_kind=_shares(self.kinds),
            by_criterion=_shares(self.criteria),
            note=note,
            worst=worst_of(self.seen),
            **counts,
        )

    def _why_not(self) -> str:
        if "render" in self.unanswered:
            return "the judge's template cannot show such a question"
        if self.no_room:
            return "no case could tell: no value could move by as much as counts"
        if self.unanswered:
            return "every question failed"
        return "there is nothing to try it on"


def worst_of(seen: Iterable[tuple[float, WorstCase]]) -> tuple[WorstCase, ...]:
    """The worst first, of each completion one on each criterion."""
    found: dict[tuple[str, str], WorstCase] = {}
    for _, case in sorted(seen, key=lambda one: -one[0]):
        found.setdefault((case.sample_id, case.criterion), case)
    return tuple(found.values())[:WORST]


def tally_cases(
    layout: Layout, said: Mapping[Place, Said], rubric: Rubric, probes: Sequence[Probe]
) -> dict[Probe, Tally]:
    """The cases of every probe but those of pairs and policies."""
    tallies = {probe: Tally(probe) for probe in probes}
    for case in layout.cases:
        tally = tallies[case.probe]
        screened = _is_screened(case, layout, rubric)
        tally.screened += screened
        before, after = said[case.before], said[case.after]
        if failure := before.failure or after.failure:
            tally.unanswered[failure] += 1
        else:
            tally.stopped += _held(tally, case, before, after) and screened
    return tallies


def _held(tally: Tally, case: Case, before: Said, after: Said) -> bool:
    """Count a case that was answered; whether it is a wrong one."""
    shown = WorstCase(
        sample_id=case.source.sample.sample_id,
        criterion=case.criterion,
        kind=case.kind,
        before=before.value,
        after=after.value,
        before_answer=before.answer,
        after_answer=after.answer,
        prompt=prompt_text(case.source.sample)[:LONGEST],
        text=case.text[:LONGEST],
        told=case.told,
    )
    if before.value is None or after.value is None:
        wrong = tally.probe in EITHER_WAY and before.answer != after.answer
        if wrong:
            tally.count(case.source, shown, 0.0, wrong=True)
        else:
            tally.no_room += 1
        return wrong
    change = after.value - before.value
    good = case.label is not None or before.value >= GOOD_FROM
    if not has_room(tally.probe, before.value) or (tally.probe == "nothing" and not good):
        tally.no_room += 1
        return False
    same = abs(change) < MOVED if before.estimate else before.answer == after.answer
    wrong = is_wrong(tally.probe, before.value, after.value, same_answer=same)
    tally.count(case.source, shown, change, wrong=wrong)
    return wrong


def _is_screened(case: Case, layout: Layout, rubric: Rubric) -> bool:
    if case.probe in EITHER_WAY:
        return False
    sample = layout.asked[case.after[0]].sample
    return prescreen(prepare(sample, rubric.reasoning), rubric.prescreen) is not None


def tally_pairs(pairs: Sequence[AuditPair], found: Mapping[str, Mapping[str, Compared]]) -> Tally:
    """The pairs, in both orders."""
    tally = Tally("position")
    for one in pairs:
        for name, compared in found[one.pair.pair_id].items():
            leans = leans_to_first(compared)
            if leans is None:
                _unsaid(tally, compared)
                continue
            shown = WorstCase(
                sample_id=one.source.sample.sample_id,
                criterion=name,
                kind=one.kind,
                before=leans[0],
                after=leans[1],
                before_answer=_named(leans[0]),
                after_answer=_named(leans[1]),
                prompt=prompt_text(one.source.sample)[:LONGEST],
                text=pair_text(one.pair)[:LONGEST],
                told="the two completions; a is shown first before, and b after",
            )
            tally.count(one.source, shown, sum(leans) / 2, wrong=compared.flipped)
    return tally


def _unsaid(tally: Tally, compared: Compared) -> None:
    """A pair that failed, or to which the question does not apply."""
    if failure := compared.failure:
        tally.unanswered[failure.stage] += 1
    else:
        tally.no_room += 1


def _named(lean: float) -> str:
    return "the first" if lean > 0 else "the second" if lean < 0 else "neither"


def _shares(found: Mapping[str, Sequence[bool]]) -> dict[str, tuple[int, int]]:
    """How many wrong of how many, the most wrong first."""
    shares = {name: (sum(wrong), len(wrong)) for name, wrong in found.items()}
    return dict(sorted(shares.items(), key=lambda one: (-one[1][0] / one[1][1], one[0])))
