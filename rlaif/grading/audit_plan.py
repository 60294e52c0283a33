"""What an audit asks, and which two answers each of its cases holds against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rlaif.grading.audit_questions import Reading, in_order, in_other_words
from rlaif.grading.audit_sources import Source
from rlaif.grading.holistic import OVERALL
from rlaif.records.audit import Probe
from rlaif.records.criterion import Judged
from rlaif.records.sample import Sample, sample_digest

How = Literal["apart", "alone", "listed", "holistic"]
"""How a judge reads the questions about a completion: all over one prefix, each by itself (a
fake, which may go by their ids), all in one text, or as one overall question."""

Place = tuple[str, str]
"""Where an answer is found: the sample's name, and the criterion's id there."""


@dataclass(slots=True)
class Asked:
    """One sample as it is put to the judge."""

    sample: Sample
    readings: dict[str, Reading]
    """How the answers to its questions are read, by the id that they have there."""

    def bare(self, source: Source) -> Asked:
        """The same without the questions that were put beside those of the source."""
        criteria = {"criteria": source.sample.criteria}
        return Asked(self.sample.model_copy(update=criteria), same(source.judged))


@dataclass(frozen=True, slots=True)
class Case:
    """One criterion on one completion, before and after one change."""

    probe: Probe
    kind: str
    source: Source
    criterion: str
    before: Place
    after: Place
    text: str
    """What was changed, as the judge reads it."""
    told: str
    label: float | None = None
    """What a person says that the completion earns; None where nobody said."""


@dataclass(slots=True)
class Layout:
    """All that is asked, and all cases."""

    how: How
    asked: dict[str, Asked] = field(default_factory=dict)
    """By the sample's name; what shares a prompt stands together."""
    cases: list[Case] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)

    @property
    def questions(self) -> int:
        """How often the judge is asked, by one judge with one vote."""
        if self.how in ("listed", "holistic"):
            return len(self.asked)
        return sum(len(one.readings) for one in self.asked.values())

    def ask(self, sample: Sample, readings: dict[str, Reading]) -> str:
        """The name under which the sample is asked; the same one for the same content."""
        content = sample_digest(sample)
        if content not in self._names:
            name = f"audit-{len(self._names)}"
            self._names[content] = name
            # Another name, and no policy: neither is anything to the judge
            ours = {"sample_id": name, "group_id": None, "policy": None}
            self.asked[name] = Asked(sample.model_copy(update=ours), dict(readings))
        return self._names[content]


Takes = Callable[[Probe, str], bool]
"""Whether a probe is to be tried on a criterion."""


@dataclass(frozen=True, slots=True)
class OfSource:
    """One source on its way into the layout."""

    layout: Layout
    source: Source
    takes: Takes
    base: str
    """The name of the sample as it is."""

    @property
    def measured(self) -> list[tuple[str, bool]]:
        """Ids of what an answer is given to, and whether an empty text cannot earn it."""
        judged = self.source.judged
        alone = [(c.id, c.weight > 0) for c in judged]
        if self.layout.how != "holistic":
            return alone
        listed = [c for c in judged if not c.gate]
        overall = [(OVERALL, any(c.weight > 0 for c in listed))] if listed else []
        return overall + [one for one, c in zip(alone, judged, strict=True) if c.gate]

    def changed(self, probe: Probe, sample: Sample, kind: str, text: str, told: str) -> None:
        """Cases of another text about which the same is asked."""
        names = [name for name, _ in self.measured if self.takes(probe, name)]
        if names:
            after = self.layout.ask(sample, same(self.source.judged))
            for name in names:
                self.case(probe, kind, name, (self.base, name), (after, name), text, told)

    def case(
        self,
        probe: Probe,
        kind: str,
        name: str,
        before: Place,
        after: Place,
        text: str,
        told: str,
    ) -> None:
        """One more case, unless nothing was changed."""
        if before == after:
            return
        label = self.source.labels.get(name)
        made = Case(probe, kind, self.source, name, before, after, text, told, label)
        self.layout.cases.append(made)


