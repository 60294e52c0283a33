"""An audit of a judge: what moves it that should not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rlaif.grading.audit_changes import another, attacked, emptied, longer, opened
from rlaif.grading.audit_pairs import AuditPair, pairs_of
from rlaif.grading.audit_plan import Layout, Place, begun, other_questions
from rlaif.grading.audit_sources import Source
from rlaif.grading.engine import Asker
from rlaif.ports import JudgeBackend
from rlaif.records.audit import AuditReport, ProbeReport
from rlaif.records.judge import Judge
from rlaif.reporting.text import count_of
from rlaif.runs.audit_asking import (
    Said,
    Watch,
    answers_to,
    comparer_of,
    preferences_on,
    why_no_pairs,
)
from rlaif.runs.audit_findings import Tally, tally_cases, tally_pairs
from rlaif.runs.audit_order import AuditOrder, how_it_reads, sources_of
from rlaif.runs.audit_self import Beside, own_policies, self_preference
from rlaif.runs.judge import language_note, ready
from rlaif.runs.remembering import Remembering, remembering

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Planned:
    """All that an audit will ask, before anything is asked."""

    order: AuditOrder
    sources: list[Source]
    layout: Layout
    places: list[Beside]
    pairs: list[AuditPair]
    own: set[str]

    @property
    def compares(self) -> bool:
        """Whether the other judge is of use."""
        return self.order.against is not None and bool(self.own)

    @property
    def questions(self) -> int:
        """How many are to be asked, about; what is in the cache counts, too."""
        votes = sum(seat.own.votes for seat in self.order.judge.seats)
        pairs = sum(2 * len(one.pair.criteria) for one in self.pairs)
        found = (self.layout.questions + pairs) * votes
        if self.compares:
            found += sum(len(one.source.judged) for one in self._told)
        return found

    @property
    def _told(self) -> list[Beside]:
        return [one for one in self.places if one.source.sample.policy]

    def beside(self) -> Layout:
        """What the other judge is asked: about completions with a policy, as they are."""
        found = Layout("alone")
        for one in self._told:
            found.asked[one.place] = self.layout.asked[one.place].bare(one.source)
        return found

    def text(self) -> str:
        """What it is to be asked, in a sentence."""
        return (
            f"about {count_of(self.questions, 'question')} for {self.order.judge.name}, on "
            f"{count_of(len(self.sources), 'completion')}"
        )


def planned(order: AuditOrder) -> Planned:
    """What an audit will ask. No judge is loaded.

    Raises: InputError where there is nothing to change; FileProblems for samples at fault.
    """
    sources = sources_of(order)
    layout = Layout(how_it_reads(order.judge))
    language = order.rubric.language
    places = []
    for number, source in enumerate(sources):
        one = begun(layout, source, order.takes)
        places.append(Beside(source, one.base))
        other_questions(one, language)
        if "verbosity" in order.probes:
            longer(one)
        opened(one, number)
        attacked(one, number, order.seed)
        emptied(one, another(sources, number))
    no_pairs = "position" not in order.probes or why_no_pairs(order.judge)
    own = set()
    if "self-preference" in order.probes:
        own = own_policies(sources, order.judge, order.own)
    pairs = [] if no_pairs else pairs_of(sources, order.takes)
    return Planned(order, sources, layout, places, pairs, own)


def audit(
    plan: Planned, note: Note, watch: Watch, *, backend: JudgeBackend | None = None
) -> AuditReport:
    """Ask all of it, and say what moved the judge.

    Args: `note` is told a line for a person, `watch` how many texts are done; `backend`
        stands in for the one that the judge file names, as in tests.

    Raises: JudgeUnavailable, MissingExtra, FileProblems; whatever broke the judge.
    """
    order = plan.order
    rubric, judge = order.rubric, order.judge
    if told := language_note(judge, rubric):
        note(told)
    with remembering(order.cache, order.recheck) as memory:
        heard = asyncio.run(_heard(plan, note, watch, memory, backend))
    return AuditReport(
        rubric=f"{rubric.rubric}@{rubric.version}",
        rubric_hash=rubric.content_hash,
        judge=judge.name,
        served=heard.served,
        seed=order.seed,
        samples=len(plan.sources),
        labelled=sum(bool(source.labels) for source in plan.sources),
        questions=plan.questions,
        checks=order.checks,
        left_out=tuple(order.skip),
        probes=tuple(_reports(plan, heard)),
    )


@dataclass(slots=True)
class _Heard:
    """All that the judges said."""

    served: str = ""
    said: Mapping[Place, Said] | None = None
    position: Tally | None = None
    no_pairs: str = ""
    other: Mapping[Place, Said] | None = None


async def _heard(
    plan: Planned, note: Note, watch: Watch, memory: Remembering, backend: JudgeBackend | None
) -> _Heard:
    order, heard = plan.order, _Heard()
    async with ready(order.judge, backend, rubric=order.rubric, memory=memory) as asker:
        for text in asker.notes:
            note(text)
        heard.served = asker.served
        heard.said = await answers_to(plan.layout, order.rubric, asker, watch)
        await _pairs(plan, asker, heard)
    if order.against is not None and plan.compares:
        # Only now: two models may not find room beside each other
        note(f"asking {order.against.name} about completions as they are")
        async with ready(order.against, rubric=order.rubric, memory=memory) as asker:
            heard.other = await answers_to(plan.beside(), order.rubric, asker, watch)
    return heard


async def _pairs(plan: Planned, asker: Asker, heard: _Heard) -> None:
    judge: Judge = plan.order.judge
    heard.no_pairs = why_no_pairs(judge)
    if not plan.pairs:
        return
    comparer = comparer_of(judge, asker)
    if isinstance(comparer, str):
        heard.no_pairs = comparer
        return
    found = await preferences_on(plan.pairs, plan.order.rubric, comparer)
    heard.position = tally_pairs(plan.pairs, found)


def _reports(plan: Planned, heard: _Heard) -> Sequence[ProbeReport]:
    order, said = plan.order, heard.said or {}
    tallies = tally_cases(plan.layout, said, order.rubric, order.probes)
    if heard.position is not None:
        tallies["position"] = heard.position
    found = {probe: tally.report(order.seed) for probe, tally in tallies.items()}
    if heard.position is None and "position" in found:
        told = heard.no_pairs or "there are no two completions to hold against each other"
        found["position"] = ProbeReport(probe="position", finding="not tried", note=told)
    if plan.layout.how not in ("listed", "holistic") and "criteria-order" in found:
        told = "this judge reads one question at a time"
        found["criteria-order"] = ProbeReport(
            probe="criteria-order", finding="not tried", note=told
        )
    if "self-preference" in found:
        found["self-preference"] = self_preference(
            plan.places, said, heard.other, plan.own, order.seed, order.own
        )
    return [found[probe] for probe in order.probes]
