"""Whether a run's judge was fitted on labels, and on which: it is not measured on those."""

from __future__ import annotations

import orjson

from rlaif.agreement.splitting import fitting_part
from rlaif.errors import InputError, RunError
from rlaif.grading.calibrating import Calibrating, calibrating
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample, prompt_digest
from rlaif.reporting.agree_found import FittedOn
from rlaif.runs.agree_asked import Part
from rlaif.runs.kept_order import whole_judge
from rlaif.storage.pair_folder import PairFolder
from rlaif.storage.run_folder import RunFolder

_ALL_REFUSED = (
    "--all: the judge of this run was fitted on labels of {share:.0%} of the prompts, and figures "
    "on those always look good\n  hint: leave --all out: the held-out part is measured then"
)
_NOT_FITTED = (
    "--held-out-only: the judge of this run was not fitted on labels, so that no part was held out"
    "\n  hint: leave the option out; all labels are looked at"
)


def fitted_on(run: RunFolder | PairFolder) -> FittedOn | None:
    """The split by which the run's judge was fitted; None where it was not.

    Raises: RunError where the kept judge cannot be read.
    """
    stated = run.manifest.judge
    if stated is None:
        raise RunError(f"{run.path}: nothing was graded into it yet")
    path = run.path / stated.file
    try:
        fitted = (orjson.loads(path.read_bytes())["judge"].get("calibration") or {}).get("fitted")
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        hint = "put the judge by which the run was graded back in this place, from a copy"
        told = f"{path}: the kept judge cannot be read (it is missing or damaged)"
        raise RunError(f"{told}\n  hint: {hint}") from error
    if not fitted:
        return None
    return FittedOn(int(fitted.get("seed", 0)), float(fitted["share"]), fitted["labels"])


def maps_of(run: RunFolder, rubric: Rubric, fitted: FittedOn | None) -> Calibrating | None:
    """What reads the verdicts of the run's judge; None where they stand as they are.

    Raises: RunError where the kept judge is not what it was.
    """
    return None if fitted is None else calibrating(whole_judge(run, rubric))


def check_part(part: Part | None, fitted: FittedOn | None) -> None:
    """Raises: InputError for a part that cannot be measured."""
    if part == "all" and fitted is not None:
        raise InputError(_ALL_REFUSED.format(share=fitted.share))
    if part == "held out" and fitted is None:
        raise InputError(_NOT_FITTED)


def is_held_out(sample: Sample, fitted: FittedOn | None) -> bool:
    """Whether the judge was not fitted on the prompt of this sample."""
    return fitted is None or not fitting_part(prompt_digest(sample), fitted.seed, fitted.share)
