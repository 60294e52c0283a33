"""Corrections as labelled examples of a rubric: its tests, or what its judge is taught by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rlaif.authoring.signs import has_control_sign
from rlaif.authoring.writing import rubric_text
from rlaif.errors import InputError
from rlaif.records.criterion import leaves
from rlaif.records.identity import digest
from rlaif.records.rubric import Example, Rubric
from rlaif.records.sample import Chat, prompt_digest
from rlaif.runs.corrections_export import NONE_ASIDE, settled_samples
from rlaif.runs.corrections_judge import asked_by
from rlaif.runs.corrections_source import Wanted, spooled
from rlaif.runs.corrections_split import Split
from rlaif.runs.editing import add_examples
from rlaif.runs.new_example import example_of
from rlaif.storage.export import destination
from rlaif.training.corrections.choosing import Choosable, chosen, once, words_of
from rlaif.training.corrections.rows import sample_of
from rlaif.training.corrections.settling import Settled


@dataclass(frozen=True, slots=True)
class Choice:
    """Which corrections become examples."""

    per_criterion: int = 4
    longest: int = 4000
    """Characters of prompt and completion together that an example has at most."""
    teach: bool = False
    """Show them to the judge before every sample; they are no tests of the rubric then."""


@dataclass(frozen=True, slots=True)
class Made:
    """What came of it."""

    examples: tuple[Example, ...]
    labelled: dict[str, dict[str, int]]
    """Examples by criterion and label."""
    left_out: dict[str, int]
    """Samples without an example, by the reason in words."""
    notes: tuple[str, ...]


def make_examples(
    source: str, rubric: Rubric, choice: Choice, wanted: Wanted, split: Split
) -> Made:
    """The examples that the corrections give, none of them from the part kept aside.

    Raises: InputError, FileProblems.
    """
    left_out: Counter[str] = Counter()
    outdated = 0
    known = {(_text(one.prompt), _text(one.completion)) for one in rubric.examples}
    with spooled(source, wanted) as spool:
        found: list[Choosable] = []
        asked = asked_by(rubric)
        for place, one in enumerate(settled_samples(spool, split, asked, kept_aside=False)):
            outdated += len(one.outdated)
            labels = _fitting(one, rubric)
            reason = _unfit(one, labels, known, choice)
            if reason:
                left_out[reason] += 1
            else:
                found.append(_choosable(place, one, labels))
        every, found = len(found), once(found)
        left_out["of texts that another one has too"] += every - len(found)
        ids = [criterion.id for criterion in leaves(rubric.items)]
        picked = {
            one.place: one for one in chosen(found, ids, choice.per_criterion, choice.longest)
        }
        left_out["not needed: their criteria have their examples"] += len(found) - len(picked)
        samples = enumerate(settled_samples(spool, split, asked, kept_aside=False))
        examples = [
            _example(one, rubric, dict(picked[place].labels), choice)
            for place, one in samples
            if place in picked
        ]
    if not examples:
        raise InputError(
            f"{source}: no correction gives an example of '{rubric.rubric}'{_why(left_out)}"
        )
    notes = [] if split.share else [NONE_ASIDE]
    if outdated:
        notes.append(f"left out {outdated:,} answers to a question that was worded otherwise")
    counted = {name: reason for name, reason in left_out.items() if reason}
    return Made(tuple(examples), _labelled(examples), counted, tuple(notes))


def write_examples(made: Made, out: str) -> None:
    """Write them as YAML, ready to be put into a rubric file. Raises: InputError, RunError."""
    with destination(out) as stream:
        stream.write(examples_text(made).encode())


def examples_text(made: Made) -> str:
    """The examples as YAML."""
    return rubric_text({"examples": [example.as_written() for example in made.examples]})


def put_into(made: Made, rubric: Path) -> None:
    """Put them at the end of a rubric file's examples; all of them or none.

    Raises: FileProblems, InputError, RunError.
    """
    add_examples(rubric, made.examples)


def _fitting(one: Settled, rubric: Rubric) -> dict[str, str | None]:
    """The labels that the rubric has a place for, in its order."""
    fitting = {}
    for criterion in leaves(rubric.items):
        if criterion.id not in one.labels:
            continue
        label = one.labels[criterion.id]
        may_not_apply = bool(getattr(criterion, "allow_na", False))
        if may_not_apply if label is None else criterion.takes(label):
            fitting[criterion.id] = label
    return fitting


def _unfit(
    one: Settled,
    labels: dict[str, str | None],
    known: set[tuple[str, str]],
    choice: Choice,
) -> str:
    """Why a sample can be no example; empty where it can."""
    texts = _text(one.correction.input), _text(one.correction.output)
    if not labels:
        return "without an answer that the rubric has a place for"
    if texts in known:
        return "that are examples of the rubric already"
    if sum(map(len, texts)) > choice.longest:
        return f"of more than {choice.longest:,} characters"
    said = [*texts, one.correction.reference or "", *_comments(one, labels)]
    if any(map(has_control_sign, said)):
        return "with control characters, which no rubric file may hold"
    return ""


def _choosable(place: int, one: Settled, labels: dict[str, str | None]) -> Choosable:
    sample = sample_of(one.correction)
    texts = _text(sample.prompt), _text(sample.completion)
    return Choosable(
        place=place,
        prompt=prompt_digest(sample),
        text=digest(*texts, sample.reference or ""),
        length=sum(map(len, texts)),
        words=words_of("\n".join(texts)),
        labels=labels,
        wrong=frozenset(name for name in labels if one.overruled(name)),
    )


def _text(side: str | Chat) -> str:
    return side if isinstance(side, str) else "\n".join(turn.content for turn in side)


def _example(
    one: Settled, rubric: Rubric, labels: dict[str, str | None], choice: Choice
) -> Example:
    sample = sample_of(one.correction)
    return example_of(rubric, sample, labels, note=_note(one, labels), teach=choice.teach)


def _note(one: Settled, labels: dict[str, str | None]) -> str:
    """Why the labels are so, in the experts' words, and where the judge said otherwise."""
    told = []
    for name in labels:
        said = one.judged[name].judge
        if one.overruled(name) and said is not None:
            answer = "does not apply" if said.answer is None else said.answer
            told.append(f"The judge answered '{answer}' to {name}.")
    return " ".join([*_comments(one, labels), *told])


def _comments(one: Settled, labels: dict[str, str | None]) -> list[str]:
    return [
        f"{name}: {' '.join(comment.split())}" for name in labels for comment in one.comments[name]
    ]


def _labelled(examples: Sequence[Example]) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {}
    for example in examples:
        for name, label in example.expect.items():
            of_it = counted.setdefault(name, {})
            shown = "does not apply" if label is None else label
            of_it[shown] = of_it.get(shown, 0) + 1
    return counted


def _why(left_out: Counter[str]) -> str:
    told = [f"{count:,} {reason}" for reason, count in left_out.most_common() if count]
    return f"\n  hint: left out {'; '.join(told)}" if told else ""
