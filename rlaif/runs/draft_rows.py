"""Criteria of its own for every prompt or pair of a data set, proposed by a judge's model.

The input is read twice: once to know what has changed, once to ask. A row that fails is counted
and said, and is not in the output: a row without criteria would pass for one that needs none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from rlaif.authoring.proposals import Proposals, criteria_of
from rlaif.errors import InputError, Problem
from rlaif.grading.seat import Asker
from rlaif.ports import Request
from rlaif.records.identity import digest
from rlaif.records.pair import Pair
from rlaif.records.sample import Sample
from rlaif.reporting.text import in_a_line
from rlaif.runs.draft import DraftOrder, written_with_figure
from rlaif.runs.draft_asking import most_tokens, propose_each
from rlaif.runs.draft_input import ID, Kind, LeftOut, OpenRow, open_rows
from rlaif.runs.draft_trial import Tried, try_on_own_pair, try_on_own_reference
from rlaif.runs.generator import Writer, writing
from rlaif.storage.drafted_rows import MARK, DraftedRows, drafted_rows
from rlaif.storage.lines import STANDARD_INPUT
from rlaif.storage.problems import Problems

AT_ONCE = 32
"""Rows that are asked together, and written together."""
DRAFTING = 1
"""Version of the code that reads and tries proposals; part of the key of every row."""


@dataclass(slots=True)
class Drafting:
    """How far it got."""

    rows: int = 0
    before: int = 0
    """Rows that were there already."""
    written: int = 0
    criteria: int = 0
    dropped: int = 0
    """Criteria that the row's own reference does not meet, or that do not tell its pair apart."""
    untried: int = 0
    """Rows without a reference, whose criteria were not tried."""
    ties: int = 0
    unjudged: int = 0
    """Pairs that are left out because nobody says which completion people preferred."""
    others: int = 0
    """Rows of the output that are of no row of the input."""
    failed: list[str] = field(default_factory=list)
    """Why a row has no criteria, with its line; the first ones."""
    failures: int = 0


@dataclass(frozen=True, slots=True)
class _Job:
    row: OpenRow
    key: str


Watch = Callable[[Drafting], None]


@dataclass(frozen=True, slots=True)
class _Errand:
    """What is to be drafted from which rows, by whose model."""

    order: DraftOrder
    source: str
    kind: Kind
    writer: Writer

    def rows(self) -> Iterator[OpenRow | LeftOut | Problem]:
        return open_rows(self.order, self.source, self.kind)


async def draft_rows(
    order: DraftOrder, source: str, watch: Watch = lambda _: None, *, kind: Kind = "prompt"
) -> Drafting:
    """Append a row with `criteria` for each row of `source` that the output does not have.

    Args: `kind`, whether the rows are prompts, or pairs of which people preferred one completion.
    Raises: InputError, FileProblems before anything is asked; JudgeUnavailable, MissingExtra.
    """
    if source == STANDARD_INPUT:
        raise InputError("--per-prompt reads its input twice; give a file")
    made = Drafting()
    with drafted_rows(str(order.out), anew=order.force, named=ID[kind]) as rows:
        async with AsyncExitStack() as stack:
            writer = await stack.enter_async_context(writing(order.judge, order.backend))
            errand = _Errand(order, source, kind, writer)
            _look_through(errand, rows, made)
            asker: Asker | None = None
            for jobs in _chunks(_jobs(errand, rows)):
                if asker is None and any(job.row.tried_on for job in jobs):
                    asker = await stack.enter_async_context(writer.judging())
                await _do(errand, jobs, asker, rows, made)
                watch(made)
    return made


def _look_through(errand: _Errand, rows: DraftedRows, made: Drafting) -> None:
    """Refuse a broken input, count what is there already, and let go of rows that have changed."""
    problems = Problems()
    lines: dict[str, tuple[int, str]] = {}
    for row in errand.rows():
        if isinstance(row, Problem):
            problems.add([row])
        elif isinstance(row, LeftOut):
            made.ties += row is LeftOut.TIE
            made.unjudged += row is LeftOut.UNJUDGED
        else:
            key = _job(errand, row).key
            line, known = lines.setdefault(row.name, (row.line, key))
            if known != key:
                raise InputError(
                    f"{errand.source}:{row.line}: the id '{in_a_line(row.name)}' stands at line "
                    f"{line} with another content\n  hint: give every row its own "
                    f"{ID[errand.kind]}"
                )
    problems.refuse()
    if not lines:
        raise InputError(f"{errand.source}: {_nothing(made)}")
    made.rows = len(lines)
    made.before = sum(rows.done.get(name) == key for name, (_, key) in lines.items())
    made.others = sum(name not in lines for name in rows.done)
    stale = {name for name, (_, key) in lines.items() if rows.done.get(name, key) != key}
    rows.forget(stale)


