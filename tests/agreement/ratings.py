"""Labels beside verdicts, made by hand or drawn, for the tests of agreement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rlaif.agreement.rated import MISSING, NA, Rated
from rlaif.records.agreement import CriterionAgreement, Figure

YES_NO = ("no", "yes")


def rated(
    human: Sequence[int],
    judge: Sequence[int],
    categories: Sequence[str] = YES_NO,
    **columns: Any,
) -> Rated:
    """A row each; a prompt, a sample and one person for all, unless stated otherwise."""
    count, kinds = len(human), len(categories)
    scale = kinds - (categories[-1] == NA)
    worth = np.array([*np.linspace(0, 1, scale), *([np.nan] * (kinds - scale))])
    said = np.array([*human], int)
    told = np.array([*judge], int)
    known = told != MISSING
    shares = np.where(known[:, None], np.eye(kinds)[np.where(known, told, 0)], np.nan)
    every: dict[str, Any] = {
        "cluster": np.arange(count),
        "sample": np.arange(count),
        "annotator": np.zeros(count, int),
        "shares": shares,
        "label_mass": np.full(count, np.nan),
        "length": np.arange(count) * 7 % 11,
        "score_value": np.where(known, worth[np.where(known, told, 0)], np.nan),
        "human_value": worth[np.where(said == MISSING, 0, said)] if count else np.zeros(0),
        "criterion": "c",
        "ordinal": True,
        "worth": tuple(np.nan_to_num(worth).tolist()),
    }
    plain = {"criterion", "ordinal", "worth"}
    every |= {name: value if name in plain else np.array(value) for name, value in columns.items()}
    return Rated(categories=tuple(categories), human=said, judge=told, **every)


def of_table(table: Sequence[Sequence[int]], **columns: Any) -> Rated:
    """As many rows as each cell says; a row of the table is what people answered."""
    counts = np.array(table)
    human, judge = np.nonzero(np.ones_like(counts))
    names = [str(place) for place in range(len(counts))]
    columns = {"categories": YES_NO if len(names) == 2 else names, **columns}
    return rated(
        np.repeat(human, counts.ravel()).tolist(),
        np.repeat(judge, counts.ravel()).tolist(),
        **columns,
    )


def drawn(
    seed: int, *, prompts: int = 40, per_prompt: int = 3, people: int = 1, kinds: int = 2
) -> Rated:
    """A judge that is right mostly, with probabilities, and people who err at times."""
    random = np.random.default_rng(seed)
    samples = prompts * per_prompt
    truth = random.integers(0, kinds, samples)
    judge = np.where(random.random(samples) < 0.7, truth, random.integers(0, kinds, samples))
    shares = random.dirichlet(np.ones(kinds), samples) * 0.5
    shares[np.arange(samples), judge] += 0.5
    row = np.repeat(np.arange(samples), people)
    errs = random.random(len(row)) < 0.15
    human = np.where(errs, random.integers(0, kinds, len(row)), truth[row])
    return rated(
        human.tolist(),
        judge[row].tolist(),
        YES_NO if kinds == 2 else [str(place) for place in range(kinds)],
        cluster=row // per_prompt,
        sample=row,
        annotator=np.tile(np.arange(people), samples),
        shares=shares[row],
        label_mass=random.uniform(0.8, 1, samples)[row],
        length=random.integers(10, 900, samples)[row],
        score_value=(shares @ np.linspace(0, 1, kinds))[row],
    )


def value(found: Figure) -> float:
    assert found.value is not None, found.why
    return found.value


def figures_of(found: CriterionAgreement) -> list[Figure]:
    return [*found.figures.values(), *found.ceiling.values()]


def width(found: Figure) -> float:
    assert found.high is not None
    assert found.low is not None
    return found.high - found.low
