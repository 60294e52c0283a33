"""What to audit: a judge on a rubric, by which probes, on which completions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rlaif.errors import FileProblems, InputError, Problem
from rlaif.grading.audit_plan import How, judged_ids
from rlaif.grading.audit_sources import Source, drawn, labelled, source_of
from rlaif.records.answers import Answers
from rlaif.records.audit import PROBES, Probe
from rlaif.records.backends import ScriptedJudge
from rlaif.records.base import nearest
from rlaif.records.criterion import Checked, leaves
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.runs.examples import tested
from rlaif.runs.fitting import FittingRows
from rlaif.storage.answers import AnswersRow, read_answers
from rlaif.storage.samples import only_samples, read_rows

SAMPLES = 12
"""Completions of each kind (examples, SAMPLES) that are changed, if nothing else is said."""

NOTHING_TO_CHANGE = (
    "there is no completion to change\n"
    "  hint: give the rubric 'examples' that do not teach, or name SAMPLES"
)


@dataclass(frozen=True, slots=True)
class AuditOrder:
    """What to audit, by what, on what."""

    rubric: Rubric
    judge: Judge
    samples: str | None = None
    """Completions besides the rubric's examples."""
    labels: str | None = None
    """People's answers to those."""
    against: Judge | None = None
    """Another judge, by which self-preference is told where there are no labels."""
    own: Sequence[str] = ()
    """Policies that are the judge's own model."""
    probes: Sequence[Probe] = PROBES
    skip: Sequence[str] = ()
    """`ID`, or `PROBE:ID`: criteria that are left out."""
    count: int = SAMPLES
    seed: int = 0
    limit: int | None = None
    """Only the first so many rows of `samples`."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    cache: bool = True
    """Use verdicts that earlier runs gave to exactly the same questions."""
    recheck: float | None = None
    """Share of those that are asked for again, in [0, 1]; None for the default."""

    def takes(self, probe: Probe, criterion: str) -> bool:
        """Whether a probe is tried on a criterion."""
        left_out = criterion in self.skip or f"{probe}:{criterion}" in self.skip
        return probe in self.probes and not left_out

    @property
    def checks(self) -> tuple[str, ...]:
        """The rubric's criteria that a program answers."""
        return tuple(c.id for c in leaves(self.rubric.items) if isinstance(c, Checked))


def how_it_reads(judge: Judge) -> How:
    """How the judge reads several questions about one completion."""
    modes = {seat.own.verdict for seat in judge.seats}
    if "holistic" in modes:
        return "holistic"
    if "one_call" in modes:
        return "listed"
    fake = any(isinstance(seat.spec, ScriptedJudge) for seat in judge.seats)
    return "alone" if fake else "apart"


def sources_of(order: AuditOrder) -> list[Source]:
    """The completions to change: the examples, then those of SAMPLES, each drawn by the seed.

    Raises: InputError where there are none; FileProblems for samples or labels at fault.
    """
    found = [*_examples(order), *_samples(order)]
    if not found:
        asked = any(not isinstance(c, Checked) for c in leaves(order.rubric.items))
        if not asked and order.rubric.items:
            raise InputError(
                "an audit tries a judge, and the rubric asks nothing of one\n"
                "  hint: add a criterion with 'ask'"
            )
        raise InputError(NOTHING_TO_CHANGE)
    _refuse_unknown(order, found)
    return found


def _examples(order: AuditOrder) -> list[Source]:
    known: dict[str, Answers] = {}
    sources: list[Source] = []
    for place, example in tested(order.rubric):
        name = f"example {place}"
        if source := source_of(example.sample(name), order.rubric):
            sources.append(source)
            known[name] = Answers(sample_id=name, answers=example.expect)
    chosen = drawn(sources, order.count, order.seed)
    return [labelled(s, [known[s.sample.sample_id]]) for s in chosen]


def _samples(order: AuditOrder) -> list[Source]:
    if order.samples is None:
        return []
    rows = FittingRows(read_rows(order.samples, order.mapping, order.limit), order.rubric)
    made = (source_of(sample, order.rubric) for sample in only_samples(rows))
    chosen = drawn((source for source in made if source), order.count, order.seed)
    if order.labels is None:
        return chosen
    answers = _answers(order.labels, {s.sample.sample_id: s for s in chosen}, set(order.checks))
    return [labelled(s, answers.get(s.sample.sample_id, [])) for s in chosen]


def _answers(
    path: str, sources: Mapping[str, Source], checks: set[str]
) -> dict[str, list[Answers]]:
    """People's answers to the samples that were drawn. Raises: FileProblems for one that fits not.

    Args: `checks`, criteria that people may have answered, and that no judge is asked.
    """
    found: dict[str, list[Answers]] = {}
    problems: list[Problem] = []
    for row in read_answers(path):
        if source := sources.get(row.answers.sample_id):
            problems += _misfits(row, source, checks)
            found.setdefault(row.answers.sample_id, []).append(row.answers)
    if problems:
        raise FileProblems(problems)
    return found


def _misfits(row: AnswersRow, source: Source, checks: set[str]) -> Iterator[Problem]:
    known = {c.id: c for c in source.judged}
    for name, label in row.answers.answers.items():
        if name in known and label is not None and not known[name].takes(label):
            message = f"'{name}' has no answer '{label}'"
            yield Problem(row.path, row.line, 1, message, known[name].told_answers)
    names = (*row.answers.answers, *row.answers.values)
    if not any(name in known or name in checks for name in names) and names:
        message = f"no criterion '{names[0]}'"
        yield Problem(row.path, row.line, 1, message, nearest(names[0], known))


def _refuse_unknown(order: AuditOrder, sources: Sequence[Source]) -> None:
    """Raise InputError for a --skip that names nothing that is asked."""
    known = [*judged_ids(sources), *order.checks]
    for one in order.skip:
        probe, sign, name = one.rpartition(":")
        if sign and probe not in PROBES:
            raise InputError(f"--skip {one}: no probe '{probe}'\n  hint: {nearest(probe, PROBES)}")
        if name not in known:
            raise InputError(f"--skip {one}: no criterion '{name}'\n  hint: {nearest(name, known)}")
