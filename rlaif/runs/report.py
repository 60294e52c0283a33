"""The report of a run: everything counted where it lies, and put into one page."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rlaif.errors import InputError, RunError
from rlaif.lazy import ADAPTERS, load
from rlaif.records.criterion import Checked, leaves
from rlaif.records.rubric import Rubric
from rlaif.reporting.report.criterion_words import stated
from rlaif.reporting.report.gathered import Against, Gathered, Picked, Run
from rlaif.reporting.report.page import page_of, render
from rlaif.reporting.rubric_differences import rubric_difference
from rlaif.runs.forgeable import forgeable
from rlaif.runs.kept import kept_judge, kept_rubric
from rlaif.storage import report_base, report_criteria, report_paired, report_samples, report_scores
from rlaif.storage.database import database
from rlaif.storage.run_folder import RunFolder, open_run

THRESHOLD = 0.5
"""The score from which a sample passes, if nothing else is said."""

SAMPLES = 8
"""Of each kind that is shown in full."""

_MOST_POLICIES = 200
_MOST_CRITERIA = 500
_MOST_OWN = 100
"""Criteria of the samples' own that are listed."""
_MOST_MESSAGES = 100
_MOST_TWINS = 200
_OTHER = report_paired.OTHER
_MEMORY = "128MB"
"""For the narrow tables; beyond it they lie on disk."""


def report(
    folder: Path, against: Path | None = None, threshold: float = THRESHOLD, samples: int = SAMPLES
) -> str:
    """The report of the run at `folder` as HTML, perhaps held against another run.

    Args: `threshold`, the least score that passes; `samples`, how many of each kind are shown.
    Raises: RunError; InputError for a run held against itself; MissingExtra.
    """
    draw, library = load(ADAPTERS["charts"]), load(ADAPTERS["chart_library"])
    run = open_run(folder)
    other = open_run(against) if against else None
    if other is not None and other.path.resolve() == run.path.resolve():
        raise InputError(f"{against}: a run held against itself differs in nothing")
    return render(page_of(_gather(run, other, threshold, samples)), draw, library())


def _gather(run: RunFolder, other: RunFolder | None, threshold: float, most: int) -> Gathered:
    tables = _tables(run, "")
    if other is not None:
        tables |= _tables(other, _OTHER)
    stands = _stated(run)
    with database(_MEMORY, **tables) as connection:
        report_base.mark(connection, run.manifest.under, bool(tables["grades"]))
        if other is not None:
            graded = bool(tables[f"grades{_OTHER}"])
            report_base.mark(connection, other.manifest.under, graded, _OTHER)
        return _counted(connection, run, stands, other, threshold, most)


def _tables(run: RunFolder, side: str) -> dict[str, Sequence[Path]]:
    samples, grades = run.files()
    return {f"samples{side}": samples, f"grades{side}": grades}


def _counted(
    connection: Any,
    run: RunFolder,
    stands: Run,
    other: RunFolder | None,
    threshold: float,
    most: int,
) -> Gathered:
    named = [one.name for one in stated(stands.rubric.items)] if stands.rubric else []
    frequent = report_criteria.frequent(connection, _MOST_CRITERIA)
    own = [name for name in frequent if name not in set(named)]
    criteria = [*named[:_MOST_CRITERIA], *own[:_MOST_OWN]]
    spread = report_scores.spread(connection)
    spreads = report_scores.spreads(connection, _MOST_POLICIES)
    groups, group_bins = report_scores.group_spreads(connection, _MOST_POLICIES)
    masses, mass_bins = report_criteria.masses(connection)
    shares = {one.name: one.share for one in stated(stands.rubric.items)} if stands.rubric else {}
    twins, every = report_criteria.twins(connection, named[:_MOST_TWINS], spread.samples)
    order = {name: place for place, name in enumerate(criteria)}
    return Gathered(
        run=stands,
        spread=spread,
        spreads=spreads,
        policies=report_scores.policies(connection),
        gaps=report_scores.policy_gaps(connection, spreads[0].policy) if len(spreads) > 1 else [],
        score_bins=report_scores.score_bins(connection),
        reasons=report_scores.reasons(connection, _MOST_MESSAGES),
        groups=groups,
        group_bins=group_bins,
        lengths=report_scores.length_figures(connection),
        criteria=criteria,
        outcomes=report_criteria.outcome_counts(connection, criteria),
        failures=report_criteria.failure_counts(connection, _MOST_MESSAGES),
        masses=sorted(masses, key=lambda one: order.get(one.criterion, len(order))),
        mass_bins=mass_bins,
        least_mass=_least_mass(run),
        items=report_criteria.item_figures(connection, shares),
        twins=twins,
        every=every,
        picked=_picked(connection, run, stands.rubric, most),
        against=_against(connection, run, stands, other, criteria, threshold, most),
    )


