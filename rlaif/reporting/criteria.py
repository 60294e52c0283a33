"""Facts of a run's criteria, as people read them on a narrow terminal and as programs do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rlaif.records.agreement import CriterionFacts
from rlaif.reporting.sheet import Line, Sheet
from rlaif.reporting.text import count_of


@dataclass(frozen=True, slots=True)
class CriteriaFound:
    """The criteria of one run."""

    path: str
    rubric: str
    judge: str
    samples: int
    graded: int
    facts: Sequence[CriterionFacts]
    kinds: Mapping[str, Sequence[str]]
    """By criterion, of `fault`, `gate` and `check` what it is; `own` where samples bring it."""
    drawn: int
    """Samples that the two-parameter model was fitted on; 0 where it was not."""
    every: int
    """Pairs of criteria were counted on one sample in so many."""
    left_out: int
    """Criteria of the samples' own that are not listed."""
    notes: Sequence[str] = ()
    """What could not be told, and why."""


def criteria_json(found: CriteriaFound) -> dict[str, Any]:
    """In JSON's types."""
    rows = [
        {**asdict(one), "kinds": list(found.kinds.get(one.criterion, ()))} for one in found.facts
    ]
    for row in rows:
        row["redundant"] = [{"criterion": c, "alike": share} for c, share in row["redundant"]]
        row["advice"] = list(row["advice"])
    return {
        "path": found.path,
        "rubric": found.rubric,
        "judge": found.judge,
        "samples": found.samples,
        "graded": found.graded,
        "model_samples": found.drawn,
        "pairs_on_one_in": found.every,
        "left_out": found.left_out,
        "notes": list(found.notes),
        "criteria": rows,
    }


def criteria_view(found: CriteriaFound) -> Sheet:
    """A few lines a criterion: its figures, then the advice on it."""
    return Sheet(_sheet(found))


def _sheet(found: CriteriaFound) -> Iterator[Line]:
    graded = f"{found.graded:,} of {count_of(found.samples, 'sample')} graded"
    yield Line(f"{found.rubric}, judged by {found.judge}", graded, style="bold")
    for one in found.facts:
        yield Line("")
        yield from _criterion(one, found.kinds.get(one.criterion, ()))
    yield Line("")
    advised = sum(bool(one.advice) for one in found.facts)
    yield Line(
        f"{count_of(advised, 'criterion').replace('criterions', 'criteria')} of "
        f"{len(found.facts):,} to look at."
        if advised
        else "Nothing stands out.",
        style="bold",
    )
    yield from (Line(text) for text in _how(found))


def _criterion(one: CriterionFacts, kinds: Sequence[str]) -> Iterator[Line]:
    kind = f" ({', '.join(kinds)})" if kinds else ""
    mean = "" if one.prevalence is None else f"mean {one.prevalence:.2f}"
    yield Line(f"{one.criterion}{kind}", mean, style="bold")
    yield Line(_counts(one), depth=1)
    if figures := "; ".join(_figures(one)):
        yield Line(figures, depth=1)
    for text in one.advice:
        yield Line(text, depth=1, mark="! ")


def _counts(one: CriterionFacts) -> str:
    parts = [f"{one.answered:,} answered"]
    parts += [f"{one.failed:,} failed"] if one.failed else []
    parts += [f"{one.skipped:,} skipped"] if one.skipped else []
    return ", ".join(parts)


def _figures(one: CriterionFacts) -> Iterator[str]:
    if one.discrimination is not None:
        yield f"with the rest {one.discrimination:+.2f}"
    if one.slope is not None and one.difficulty is not None:
        yield f"slope {one.slope:.2f} at {one.difficulty:+.2f}"
    if one.ambiguity is not None:
        yield f"unsure {one.ambiguity:.0%}"
    if one.questions is not None:
        yield f"{one.questions:.0%} of questions"
    if one.tokens is not None:
        yield f"{one.tokens:,.0f} tokens each"


def _how(found: CriteriaFound) -> Iterator[str]:
    """What the figures are from, where that is not every sample."""
    if found.drawn:
        yield f"Slopes are from {count_of(found.drawn, 'sample')}."
    if found.every > 1:
        yield f"Pairs of criteria were counted on one sample in {found.every:,}."
    if found.left_out:
        yield (
            f"{found.left_out:,} of the samples' own criteria, which fewer samples have, are not "
            "listed."
        )
    yield from found.notes
