"""Rows of single completions: what `select` and `unpaired` have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from rlaif.records.sample import Sample
from rlaif.runs.rows import Count, group_name, in_batches
from rlaif.storage.group_rows import Groups
from rlaif.storage.row_files import Kind
from rlaif.training.groups import Candidate, known_score

LINEAGE: dict[str, Kind] = {
    "score": "number",
    "sample_id": "text",
    "policy": "text",
    "group": "text",
}
"""The columns beside those that trainers look at."""


def rows_of_one(
    groups: Groups,
    kept: Iterable[Sequence[tuple[Candidate, str]]],
    columns: Callable[[Sample, str], dict[str, Any]],
    count: Count,
) -> Iterator[dict[str, Any]]:
    """A row for each completion that is kept.

    Args: `kept`, for each prompt, completions and what each is (its side on the card); `columns`
    makes those that trainers look at.
    """
    for batch in in_batches(_each(kept, count)):
        samples = groups.samples(one.at for one, _ in batch)
        for (one, side), sample in zip(batch, samples, strict=True):
            count.tally.rows += 1
            count.tally.side(side, one.policy, one.length)
            count.tally.number("score", known_score(one))
            yield {
                **columns(sample, side),
                "score": one.score,
                "sample_id": one.sample_id,
                "policy": one.policy,
                "group": group_name(sample),
            }


def _each(
    kept: Iterable[Sequence[tuple[Candidate, str]]], count: Count
) -> Iterator[tuple[Candidate, str]]:
    for found in kept:
        count.tally.prompts += bool(found)
        yield from found
