"""Proposed criteria put to the test: do they tell preferred from rejected, are references good?

A criterion's value on a completion is p(yes); of a fault, 1 - p(yes). Over pairs its margin is the
share of pairs in which the preferred completion has the larger value, minus the share in which the
rejected one has. It is kept from MIN_MARGIN on at least MIN_PAIRS pairs with both verdicts. Where
it tells them apart the wrong way round it is dropped and that is said; its sign is not turned,
because why people prefer what the model took for a fault is for an expert to find out.
On the one pair that it was drawn from it is kept where the preferred completion has a value that is
larger by MIN_APART: it has been seen by the model, so that this weeds out and proves nothing.
On references it is kept when MIN_MET of those with a verdict meet it (the one, where there is one).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Plan, Work
from rlaif.grading.seat import Asker
from rlaif.records.grade import Answered
from rlaif.records.outcome import Verdict
from rlaif.records.pair import Pair
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample

MIN_MARGIN = 0.2
MIN_PAIRS = 10
MIN_MET = 0.75
MIN_APART = 0.2
_ROUNDING = 1e-9
_PER_SAMPLE = Rubric(rubric="draft", version="0.1.0", title="Draft", criteria="per-sample")


@dataclass(frozen=True, slots=True)
class Tried:
    """One criterion, and what its trial showed."""

    written: dict[str, Any]
    """As a rubric file states it."""
    figure: str = ""
    """In words; empty where nothing was tried."""
    why: str = ""
    """Why it is dropped; empty where it is kept."""
    margin: float = 0.0


async def try_on_pairs(
    asker: Asker, criteria: Sequence[dict[str, Any]], pairs: Sequence[Pair]
) -> list[Tried]:
    """What each criterion makes of the pairs, in the order of the criteria.

    Args: `pairs` of which people preferred one completion.
    """
    samples = [
        side.model_copy(update={"sample_id": f"{name} {place}", "criteria": ()})
        for place, pair in enumerate(pairs)
        for name, side in zip(("chosen", "rejected"), sides(pair), strict=True)
    ]
    found = await _plans(asker, _rubric(criteria), samples)
    return [_on_pairs(written, found, len(pairs)) for written in criteria]


async def try_on_references(
    asker: Asker, criteria: Sequence[dict[str, Any]], samples: Sequence[Sample]
) -> list[Tried]:
    """Whether the completions of `samples`, which are references, meet each criterion."""
    bare = [_bare(sample, f"{place}") for place, sample in enumerate(samples)]
    found = await _plans(asker, _rubric(criteria), bare)
    plans = [found[sample.sample_id] for sample in bare]
    return [_on_references(written, plans) for written in criteria]


async def try_on_own_reference(
    asker: Asker, rows: Sequence[tuple[Sample, Sequence[dict[str, Any]]]]
) -> list[list[Tried]]:
    """The same, where every sample has criteria of its own."""
    bare = [
        Sample.model_validate({**_bare(sample, f"{place}").as_written(), "criteria": criteria})
        for place, (sample, criteria) in enumerate(rows)
    ]
    found = await _plans(asker, _PER_SAMPLE, bare)
    return [
        [_on_references(written, [found[sample.sample_id]]) for written in criteria]
        for sample, (_, criteria) in zip(bare, rows, strict=True)
    ]


async def try_on_own_pair(
    asker: Asker, rows: Sequence[tuple[Pair, Sequence[dict[str, Any]]]]
) -> list[list[Tried]]:
    """Whether each pair's own criteria tell its preferred completion from the rejected one."""
    samples = [
        Sample.model_validate(
            {**side.as_written(), "sample_id": f"{name} {place}", "criteria": criteria}
        )
        for place, (pair, criteria) in enumerate(rows)
        for name, side in zip(("chosen", "rejected"), sides(pair), strict=True)
    ]
    found = await _plans(asker, _PER_SAMPLE, samples)
    return [
        [_apart(one, found[f"chosen {place}"], found[f"rejected {place}"]) for one in criteria]
        for place, (_, criteria) in enumerate(rows)
    ]


