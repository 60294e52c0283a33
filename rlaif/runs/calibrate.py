"""A run of grades and people's answers -> a judge file whose probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rlaif.errors import InputError
from rlaif.grading.calibrating import labels_of as words_of
from rlaif.grading.calibrating import question_hash
from rlaif.lazy import ADAPTERS, load
from rlaif.records.base import nearest
from rlaif.records.calibrated import Calibrated, CalibrationOrder, Labelled, Probed
from rlaif.records.calibration import (
    CalibrationMap,
    Costs,
    CriterionCalibration,
)
from rlaif.records.criterion import Judged, leaves
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.runs.calibrate_judge import Target, target
from rlaif.runs.calibrate_labels import (
    Collected,
    Split,
    StateOf,
    collected,
    labels_digest,
    labels_of,
)
from rlaif.runs.calibrate_lineage import lineage
from rlaif.runs.calibrate_probe import Probing, refuse_closed
from rlaif.runs.kept import kept_rubric
from rlaif.runs.kept_order import whole_judge
from rlaif.storage.labels import Labels
from rlaif.storage.run_folder import RunFolder, open_run

OTHERS = "(others)"
"""The name of the map of those that have none of their own."""
_YES_OR_NO = ("no", "yes")


@dataclass(frozen=True, slots=True)
class Calibrating:
    """What is to be done."""

    run: Path
    labels: tuple[str, ...]
    out: Path
    judge: str | None = None
    """The judge's file; None: the one that ships, or what the run keeps."""
    split: Split = field(default_factory=Split)
    order: CalibrationOrder = field(default_factory=CalibrationOrder)
    costs: Mapping[str, Costs] = field(default_factory=dict)
    """By criterion, in place of the order's."""
    others: bool = False
    """Also a map for yes/no criteria that have none of their own."""
    probe: bool = False
    """Also measure what can be read from the judge's hidden states."""
    refit: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What came of it."""

    run: str
    judge: str
    rubric: str
    out: str
    version: str
    """Of the judge file that was written; empty where none was."""
    split: Split
    collected: Collected
    criteria: tuple[Calibrated, ...]
    probed: tuple[Probed, ...] = ()


def calibrate(wanted: Calibrating) -> CalibrationReport:
    """Fit, measure, and write the new judge file, if anything was fitted.

    Raises: FileProblems with every label that is wrong; InputError for what cannot be calibrated;
    RunError, UnknownName, MissingExtra.
    """
    run = open_run(wanted.run)
    rubric = kept_rubric(run)
    judge = whole_judge(run, rubric)
    goal = target(judge, rubric.language, wanted.out, wanted.judge, force=wanted.force)
    if wanted.probe:
        refuse_closed(judge)
    labels = labels_of(wanted.labels, wanted.run)
    _refuse_again(judge, labels, refit=wanted.refit)
    _refuse_unknown(rubric, wanted.costs)
    found = collected(run, rubric, labels, wanted.split, _state_of(wanted, judge, rubric, run))
    made = tuple(_criteria(rubric, found, wanted))
    version = ""
    if any(one.map is not None for one in made):
        version = _write(goal, judge, rubric, run, found, made, wanted.split)
    return CalibrationReport(
        run=str(wanted.run),
        judge=judge.name,
        rubric=f"{rubric.rubric}@{rubric.version}",
        out=str(wanted.out),
        version=version,
        split=wanted.split,
        collected=found,
        criteria=made,
        probed=tuple(_probed(found, made, wanted)) if wanted.probe else (),
    )


def _state_of(wanted: Calibrating, judge: Judge, rubric: Rubric, run: RunFolder) -> StateOf | None:
    stated = run.manifest.judge
    return Probing(judge, rubric, stated.served) if wanted.probe and stated else None


def _probed(found: Collected, made: Sequence[Calibrated], wanted: Calibrating) -> Iterator[Probed]:
    """A probe for each of the rubric's yes/no criteria."""
    fit: Callable[..., Probed] = load(ADAPTERS["probe"])
    for one in made:
        rows = [row for row in found.rows.get(one.criterion, ()) if row.state is not None]
        if rows:
            yield fit(rows, one, wanted.order)


def _refuse_again(judge: Judge, labels: Labels, *, refit: bool) -> None:
    """Maps fitted on the same labels twice say nothing new. Raises: InputError."""
    before = judge.spec.calibration
    fitted = before.fitted if before else None
    if fitted is not None and fitted.labels == labels_digest(labels) and not refit:
        raise InputError(
            f"{judge.name}, which graded the run, was calibrated on these very labels already "
            f"({fitted.on})\n  hint: --refit fits it anew, from what the judge stated; or name "
            "other labels"
        )


def _refuse_unknown(rubric: Rubric, costs: Mapping[str, Costs]) -> None:
    known = [one.id for one in leaves(rubric.items) if isinstance(one, Judged) and one.yes_or_no]
    for name in costs:
        if name not in known:
            hint = nearest(name, known) if known else "the rubric has none"
            raise InputError(f"--cost: no yes/no question '{name}'\n  hint: {hint}")


def _criteria(rubric: Rubric, found: Collected, wanted: Calibrating) -> Iterator[Calibrated]:
    """Each criterion for a judge, in the order of the rubric; then the others together."""
    fit: Callable[..., Calibrated] = load(ADAPTERS["calibrate"])
    rest: list[Labelled] = list(found.own)
    for criterion in leaves(rubric.items):
        if not isinstance(criterion, Judged):
            continue
        rows = found.rows.get(criterion.id, [])
        if criterion.range is not None:
            why = "an estimate is a number, and states no probability"
            yield Calibrated(criterion.id, why=why)
            continue
        made = fit(criterion.id, rows, criterion.answers, _order(criterion, wanted))
        rest += rows if made.map is None and criterion.yes_or_no else []
        yield made
    if wanted.others:
        yield fit(OTHERS, rest, _YES_OR_NO, wanted.order)
    elif found.own:
        count = len(found.own)
        why = f"{count} labels are about criteria that samples bring: --others fits a map for them"
        yield Calibrated(OTHERS, why=why)


def _order(criterion: Judged, wanted: Calibrating) -> CalibrationOrder:
    order = wanted.order
    if not criterion.yes_or_no:
        kept = order.method if order.method in ("none", "temperature") else None
        return replace(order, method=kept, costs=None)
    return replace(order, costs=wanted.costs.get(criterion.id, order.costs))


def _write(
    goal: Target,
    judge: Judge,
    rubric: Rubric,
    run: RunFolder,
    found: Collected,
    made: Sequence[Calibrated],
    split: Split,
) -> str:
    """Write the file; its version."""
    asked = {one.id: one for one in leaves(rubric.items) if isinstance(one, Judged)}
    maps: dict[str, CriterionCalibration] = {}
    others: CalibrationMap | None = None
    for one in made:
        if one.map is not None and one.criterion == OTHERS:
            others = one.map
        elif one.map is not None:
            question = question_hash(asked[one.criterion], words_of(judge), rubric)
            stated = {name: getattr(one.map, name) for name in CalibrationMap.model_fields}
            maps[one.criterion] = CriterionCalibration(**stated, question=question)
    fitted = lineage(run.path, rubric, judge, found, split)
    made_of = {"criteria": maps, "others": others, "fitted": fitted}
    return goal.write(goal.stated.model_copy(update=made_of))