def begun(layout: Layout, source: Source, takes: Takes) -> OfSource:
    """The source as it is, asked."""
    base = layout.ask(source.sample, same(source.judged))
    return OfSource(layout, source, takes, base)


def same(criteria: Sequence[Judged]) -> dict[str, Reading]:
    """Questions that are read as they stand."""
    return {criterion.id: Reading(criterion) for criterion in criteria}


def other_questions(one: OfSource, language: str) -> None:
    """Cases of the same text about which something else is asked: words, and orders."""
    how = one.layout.how
    if how in ("listed", "holistic") and len(one.source.judged) > 1:
        _other_order(one)
    if how == "holistic":
        _all_reworded(one, language)
        return
    for criterion in one.source.judged:
        if one.takes("paraphrase", criterion.id):
            for kind, asked in in_other_words(criterion, language):
                base = one.base, criterion.id
                _question(one, "paraphrase", kind, base, asked, Reading(criterion))
        if one.takes("answer-order", criterion.id):
            _both_orders(one, criterion)


def _both_orders(one: OfSource, criterion: Judged) -> None:
    listed, reading = in_order(criterion, turned=False)
    turned, turned_reading = in_order(criterion, turned=True)
    first = one.base, criterion.id
    if not criterion.choices:
        first = _put(one, listed, reading)
    kind = f"{len(criterion.answers)} answers turned round"
    _question(one, "answer-order", kind, first, turned, turned_reading)


def _question(
    one: OfSource, probe: Probe, kind: str, before: Place, asked: Judged, reading: Reading
) -> None:
    after = _put(one, asked, reading)
    text = asked.ask
    if probe == "answer-order" and asked.choices:
        text += "".join(f"\n- {choice.name}" for choice in asked.choices)
    one.case(probe, kind, reading.criterion.id, before, after, text, "the question, changed")


def _put(one: OfSource, asked: Judged, reading: Reading) -> Place:
    """Ask one more question: beside those about the sample as it is, or by itself."""
    source, true = one.source, reading.criterion
    if one.layout.how == "apart":
        beside = one.layout.asked[one.base]
        name = f"{true.id}.{len(beside.readings)}"
        while name in beside.readings:
            name += "-"
        asked = asked.model_copy(update={"id": name})
        both = (*beside.sample.criteria, asked)
        beside.sample = beside.sample.model_copy(update={"criteria": both})
        beside.readings[name] = reading
        return one.base, name
    if one.layout.how == "listed":
        criteria = [asked if c.id == true.id else c for c in source.judged]
        readings = {**same(source.judged), true.id: reading}
    else:
        criteria, readings = [asked], {true.id: reading}
    changed = source.sample.model_copy(update={"criteria": tuple(criteria)})
    return one.layout.ask(changed, readings), true.id


def _other_order(one: OfSource) -> None:
    turned = one.source.judged[::-1]
    sample = one.source.sample.model_copy(update={"criteria": tuple(turned)})
    text = "\n".join(f"- {criterion.ask}" for criterion in turned)
    one.changed("criteria-order", sample, "turned round", text, "the questions, turned round")


def _all_reworded(one: OfSource, language: str) -> None:
    """The listed questions of an overall one, each in the same kind of other words."""
    found: dict[str, dict[str, Judged]] = {}
    for criterion in one.source.judged:
        for kind, asked in in_other_words(criterion, language):
            found.setdefault(kind, {})[criterion.id] = asked
    for kind, changed in found.items():
        criteria = [changed.get(c.id, c) for c in one.source.judged]
        sample = one.source.sample.model_copy(update={"criteria": tuple(criteria)})
        text = "\n".join(f"- {criterion.ask}" for criterion in criteria)
        one.changed("paraphrase", sample, kind, text, "the questions, changed")


def judged_ids(sources: Sequence[Source]) -> Iterator[str]:
    """The ids of the questions about them, each once."""
    yield from dict.fromkeys(c.id for source in sources for c in source.judged)
