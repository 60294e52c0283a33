"""A run of comparisons and what people preferred -> a judge file whose preferences mean it."""

from __future__ import annotations

from collections.abc import Callable

from rlaif.errors import InputError
from rlaif.grading.calibrating import labels_of
from rlaif.grading.pair_calibrating import questions_hash
from rlaif.lazy import ADAPTERS, load
from rlaif.records.calibrated import CalibratedPairs
from rlaif.records.judge import Judge
from rlaif.records.pair_calibration import PairCalibration, PairMap
from rlaif.records.rubric import Rubric
from rlaif.reporting.calibration_pairs import PairsReport
from rlaif.runs.calibrate import Calibrating
from rlaif.runs.calibrate_judge import Target, target
from rlaif.runs.calibrate_lineage import lineage
from rlaif.runs.calibrate_pair_labels import CollectedPairs, collected_pairs
from rlaif.runs.kept import kept_rubric
from rlaif.runs.kept_order import whole_judge
from rlaif.storage.pair_folder import PairFolder, open_pairs


def calibrate_pairs(wanted: Calibrating) -> PairsReport:
    """Fit, measure, and write the new judge file, if anything helps.

    Raises: FileProblems with every label that is wrong; InputError for what cannot be calibrated;
    RunError, UnknownName, MissingExtra.
    """
    _refuse_options(wanted)
    run = open_pairs(wanted.run)
    rubric = kept_rubric(run)
    judge = whole_judge(run, rubric)
    goal = target(judge, rubric.language, wanted.out, wanted.judge, force=wanted.force)
    found = collected_pairs(run, rubric, judge.spec.pairwise, wanted.labels, wanted.split)
    _refuse_again(judge, found, refit=wanted.refit)
    fit: Callable[..., CalibratedPairs] = load(ADAPTERS["calibrate_pairs"])
    made = fit(found.rows, wanted.order)
    version = ""
    if made.map is not None:
        version = _write(goal, judge, rubric, run, found, made.map, wanted)
    return PairsReport(
        run=str(wanted.run),
        judge=judge.name,
        rubric=f"{rubric.rubric}@{rubric.version}",
        out=str(wanted.out),
        version=version,
        seed=wanted.split.seed,
        share=wanted.split.share,
        answers=found.answers,
        annotators=found.annotators,
        pairs=found.pairs,
        unknown=found.unknown,
        unread=found.unread,
        labels=found.digest,
        pairwise=judge.spec.pairwise,
        found=made,
    )


def _refuse_options(wanted: Calibrating) -> None:
    """Raises: InputError for what is of grades alone."""
    said = {
        "--method": wanted.order.method is not None,
        "--cost": wanted.order.costs is not None or bool(wanted.costs),
        "--others": wanted.others,
        "--probe": wanted.probe,
    }
    for option, given in said.items():
        if given:
            raise InputError(
                f"{option}: {wanted.run} is a run of pairs, whose calibration is one slope and one "
                f"dead band\n  hint: leave {option} out, or name a run of `rlaif grade`"
            )


def _refuse_again(judge: Judge, found: CollectedPairs, *, refit: bool) -> None:
    """A map fitted on the same labels twice says nothing new. Raises: InputError."""
    maps = judge.spec.calibration
    before = maps.pairs.fitted if maps and maps.pairs else None
    if before is not None and before.labels == found.digest and not refit:
        raise InputError(
            f"{judge.name}, which compared the pairs, was calibrated on these very labels already "
            f"({before.on})\n  hint: --refit fits it anew, from what the judge stated; or name "
            "other labels"
        )


def _write(
    goal: Target,
    judge: Judge,
    rubric: Rubric,
    run: PairFolder,
    found: CollectedPairs,
    made: PairMap,
    wanted: Calibrating,
) -> str:
    """Write the file, with the maps of grades that it has; its version."""
    fitted = lineage(run.path, rubric, judge, found, wanted.split)
    stated = {name: getattr(made, name) for name in PairMap.model_fields}
    questions = questions_hash(rubric, labels_of(judge))
    pairs = PairCalibration(**stated, questions=questions, fitted=fitted)
    return goal.write(goal.stated.model_copy(update={"pairs": pairs}))
