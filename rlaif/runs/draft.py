"""A rubric that a judge's model proposes, for an expert to edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rlaif.authoring.draft_file import draft_text
from rlaif.authoring.proposals import criteria_of, slug_of
from rlaif.errors import InputError, Problem
from rlaif.grading.completion import prepare
from rlaif.ports import JudgeBackend
from rlaif.prompting.draft_prompt import Material, Source
from rlaif.records.identity import digest
from rlaif.records.judge import Judge
from rlaif.records.pair import SIDES, Pair
from rlaif.records.sample import Sample
from rlaif.reporting.text import count_of
from rlaif.runs.draft_asking import Asked, groups_of, propose
from rlaif.runs.draft_trial import MIN_PAIRS, Tried, sides, try_on_pairs, try_on_references
from rlaif.runs.generator import Writer, writing
from rlaif.storage.export import plain_file
from rlaif.storage.loose_rows import PromptRow, prompt_rows
from rlaif.storage.pair_rows import read_pairs
from rlaif.storage.problems import Problems
from rlaif.storage.whole_files import write_whole

MOST_PAIRS = 200
MOST_PROMPTS = 20
"""Rows that are read where no limit is given."""
_PAIRS_SHOWN, _PAIRS_AT_ONCE = 12, 3
_PROMPTS_SHOWN, _PROMPTS_AT_ONCE = 6, 3
_PAIR_HINT = (
    "a pair has completion_a, completion_b and human, or chosen and rejected; --map FIELD=COLUMN "
    "takes a field from another column"
)


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """What to draft, with whose model, and where to."""

    judge: Judge
    out: Path
    count: int = 8
    """Criteria wanted."""
    keep_all: bool = False
    """Try them, and drop none."""
    limit: int | None = None
    seed: int = 0
    force: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)
    backend: JudgeBackend | None = None
    """Stands in for the one that the judge file names, as in tests."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What came of it. The file was written when `kept` is not empty, and else nothing was."""

    source: str
    wanted: int
    asked: Asked
    kept: tuple[Tried, ...] = ()
    dropped: tuple[Tried, ...] = ()
    spare: int = 0
    """Sound criteria beyond those that were wanted."""


async def draft_from_task(order: DraftOrder, task: str) -> Draft:
    """A rubric for the task that `task` describes; nothing is tried.

    Raises: InputError, JudgeUnavailable, MissingExtra.
    """
    if not task.strip():
        raise InputError("the task is empty\n  hint: --task 'what the model is asked to do'")
    _free(order)
    async with writing(order.judge, order.backend) as writer:
        asked = await propose(writer, "task", [[Material(task=task)]], order.count, order.seed)
        served = writer.backend.served
    tried = [Tried(written) for written in criteria_of(asked.proposals.kept)]
    title = " ".join(task.split())[:60].strip()
    return _written(order, asked, tried, "a task description", title, served)


async def draft_from_samples(order: DraftOrder, source: str) -> Draft:
    """One rubric from prompts and their references, on which the criteria are tried.

    Raises: InputError, FileProblems, JudgeUnavailable, MissingExtra.
    """
    _free(order)
    samples = _samples(source, order)
    shown = _chosen(samples, order.seed)[:_PROMPTS_SHOWN]
    materials = [material_of(sample) for sample in shown]
    with_reference = [sample for sample in samples if sample.reference]
    async with writing(order.judge, order.backend) as writer:
        asked = await _proposed(writer, order, "prompts", materials, _PROMPTS_AT_ONCE)
        served = writer.backend.served
        criteria = criteria_of(asked.proposals.kept)
        tried = [Tried(written) for written in criteria]
        if criteria and with_reference:
            async with writer.judging() as asker:
                tried = await try_on_references(asker, criteria, with_reference)
    told = (
        f"{count_of(len(samples), 'prompt')} of {Path(source).name}: {len(shown)} were shown, "
        f"{count_of(len(with_reference), 'reference')} tried"
    )
    return _written(
        order, asked, tried, told, f"Prompts such as those of {Path(source).name}", served
    )