def _nothing(made: Drafting) -> str:
    if not made.ties + made.unjudged:
        return "no rows"
    return (
        "no pair with a preference\n  hint: 'human' says a or b, or the completions are named "
        "chosen and rejected"
    )


def _jobs(errand: _Errand, rows: DraftedRows) -> Iterator[_Job]:
    """The rows to ask about. One that failed is not asked a second time by standing there twice."""
    begun: set[str] = set()
    for row in errand.rows():
        if isinstance(row, OpenRow) and row.name not in rows.done and row.name not in begun:
            begun.add(row.name)
            yield _job(errand, row)


def _job(errand: _Errand, row: OpenRow) -> _Job:
    """The key: everything that the criteria of a row depend on."""
    order, writer = errand.order, errand.writer
    try:
        request: Request | None = writer.prompter.request(
            0, errand.kind, [row.material], order.count, most_tokens(order.count)
        )
    except ValueError:  # it fails when it is asked, and is counted there
        request = None
    asked = request.key if request else digest(*row.material.texts)
    kept = "all" if order.keep_all else "tried"
    parts = (asked, writer.fingerprint, str(order.seed), kept, str(DRAFTING))
    return _Job(row, digest(*parts))


def _chunks(jobs: Iterable[_Job]) -> Iterator[list[_Job]]:
    iterator = iter(jobs)
    while chunk := list(islice(iterator, AT_ONCE)):
        yield chunk


async def _do(
    errand: _Errand, jobs: list[_Job], asker: Asker | None, rows: DraftedRows, made: Drafting
) -> None:
    """Propose, try and write the criteria of some rows. Alike rows are asked once."""
    order = errand.order
    alike = {job.key: job for job in jobs}
    shown = [job.row.material for job in alike.values()]
    proposed = await propose_each(errand.writer, errand.kind, shown, order.count, order.seed)
    found = dict(zip(alike, proposed, strict=True))
    criteria = {
        key: criteria_of(one.kept[: order.count])
        for key, one in found.items()
        if isinstance(one, Proposals)
    }
    tried = await _tried(asker, alike, criteria)
    ready_rows: list[tuple[dict[str, Any], str]] = []
    for job in jobs:
        sound = [one for one in tried.get(job.key, ()) if order.keep_all or not one.why]
        made.dropped += len(tried.get(job.key, ())) - len(sound)
        if sound:
            ready_rows.append((_row(errand, job, sound), job.row.name))
            made.criteria += len(sound)
            made.untried += job.row.tried_on is None
        else:
            _fail(made, job, found[job.key], tried.get(job.key, ()))
    rows.append(ready_rows)
    made.written += len(ready_rows)


async def _tried(
    asker: Asker | None, alike: dict[str, _Job], criteria: dict[str, list[dict[str, Any]]]
) -> dict[str, list[Tried]]:
    """Each row's criteria against its own reference or pair; untried where it has none."""
    tried = {key: [Tried(one) for one in written] for key, written in criteria.items()}
    on = {key: alike[key].row.tried_on for key, written in criteria.items() if written}
    samples = {key: one for key, one in on.items() if isinstance(one, Sample)}
    pairs = {key: one for key, one in on.items() if isinstance(one, Pair)}
    if samples and asker:
        shown = [(sample, criteria[key]) for key, sample in samples.items()]
        tried |= dict(zip(samples, await try_on_own_reference(asker, shown), strict=True))
    if pairs and asker:
        contrasted = [(pair, criteria[key]) for key, pair in pairs.items()]
        tried |= dict(zip(pairs, await try_on_own_pair(asker, contrasted), strict=True))
    return tried


def _row(errand: _Errand, job: _Job, sound: list[Tried]) -> dict[str, Any]:
    judge = errand.order.judge
    mark = {"key": job.key, "judge": judge.name, "model": judge.own.model}
    return {
        **job.row.raw,
        ID[errand.kind]: job.row.name,
        "criteria": [written_with_figure(one) for one in sound],
        MARK: mark,
    }


def _fail(made: Drafting, job: _Job, found: Proposals | str, tried: Sequence[Tried]) -> None:
    made.failures += 1
    if isinstance(found, str):
        why = found
    elif tried:
        why = f"no proposed criterion is kept: {_counted(Counter(one.why for one in tried))}"
    else:
        why = f"nothing usable was proposed: {_counted(found.dropped)}"
    if len(made.failed) < 20:
        made.failed.append(f"line {job.row.line}: {in_a_line(why)}")


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(f"{reason} ({number})" for reason, number in reasons.most_common(3))
