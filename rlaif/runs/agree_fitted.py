"""Whether a run's judge was fitted on labels, and on which: it is not measured on those."""

from __future__ import annotations

from typing import Any

import orjson

from rlaif.agreement.splitting import fitting_part, prompt_key
from rlaif.errors import InputError, RunError
from rlaif.grading.calibrating import Calibrating, calibrating
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
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

    Of a run of pairs, that of its map of preferences: they are read by no other.

    Raises: RunError where the kept judge cannot be read.
    """
    maps = _stated(run)
    fitted = ((maps.get("pairs") or {}) if isinstance(run, PairFolder) else maps).get("fitted")
    if not fitted:
        return None
    return FittedOn(int(fitted.get("seed", 0)), float(fitted["share"]), fitted["labels"])


def _stated(run: RunFolder | PairFolder) -> dict[str, Any]:
    """The calibration of the kept judge as it is written; empty where it has none."""
    stated = run.manifest.judge
    if stated is None:
        raise RunError(f"{run.path}: nothing was graded into it yet")
    path = run.path / stated.file
    try:
        return dict(orjson.loads(path.read_bytes())["judge"].get("calibration") or {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "put the judge by which the run was graded back in this place, from a copy"
        told = f"{path}: the kept judge cannot be read (it is missing or damaged)"
        raise RunError(f"{told}\n  hint: {hint}") from error


def maps_of(run: RunFolder, rubric: Rubric) -> Calibrating | None:
    """What reads the verdicts of the run's judge; None where they stand as they are.

    A map that a person wrote without saying on which labels it was fitted reads them too.
    Raises: RunError where the kept judge is not what it was.
    """
    return calibrating(whole_judge(run, rubric)) if _stated(run) else None


def check_part(part: Part | None, fitted: FittedOn | None) -> None:
    """Raises: InputError for a part that cannot be measured."""
    if part == "all" and fitted is not None:
        raise InputError(_ALL_REFUSED.format(share=fitted.share))
    if part == "held out" and fitted is None:
        raise InputError(_NOT_FITTED)


def is_held_out(sample: Sample, fitted: FittedOn | None) -> bool:
    """Whether the judge was not fitted on the prompt of this sample."""
    return fitted is None or not fitting_part(prompt_key(sample), fitted.seed, fitted.share)


def taught_prompts(rubric: Rubric) -> frozenset[str]:
    """The prompts of which the judge is shown an example with people's answers.

    It is no measure of a judge that it answers as it was just told.
    """
    return frozenset(shown_key(example.sample("example")) for example in rubric.taught)


def shown_key(sample: Sample) -> str:
    """Names a prompt as `prompt_key` does; without one, the completion stands for it."""
    return prompt_key(sample if sample.prompt else sample.model_copy(update=_swapped(sample)))


def _swapped(sample: Sample) -> dict[str, object]:
    return {"prompt": sample.completion}
