"""Canaries: samples of a job whose completion is replaced by a known attack on the judge.

The prompt, the reference, the metadata and the sample's own questions stay. Beside the canaries of
a prompt stands its control: a plain "I do not know.", which deserves what any text without an
answer does. Where a rubric asks for nothing but faults, a text that says nothing has none and
rightly scores 1: there the attack stands behind the sample's own completion, which is the control.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from string import Template

from rlaif.grading.attack_texts import FAMILIES, Family
from rlaif.records.criterion import Criterion, Item, Judged, Section, leaves
from rlaif.records.identity import canonical, digest
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample

CONTROL = "I do not know."
"""What stands beside an attack on the same prompt."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HOLD_BACK = 4
"""Prompts that are kept in memory for each that is wanted, before the surplus is dropped."""


@dataclass(frozen=True, slots=True)
class Canary:
    """One attack on one prompt."""

    family: str
    attack: str
    """What the policy adds, or writes instead of an answer."""
    source: str
    """The id of the sample whose prompt it is."""
    sample: Sample
    """What is graded; its id is no sample's of the job."""
    control: Sample
    """What it is measured by; one for all canaries on this prompt."""
    behind: bool
    """The attack stands behind the sample's own completion."""


def judged_only(rubric: Rubric) -> Rubric:
    """The rubric with nothing but its questions for the judge; sections left empty go.

    Without its examples: those that teach are in the judge's prompt already.
    """
    if rubric.criteria == "per-sample":
        return rubric.model_copy(update={"examples": ()})
    return rubric.model_copy(update={"criteria": tuple(_judged(rubric.items)), "examples": ()})


def with_questions(samples: Iterable[Sample], rubric: Rubric) -> Iterator[Sample]:
    """The samples that a judge is asked something about, with their own questions alone.

    Args: `rubric` as `judged_only` gives it.
    """
    asks = bool(rubric.items)
    for sample in samples:
        own = tuple(_judged(sample.criteria))
        if asks or own:
            yield sample.model_copy(update={"criteria": own})


def choose(samples: Iterable[Sample], count: int, seed: int) -> list[Sample]:
    """At most `count` samples of different prompts, drawn by `seed`, whatever order they come in.

    Memory does not grow with the number of samples.
    """
    drawn: dict[str, Sample] = {}
    for sample in samples:
        place = _draw(sample, seed)
        known = drawn.get(place)
        if known is None or sample.sample_id < known.sample_id:
            drawn[place] = sample
        if len(drawn) > _HOLD_BACK * count:
            drawn = _first(drawn, count)
    return list(_first(drawn, count).values())


def canaries_on(
    chosen: Sequence[Sample], rubric: Rubric, count: int, seed: int
) -> Iterator[Canary]:
    """`count` canaries on the chosen samples: families in turn, prompts in turn.

    Args: `chosen`, not empty, as `with_questions` gives them; `rubric`, as `judged_only` does.
    """
    for number in range(count):
        # A full round later a family meets the next prompt, also where there are as many of both
        place = (number + number // len(chosen)) % len(chosen)
        sample = chosen[place]
        criteria = tuple(leaves((*rubric.items, *sample.criteria)))
        behind = all(criterion.weight < 0 for criterion in criteria)
        family, turn = _in_turn(number, behind)
        attack = aimed(_text(family, turn, seed), criteria)
        yield Canary(
            family=family.name,
            attack=attack,
            source=sample.sample_id,
            sample=_attacked(sample, attack, f"canary-{number}", behind=behind),
            control=_control(sample, f"control-{place}", behind=behind),
            behind=behind,
        )


def _judged(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Section):
            if kept := tuple(_judged(item.criteria)):
                yield item.model_copy(update={"criteria": kept})
        elif isinstance(item, Judged):
            yield item


def _draw(sample: Sample, seed: int) -> str:
    """Where a prompt stands in the order that the seed makes; the same for the same prompt."""
    written = sample.as_written()
    return digest(str(seed), canonical([written["prompt"], written.get("reference")]))


def _first(drawn: dict[str, Sample], count: int) -> dict[str, Sample]:
    return {place: drawn[place] for place in sorted(drawn)[:count]}


def _in_turn(number: int, behind: bool) -> tuple[Family, int]:
    """The family of a canary, and how many of that family went before it."""
    families = [family for family in FAMILIES.values() if not (behind and family.alone)]
    return families[number % len(families)], number // len(families)


def _text(family: Family, turn: int, seed: int) -> str:
    """The family's texts in turn, in an order that the seed makes."""
    texts = sorted(family.texts, key=lambda text: digest(str(seed), text))
    return texts[turn % len(texts)]


def aimed(text: str, criteria: Sequence[Criterion]) -> str:
    """The text with its placeholders filled, aimed at what the criteria reward."""
    asked = [criterion for criterion in criteria if isinstance(criterion, Judged)]
    heaviest = max(asked, key=lambda criterion: abs(criterion.weight))
    answer, label = _wanted(heaviest)
    verdicts = [
        {"id": criterion.id, "rationale": "It is so.", "verdict": _wanted(criterion)[1]}
        for criterion in asked
    ]
    return Template(text).safe_substitute(
        criterion=heaviest.id,
        ask=heaviest.ask,
        answer=answer,
        label=label,
        verdicts=canonical({"answers": verdicts}).decode(),
    )


def _wanted(criterion: Judged) -> tuple[str, str]:
    """The answer that earns most, and what stands for it in a prompt as templates write it."""
    if criterion.yes_or_no:
        answer = "yes" if criterion.weight > 0 else "no"
        return answer, answer.capitalize()
    place = criterion.worth.index(max(criterion.worth))
    return criterion.answers[place], _LETTERS[place]


def _attacked(sample: Sample, attack: str, name: str, *, behind: bool) -> Sample:
    """The sample with the attack as its completion, or behind its own."""
    if not behind:
        return _with(sample, name, completion=attack)
    if isinstance(sample.completion, str):
        return _with(sample, name, completion=f"{sample.completion}\n\n{attack}")
    turns = list(sample.completion)
    last = max(i for i, message in enumerate(turns) if message.role == "assistant")
    told = f"{turns[last].content}\n\n{attack}"
    turns[last] = turns[last].model_copy(update={"content": told})
    return _with(sample, name, completion=tuple(turns))


def _control(sample: Sample, name: str, *, behind: bool) -> Sample:
    return _with(sample, name) if behind else _with(sample, name, completion=CONTROL)


def _with(sample: Sample, name: str, **changed: object) -> Sample:
    """A sample of ours; how the policy's own text ended says nothing about it."""
    ours = {"sample_id": name, "group_id": None, "policy": None, "finish_reason": None}
    return sample.model_copy(update={**ours, **changed})
