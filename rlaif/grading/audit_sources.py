"""The completions that an audit changes: drawn by a seed, with what is known of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rlaif.grading.audit_questions import earned
from rlaif.grading.completion import prepare
from rlaif.grading.plan import applies
from rlaif.grading.prescreen import prescreen
from rlaif.grading.verdict import answered, verdict_of_label
from rlaif.records.answers import Answers
from rlaif.records.criterion import Judged, leaves
from rlaif.records.identity import canonical, digest
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample

MOST_OF_A_PROMPT = 4
"""Completions of one prompt that are drawn; more of them say little more."""
_HOLD_BACK = 4
"""Prompts that are kept in memory for each that is wanted, before the surplus is dropped."""


@dataclass(frozen=True, slots=True)
class Source:
    """One completion, with the questions that a judge can be asked about it and nothing else."""

    sample: Sample
    prompt: str
    """Hash of the prompt and its reference: completions of one prompt are not independent."""
    labels: Mapping[str, float] = field(default_factory=dict)
    """What a person's answers earn it, in [0, 1], by criterion."""

    @property
    def judged(self) -> list[Judged]:
        """The questions."""
        return [c for c in leaves(self.sample.criteria) if isinstance(c, Judged)]


def source_of(sample: Sample, rubric: Rubric) -> Source | None:
    """The sample as an audit takes it; None where there is nothing to ask about it.

    What the prescreen stops is no completion to change: no judge would see it.
    """
    if prescreen(prepare(sample, rubric.reasoning), rubric.prescreen) is not None:
        return None
    judged = [
        criterion.model_copy(update={"when": None})
        for criterion in leaves((*rubric.items, *sample.criteria))
        if isinstance(criterion, Judged)
        and applies(criterion.when, sample.metadata)
        and not (criterion.needs and sample.reference is None)
    ]
    if not judged:
        return None
    return Source(sample.model_copy(update={"criteria": tuple(judged)}), prompt_hash(sample))


def labelled(source: Source, answers: Sequence[Answers]) -> Source:
    """The source with what people's answers earn it, on average where there are several.

    "Does not apply" says nothing here.
    """
    found: dict[str, list[float]] = {}
    for criterion in source.judged:
        for one in answers:
            value = _earned(criterion, one)
            if value is not None:
                found.setdefault(criterion.id, []).append(value)
    return replace(source, labels={name: sum(v) / len(v) for name, v in found.items()})


def _earned(criterion: Judged, answers: Answers) -> float | None:
    label, value = answers.answers.get(criterion.id), answers.values.get(criterion.id)
    if label is not None and criterion.takes(label):
        return earned(criterion, answered(criterion, verdict_of_label(criterion, label)))
    if value is None:
        return None
    return value if criterion.weight > 0 else 1 - value


def prompt_hash(sample: Sample) -> str:
    """Hash of what a completion answers."""
    written = sample.as_written()
    return digest(canonical([written["prompt"], written.get("reference")]))


def drawn(sources: Iterable[Source], count: int, seed: int) -> list[Source]:
    """At most `count` of the sources, whole prompts together, whatever order they come in.

    Memory does not grow with the number of sources.
    """
    prompts: dict[str, dict[str, Source]] = {}
    for source in sources:
        place = digest(str(seed), source.prompt)
        mine = prompts.setdefault(place, {})
        mine[digest(str(seed), source.sample.sample_id)] = source
        if len(mine) > MOST_OF_A_PROMPT:
            del mine[max(mine)]
        if len(prompts) > _HOLD_BACK * count:
            prompts = {name: prompts[name] for name in sorted(prompts)[:count]}
    found = [mine[name] for _, mine in sorted(prompts.items()) for name in sorted(mine)]
    return found[:count]
