"""From a run of grades to rows of training data: what all kinds of rows have in common."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import groupby, islice
from pathlib import Path
from typing import Any, TypeVar

from rlaif.records.row_rules import Reason, RowForm, RowsMade
from rlaif.records.sample import Sample, prompt_digest
from rlaif.storage.group_rows import GroupRow, Groups
from rlaif.storage.manifest import Manifest, Stated
from rlaif.storage.row_files import Columns, Kind, name_of, write_rows_and_card
from rlaif.training.card import Graded, Making, Origin, card_text, hub_head
from rlaif.training.chat_rows import Shape
from rlaif.training.groups import MOST_OF_PROMPT, Candidate, usable
from rlaif.training.tally import Tally

_T = TypeVar("_T")

TEXTS_AT_ONCE = 1024
"""Rows whose texts are in memory together."""

_DATA = "data-00000-of-00001.arrow"
"""The rows of a dataset folder."""


@dataclass(slots=True)
class Count:
    """What has come by so far."""

    candidates: int = 0
    dropped: Counter[Reason] = field(default_factory=Counter)
    prompts: int = 0
    prompts_dropped: Counter[Reason] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def made(self, paths: tuple[str, ...] = ()) -> RowsMade:
        """The same as a record."""
        return RowsMade(
            kept=self.tally.rows,
            candidates=self.candidates,
            dropped={**self.dropped},
            prompts=self.prompts,
            prompts_dropped={**self.prompts_dropped},
            paths=paths,
            chosen_longer=self.tally.chosen_longer,
            notes=tuple(self.notes),
        )


def scored_groups(groups: Groups, count: Count, values: bool = False) -> Iterator[list[Candidate]]:
    """Of each prompt the completions that have a score, from the best down; others are counted."""
    if several := groups.of_several_prompts():
        note = (
            f"{several:,} group ids have several prompts: completions are only put together where "
            "the prompt is the same"
        )
        count.notes.append(note)
    for _, members in groupby(groups.rows(values), key=lambda row: row.group):
        count.prompts += 1
        group = [_candidate(row) for row in islice(members, MOST_OF_PROMPT)]
        beyond = sum(1 for _ in members)
        count.candidates += len(group) + beyond
        found, dropped = usable(group)
        count.dropped.update(dropped)
        if beyond:
            count.dropped["crowded"] += beyond
        yield found


def _candidate(row: GroupRow) -> Candidate:
    return Candidate(
        sample_id=row.sample_id,
        score=row.score,
        length=row.length,
        text=row.completion,
        policy=row.policy,
        status=row.status,
        promptless=row.promptless,
        values=row.values,
        at=row.at,
    )


def shape_of_run(groups: Groups) -> Shape:
    """The form that holds every sample of the run."""
    return Shape(*groups.forms())


def in_batches(stream: Iterable[_T], most: int = TEXTS_AT_ONCE) -> Iterator[list[_T]]:
    """The stream, `most` at a time."""
    waiting = iter(stream)
    while batch := list(islice(waiting, most)):
        yield batch


def group_name(sample: Sample) -> str:
    """The group id of a sample, or a hash of its prompt."""
    if sample.group_id:
        return sample.group_id
    return f"prompt {prompt_digest(sample)[:12]}"


def origin_of(path: Path, manifest: Manifest, *, compared: bool = False) -> Origin:
    """What a run says of itself, without the way to it on this machine."""
    return Origin(
        run=path.resolve().name,
        under=manifest.under,
        rubric=_graded(manifest.rubric),
        judge=_graded(manifest.judge),
        compared=compared,
    )


def _graded(stated: Stated | None) -> Graded | None:
    if stated is None:
        return None
    return Graded(stated.name, stated.version, stated.hash, stated.served)


@dataclass(frozen=True, slots=True)
class Writing:
    """Rows on their way to where they are kept."""

    origin: Origin
    title: str
    tags: Sequence[str]
    rules: Mapping[str, object]
    """As they were applied."""
    kinds: Mapping[str, Kind]
    shape: Shape
    out: str
    form: RowForm

    def write(self, rows: Iterable[dict[str, Any]], count: Count) -> RowsMade:
        """Write all rows and their card, and nothing where there is no row.

        Raises: InputError where nothing can be there; RunError where it cannot be written.
        """
        columns = Columns(self.kinds, self.shape.tools, self.shape.reasoning)
        paths = write_rows_and_card(rows, columns, self.out, self.form, lambda: self._card(count))
        return count.made(paths)

    def _card(self, count: Count) -> str:
        making = Making(
            title=self.title,
            tags=("rlaif", *self.tags),
            rules=self.rules,
            columns=tuple(self.kinds),
            file=name_of(self.out),
            date=datetime.datetime.now(datetime.UTC).date().isoformat(),
            version=version("rlaif"),
        )
        text = card_text(self.origin, making, count.made(), count.tally)
        head = hub_head(making, count.tally.rows, _DATA) if self.form == "dataset" else ""
        return head + text


def side_kind(shape: Shape) -> Kind:
    """What a column of prompts or completions holds."""
    return "chat" if shape.chat else "text"