def _picked(connection: Any, run: RunFolder, rubric: Rubric | None, most: int) -> Picked:
    checks = [c.id for c in leaves(rubric.items) if isinstance(c, Checked)] if rubric else []
    chosen = {
        "lowest": report_samples.lowest(connection, most),
        "highest": report_samples.highest(connection, most),
        "unsure": report_samples.unsure(connection, checks, most),
        "failed": report_samples.failed(connection, most),
    }
    wanted = sorted({ordinal for ordinals in chosen.values() for ordinal in ordinals})
    seen = report_samples.see(connection, wanted, *run.files())
    return Picked(**{kind: [seen[o] for o in ordinals] for kind, ordinals in chosen.items()})


def _against(
    connection: Any,
    run: RunFolder,
    here: Run,
    other: RunFolder | None,
    criteria: Sequence[str],
    threshold: float,
    most: int,
) -> Against | None:
    if other is None:
        return None
    there = _stated(other)
    renamed = {}
    if here.rubric and there.rubric:
        renamed = rubric_difference(there.rubric, here.rubric).renamed
    report_paired.match(connection)
    moved = report_paired.moved(connection, most)
    mine = report_samples.see(connection, [one.ordinal for one in moved], *run.files())
    others = report_samples.see(connection, [one.other for one in moved], *other.files(), _OTHER)
    paired = report_paired.paired_criteria(connection, criteria, renamed)
    only_here, only_there = _alone(here.rubric, there.rubric, renamed)
    return Against(
        run=there,
        threshold=threshold,
        paired=report_paired.paired(connection, threshold),
        moves=report_paired.moves(connection),
        moved=[(one, mine[one.ordinal], others[one.other]) for one in moved],
        criteria=paired,
        only_here=only_here,
        only_there=only_there,
    )


def _alone(
    here: Rubric | None, there: Rubric | None, renamed: dict[str, str]
) -> tuple[list[str], list[str]]:
    """The criteria that only one of the rubrics has."""
    if here is None or there is None:
        return [], []
    mine = [one.id for one in leaves(here.items)]
    theirs = [renamed.get(one.id, one.id) for one in leaves(there.items)]
    return [c for c in mine if c not in theirs], [c for c in theirs if c not in mine]


def _stated(run: RunFolder) -> Run:
    """What the run says of itself; without the rubric where its kept text cannot be read."""
    manifest = run.manifest
    rubric, notes = None, []
    try:
        rubric = kept_rubric(run)
    except RunError as error:
        notes.append(str(error).partition("\n")[0])
    if rubric is not None and (ids := forgeable(rubric.items)):
        notes.append(f"Forgeable, as the policy's code runs beside the tests: {', '.join(ids)}.")
    stated_rubric, judge = manifest.rubric, manifest.judge
    return Run(
        path=str(run.path),
        rubric=rubric,
        rubric_name=f"{stated_rubric.name} {stated_rubric.version}" if stated_rubric else "none",
        judge_name=f"{judge.name} {judge.version}" if judge else "none",
        model=_model(run) or (judge.served if judge else ""),
        source=manifest.samples.source if manifest.samples else "",
        created=manifest.created,
        host=manifest.host,
        command=" ".join(manifest.command),
        versions=manifest.versions,
        spent=manifest.spent.model_dump(exclude={"cost"}),
        cost=manifest.spent.cost,
        notes=notes,
    )


def _model(run: RunFolder) -> str:
    with suppress(RunError):
        return str(kept_judge(run).get("model", ""))
    return ""


def _least_mass(run: RunFolder) -> float | None:
    with suppress(RunError):
        least = kept_judge(run).get("min_label_mass")
        return None if least is None else float(least)
    return None
