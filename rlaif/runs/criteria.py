"""What a run says of its criteria: counted where it lies, judged by nobody's labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rlaif.agreement.criteria import SURE, Counted, facts
from rlaif.agreement.criteria_advice import Asked
from rlaif.errors import MissingExtra, RunError
from rlaif.lazy import ADAPTERS, load
from rlaif.records.criterion import Checked, Criterion, leaves
from rlaif.reporting.criteria import CriteriaFound
from rlaif.reporting.report.criterion_words import stated
from rlaif.runs.kept import kept_rubric
from rlaif.storage import criterion_doubts, report_base, report_criteria, report_scores
from rlaif.storage.database import database
from rlaif.storage.manifest import Spent
from rlaif.storage.run_folder import RunFolder, open_run

MODEL_SAMPLES = 20_000
"""Samples that the two-parameter model is fitted on, at the most."""

_MODEL_CRITERIA = 100
_MODEL_FEWEST = 100
"""Samples, below which it says nothing."""
_CHANCE = 0.001
"""Of the model's fitting so well though the criteria have nothing in common."""
_PAIRED = 200
"""Criteria of which pairs are counted."""
_MOST_OWN = 50
"""Criteria of the samples' own that are listed."""
_MEMORY = "128MB"


def criteria(folder: Path) -> CriteriaFound:
    """The facts of each criterion of the run at `folder`, in the order of its rubric.

    Memory does not grow with the samples: all is counted in the database, and the two-parameter
    model is fitted on the patterns of a draw of at most MODEL_SAMPLES.
    Raises: RunError where nothing was graded yet, or the run cannot be read.
    """
    run = open_run(folder)
    rubric = kept_rubric(run)
    samples, grades = run.files()
    if not grades:
        raise RunError(f"{folder}: nothing was graded into it yet")
    with database(_MEMORY, samples=samples, grades=grades) as connection:
        report_base.mark(connection, run.manifest.under, True)
        return _found(run, list(leaves(rubric.items)), stated(rubric.items), connection)


def _found(run: RunFolder, named: Sequence[Criterion], told: Any, connection: Any) -> CriteriaFound:
    spread = report_scores.spread(connection)
    own, left_out = _own(connection, [one.id for one in named])
    asked = [
        *map(_asked, named),
        *(Asked(name, False, False, False, True, own=True) for name in own),
    ]
    names = [one.name for one in asked]
    shares = {one.name: one.share for one in told}
    paired = [one.id for one in named][:_PAIRED]
    twins, every = report_criteria.twins(connection, paired, spread.samples)
    model, drawn, notes = _model(connection, asked)
    counted = Counted(
        outcomes=report_criteria.outcome_counts(connection, names),
        items={one.criterion: one for one in report_criteria.item_figures(connection, shares)},
        twins=twins,
        doubts=criterion_doubts.doubts(connection, names, SURE),
        model=model,
        prompts=spread.sums.clusters / max(spread.sums.count, 1),
        tokens=_tokens(run.manifest.spent),
    )
    manifest = run.manifest
    rubric, judge = manifest.rubric, manifest.judge
    return CriteriaFound(
        path=str(run.path),
        rubric=f"{rubric.name} {rubric.version}" if rubric else "none",
        judge=f"{judge.name} {judge.version}" if judge else "none",
        samples=spread.samples,
        graded=spread.samples - spread.missing,
        facts=facts(asked, counted),
        kinds={one.name: _kinds(one) for one in asked},
        drawn=drawn,
        every=every,
        left_out=left_out,
        notes=notes,
    )


def _own(connection: Any, named: Sequence[str]) -> tuple[list[str], int]:
    """The criteria that samples bring: the most frequent, and how many more there are."""
    known = set(named)
    seen = report_criteria.frequent(connection, len(known) + _MOST_OWN)
    own = [name for name in seen if name not in known][:_MOST_OWN]
    return own, max(0, criterion_doubts.how_many(connection) - len(set(seen) & known) - len(own))


def _asked(one: Criterion) -> Asked:
    return Asked(
        one.id, one.weight < 0, one.gate is not False, isinstance(one, Checked), one.yes_or_no
    )


def _kinds(one: Asked) -> tuple[str, ...]:
    is_so = {"fault": one.fault, "gate": one.gate, "check": one.by_check, "own": one.own}
    return tuple(kind for kind, so in is_so.items() if so)


def _model(connection: Any, asked: Sequence[Asked]) -> tuple[Mapping[str, Any], int, list[str]]:
    """The two-parameter model of the yes/no criteria, on how many samples, and why there is none.

    A gate is met by all that are asked the rest, so it is in none.
    """
    items = [one for one in asked if one.yes_or_no and not one.own and not one.gate]
    items = items[:_MODEL_CRITERIA]
    if len(items) < 3:
        return {}, 0, []
    try:
        fit = load(ADAPTERS["two_parameter"])
    except MissingExtra as error:
        return {}, 0, [f"No slopes: {error}"]
    found = criterion_doubts.patterns(connection, [one.name for one in items], MODEL_SAMPLES)
    if sum(found.values()) < _MODEL_FEWEST:
        return {}, 0, [f"No slopes: they take at least {_MODEL_FEWEST} graded samples."]
    fitted = fit(found, [-1 if one.fault else 1 for one in items])
    if fitted is None:
        return {}, 0, ["No slopes: fewer than three yes/no criteria vary."]
    if fitted.chance > _CHANCE:
        return {}, 0, ["No slopes: the yes/no criteria have nothing in common."]
    named_items = zip(items, fitted.items, strict=True)
    return {one.name: item for one, item in named_items if item}, fitted.samples, []


def _tokens(spent: Spent) -> float | None:
    """Tokens a question, read and written, over all that the judge was asked; None if unknown."""
    tokens = spent.computed + spent.cached + spent.written
    return tokens / spent.asked if spent.asked and tokens else None