def sides(pair: Pair) -> tuple[Sample, Sample]:
    """The completion that people preferred, and the one that they rejected; no tie has these."""
    return (
        (pair.sample("b"), pair.sample("a"))
        if pair.human == "b"
        else (pair.sample("a"), pair.sample("b"))
    )


def _bare(sample: Sample, name: str) -> Sample:
    """Without the reference: the judge would see the same text twice, and know what it is."""
    return sample.model_copy(update={"sample_id": name, "reference": None, "criteria": ()})


def _rubric(criteria: Sequence[dict[str, Any]]) -> Rubric:
    stated = {"rubric": "draft", "version": "0.1.0", "title": "Draft", "criteria": list(criteria)}
    return Rubric.model_validate(stated)


async def _plans(asker: Asker, rubric: Rubric, samples: Sequence[Sample]) -> dict[str, Plan]:
    async def works() -> AsyncIterator[Work]:
        for sample in samples:
            yield Work(sample)

    plans = finished_plans(works(), rubric, asker, skip_by_gates=False, screen=False)
    async with aclosing(plans):
        return {made.work.sample.sample_id: made async for made in plans}


def _on_pairs(written: dict[str, Any], found: Mapping[str, Plan], pairs: int) -> Tried:
    both = [
        (_value(written, found[f"chosen {place}"]), _value(written, found[f"rejected {place}"]))
        for place in range(pairs)
    ]
    told = [(one, other) for one, other in both if one is not None and other is not None]
    if len(told) < MIN_PAIRS:
        few = f"verdicts on both sides in only {len(told)} of {pairs} pairs"
        return Tried(written, few, f"{MIN_PAIRS} pairs are needed")
    won = sum(one > other for one, other in told)
    lost = sum(one < other for one, other in told)
    margin = (won - lost) / len(told)
    figure = f"margin {margin:+.2f} on {len(told)} pairs ({won} for, {lost} against)"
    if margin <= -MIN_MARGIN:
        return Tried(written, figure, "tells them apart the wrong way round", margin)
    why = "" if margin >= MIN_MARGIN else "does not tell preferred from rejected"
    return Tried(written, figure, why, margin)


def _apart(written: dict[str, Any], preferred: Plan, rejected: Plan) -> Tried:
    one, other = _value(written, preferred), _value(written, rejected)
    if one is None or other is None:
        return Tried(written, "no verdict on both sides of its pair", "could not be tried")
    margin = one - other
    figure = f"worth {one:.2f} on the preferred completion, {other:.2f} on the rejected one"
    # in floats 0.6 - 0.4 is a little less than 0.2
    if margin <= -MIN_APART + _ROUNDING:
        return Tried(written, figure, "tells its pair apart the wrong way round", margin)
    why = "" if margin >= MIN_APART - _ROUNDING else "does not tell its pair apart"
    return Tried(written, figure, why, margin)


def _on_references(written: dict[str, Any], plans: Sequence[Plan]) -> Tried:
    answers = [given for plan in plans if (given := _answered(written, plan))]
    if not answers:
        return Tried(written, "no verdict on a reference", "could not be tried")
    wanted = "yes" if written["weight"] > 0 else "no"
    met = sum(given.answer == wanted for given in answers)
    figure = f"met by {met} of {len(answers)} references"
    why = "" if met >= MIN_MET * len(answers) else "the reference does not meet it"
    return Tried(written, figure, why, met / len(answers))


def _value(written: Mapping[str, Any], plan: Plan) -> float | None:
    given = _answered(written, plan)
    if given is None or given.value is None:
        return None
    return given.value if written["weight"] > 0 else 1 - given.value


def _answered(written: Mapping[str, Any], plan: Plan) -> Answered | None:
    """The criterion's verdict; None where there is none, which is no "no"."""
    given = plan.given[written["id"]]
    return given if isinstance(given.outcome, Verdict) else None