async def draft_from_pairs(order: DraftOrder, source: str) -> Draft:
    """A rubric that tells preferred from rejected: proposed on some pairs, tried on the others.

    Raises: InputError where there are too few pairs; FileProblems, JudgeUnavailable, MissingExtra.
    """
    _free(order)
    pairs, ties = _pairs(source, order)
    shown = pairs[: min(_PAIRS_SHOWN, len(pairs) // 2)]
    held = pairs[len(shown) :]
    if not shown or (len(held) < MIN_PAIRS and not order.keep_all):
        raise InputError(
            f"{source}: {count_of(len(pairs), 'pair')} with a preference; some are shown to the "
            f"model, and {MIN_PAIRS} others are needed to try the criteria on"
        )
    materials = [contrast_of(pair) for pair in shown]
    tried: list[Tried] = []
    async with writing(order.judge, order.backend) as writer:
        asked = await _proposed(writer, order, "pairs", materials, _PAIRS_AT_ONCE)
        served = writer.backend.served
        criteria = criteria_of(asked.proposals.kept)
        if criteria:
            async with writer.judging() as asker:
                tried = await try_on_pairs(asker, criteria, held)
    tried.sort(key=lambda one: -one.margin)
    left_out = f" ({count_of(ties, 'tie')} left out)" if ties else ""
    told = f"pairs of {Path(source).name}{left_out}: proposed on {len(shown)}, tried on {len(held)}"
    return _written(
        order, asked, tried, told, f"What people preferred in {Path(source).name}", served
    )


def material_of(sample: Sample) -> Material:
    """A prompt and its reference as the model is shown them."""
    return Material(prompt=prepare(sample, "judge").prompt, reference=sample.reference or "")


def contrast_of(pair: Pair) -> Material:
    """A prompt with the completion that people preferred, and the one that they rejected."""
    preferred, rejected = (prepare(side, "strip") for side in sides(pair))
    return Material(
        prompt=preferred.prompt,
        reference=pair.reference or "",
        preferred=preferred.completion,
        rejected=rejected.completion,
    )


async def _proposed(
    writer: Writer, order: DraftOrder, source: Source, materials: Sequence[Material], at_once: int
) -> Asked:
    """What the model proposes, shown as many materials at once as fit."""
    groups, too_long = groups_of(writer, source, materials, order.count, at_once)
    asked = await propose(writer, source, groups, order.count, order.seed)
    return replace(asked, too_long=too_long)


def _samples(source: str, order: DraftOrder) -> list[Sample]:
    problems = Problems()
    samples: list[Sample] = []
    for row in prompt_rows(source, order.mapping, order.limit or MOST_PROMPTS):
        if isinstance(row, PromptRow):
            samples.append(row.sample)
        else:
            problems.add([row])
    problems.refuse()
    if not samples:
        raise InputError(f"{source}: no rows")
    return samples


def _pairs(source: str, order: DraftOrder) -> tuple[list[Pair], int]:
    """The pairs in an order that the seed decides, and how many ties there were."""
    problems, ties = Problems(), 0
    pairs: list[Pair] = []
    for row in read_pairs(source, order.mapping, order.limit or MOST_PAIRS):
        problems.add(row.problems)
        if row.pair and row.pair.human is None:
            told = "'human' is missing: a, b or tie"
            problems.add([Problem(row.path, row.line, 1, told, _PAIR_HINT)])
        elif row.pair:
            ties += row.pair.human == "tie"
            pairs += [row.pair] if row.pair.human in SIDES else []
    problems.refuse()
    return sorted(pairs, key=lambda pair: digest(str(order.seed), pair.pair_id)), ties


def _chosen(samples: Sequence[Sample], seed: int) -> list[Sample]:
    return sorted(samples, key=lambda sample: digest(str(seed), sample.sample_id))


def _free(order: DraftOrder) -> None:
    """Refuse to write over a file. Raises: InputError, before any model is loaded."""
    if (order.out.exists() or order.out.is_symlink()) and not order.force:
        raise InputError(f"{order.out}: already there\n  hint: --force writes over it")
    if not order.out.parent.is_dir():
        raise InputError(f"{order.out}: there is no folder '{order.out.parent}'")


def _written(
    order: DraftOrder, asked: Asked, tried: Sequence[Tried], source: str, title: str, served: str
) -> Draft:
    """Write what is kept, at most as many as were wanted, and say what became of the rest."""
    sound = [one for one in tried if order.keep_all or not one.why]
    kept, dropped = sound[: order.count], [one for one in tried if one not in sound]
    if kept:
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        told = (
            f"Proposed by the judge {order.judge.name}, model {order.judge.own.model} ({served}),",
            f"on {now}, from {source}.",
        )
        text = draft_text(_rubric(order, kept, title), told, str(order.out))
        write_whole(plain_file(str(order.out)), text.encode())
    spare = len(sound) - len(kept)
    return Draft(source, order.count, asked, tuple(kept), tuple(dropped), spare)


def _rubric(order: DraftOrder, kept: Sequence[Tried], title: str) -> dict[str, Any]:
    return {
        "rubric": slug_of(order.out.stem, "draft"),
        "version": "0.1.0",
        "title": "Draft: " + "".join(sign for sign in title if sign.isprintable()),
        "criteria": [written_with_figure(one) for one in kept],
    }


def written_with_figure(one: Tried) -> dict[str, Any]:
    """The criterion, with what its trial showed where people alone read it."""
    told = [
        one.written.get("about", ""),
        one.figure and f"{one.figure[:1].upper()}{one.figure[1:]}.",
    ]
    told += [f"Kept all the same: {one.why}."] if one.why else []
    about = " ".join(filter(None, told))
    return {**one.written, "about": about} if about else dict(one.written)
