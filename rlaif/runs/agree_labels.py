"""People's labels beside the criteria that they are to: what does not fit, at its line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from rlaif.errors import InputError, Problem, RunError
from rlaif.records.base import nearest
from rlaif.records.criterion import Criterion, leaves
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.storage.labelled_samples import LabelledRun
from rlaif.storage.labels import Labels, SampleLabels

_PAIRS_WANTED = "the labels are preferences between two completions, and the run has grades"
_GRADES_WANTED = "the labels are answers about single completions, and the run has pairs"


def refuse_preferences(labels: Labels, path: Path) -> None:
    """Raises: InputError where labels of pairs meet a run of grades, or there are none at all."""
    if labels.pairs:
        first = labels.pairs[0]
        raise InputError(
            f"{first.path}:{first.line}: {_PAIRS_WANTED}: {path}\n"
            "  hint: name a run of `rlaif compare`, or labels {sample_id, answers: {...}}"
        )
    if not labels.samples:
        raise InputError("there is no answer in the labels\n  hint: {sample_id, answers: {...}}")


def refuse_answers(labels: Labels, path: Path) -> None:
    """Raises: InputError where answers about single completions meet a run of pairs."""
    if labels.samples:
        first = labels.samples[0]
        raise InputError(
            f"{first.path}:{first.line}: {_GRADES_WANTED}: {path}\n"
            "  hint: name a run of `rlaif grade`, or labels {pair_id, human: a | b | tie}"
        )


def refuse_unknown_annotators(names: Sequence[str], known: Sequence[str]) -> None:
    """Raises: InputError for a person whom no label is by."""
    for name in names:
        if name not in known:
            named = [one for one in known if one]
            hint = nearest(name, named) if named else "the labels name no annotators"
            raise InputError(f"--annotator {name}: no label is by this person\n  hint: {hint}")


def refuse_unknown_criteria(names: Sequence[str], known: Collection[str]) -> None:
    """Raises: InputError for a criterion that no labelled sample is asked."""
    for name in names:
        if name not in known:
            hint = nearest(name, list(known))
            raise InputError(f"--criterion {name}: no such criterion\n  hint: {hint}")


def by_sample(rows: Sequence[SampleLabels]) -> dict[str, list[SampleLabels]]:
    """The rows of each sample, in the order of the files."""
    found: dict[str, list[SampleLabels]] = {}
    for row in rows:
        found.setdefault(row.sample_id, []).append(row)
    return found


def refuse_foreign(run: LabelledRun, rows: Mapping[str, Sequence[SampleLabels]], path: Path) -> int:
    """How many labelled samples the run does not have. Raises: RunError where it has none of them.

    Labels outlive a run, and a run may be of a part of what was labelled: some may be missing.
    """
    unknown = run.unknown()
    if len(unknown) < len(rows):
        return len(unknown)
    first = rows[unknown[0]][0]
    near = ", ".join(f"'{name}'" for name in run.near(unknown[0]))
    raise RunError(
        f"{first.path}:{first.line}: no sample '{unknown[0]}' in {path}, nor any other of the "
        f"{len(rows):,} that are labelled\n  hint: the nearest ids: {near}"
    )


def criteria_of(rubric: Rubric, sample: Sample) -> dict[str, Criterion]:
    """What a sample is asked, the rubric's first, then its own."""
    return {one.id: one for one in leaves((*rubric.items, *sample.criteria))}


def misfits(row: SampleLabels, criteria: Mapping[str, Criterion]) -> Iterator[Problem]:
    """Answers to a criterion that is not there, or that it cannot be answered with."""
    for name in row.criteria:
        if name not in criteria:
            hint = nearest(name, criteria) if criteria else "the sample has no criteria"
            yield Problem(row.path, row.line, 1, f"no criterion '{name}'", hint)
    for name, label in row.answers.items():
        if name in criteria and label is not None and not criteria[name].takes(label):
            told = f"'{name}' has no answer '{label}'"
            yield Problem(row.path, row.line, 1, told, criteria[name].told_answers)
