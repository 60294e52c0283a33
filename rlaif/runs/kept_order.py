"""An order made of what a run keeps: its rubric, its judge, its samples."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from rlaif.checks.run import FORGEABLE
from rlaif.errors import InputError, JudgeUnavailable, RunError
from rlaif.records.criterion import Checked, leaves
from rlaif.records.judge import Judge, JudgeSpec
from rlaif.records.rubric import Rubric
from rlaif.runs.kept import kept_judge, kept_rubric
from rlaif.runs.order import Order
from rlaif.storage.pair_folder import PairFolder
from rlaif.storage.run_folder import RunFolder

_SPEC: TypeAdapter[JudgeSpec] = TypeAdapter(JudgeSpec)


def kept_order(run: RunFolder, judge: Judge | None = None, *, recalibrated: bool = False) -> Order:
    """To grade the run's samples once more, by its own rubric and judge.

    Args: `judge`, the run's own once more, where it is asked elsewhere now; with `recalibrated`
        also under another version and calibration.
    Raises: RunError where nothing was graded yet, or what is kept is not what it was; InputError
    for another judge.
    """
    rubric = kept_rubric(run)
    stated = run.manifest.rubric
    assert stated is not None  # noqa: S101 - kept_rubric has looked
    if rubric.content_hash != stated.hash:
        raise _changed(run.path / stated.file, "rubric")
    return Order(
        rubric=rubric,
        rubric_text=(run.path / stated.file).read_text(encoding="utf-8"),
        judge=_judge_for(run, rubric, judge, recalibrated=recalibrated),
        samples=None,
        out=run.path,
        accept_forgeable=forgeable_ids(rubric),
        as_kept=True,
    )


def _judge_for(run: RunFolder, rubric: Rubric, judge: Judge | None, *, recalibrated: bool) -> Judge:
    if judge is None:
        return whole_judge(run, rubric)
    if recalibrated and run.manifest.judge is not None:
        answers = judge.speaking(rubric.language).asked_hash
        if answers == whole_judge(run, rubric).asked_hash:
            return judge
    return same_judge(run, rubric, judge)


def whole_judge(run: RunFolder | PairFolder, rubric: Rubric) -> Judge:
    """The judge that the run's grades or preferences are by, with its members; it speaks as it did.

    Raises: RunError where nothing was graded yet, or what is kept is not what it was.
    """
    kept_judge(run)  # says what is wrong where it cannot be read
    stated = run.manifest.judge
    assert stated is not None  # noqa: S101 - kept_judge has looked
    path = run.path / stated.file
    try:
        judge = _judge_of(orjson.loads(path.read_bytes()), rubric.language.lower())
    except (ValidationError, KeyError, TypeError) as error:
        raise _changed(path, "judge") from error
    if judge.content_hash != stated.hash:
        raise _changed(path, "judge")
    return judge


def same_judge(run: RunFolder, rubric: Rubric, judge: Judge) -> Judge:
    """`judge`, which is the run's own but for where, how fast and for how much it is asked.

    Raises: InputError for another one.
    """
    stated = run.manifest.judge
    if stated is None or judge.speaking(rubric.language).content_hash == stated.hash:
        return judge
    raise InputError(
        f"--judge: {judge.name} is not the judge that {run.path} was graded by "
        f"({stated.name}@{stated.version}), or it has changed\n"
        "  hint: `rlaif grade` with the rubric, the samples and this judge asks it everything"
    )


def refuse_another(run: RunFolder, served: str) -> None:
    """See that the judge's model is the one that the run was graded by. Raises: JudgeUnavailable.

    Another one would have to be asked everything again.
    """
    stated = run.manifest.judge
    if stated is None or stated.served == served:
        return
    raise JudgeUnavailable(
        f"{stated.name}@{stated.version}: another model answers than the one that graded "
        f"{run.path}:\n  then: {stated.served}\n  now:  {served}\n"
        "  hint: `rlaif grade` with the rubric, the samples and the judge asks it everything"
    )


def forgeable_ids(rubric: Rubric) -> tuple[str, ...]:
    """The criteria of a rubric in use whose pass a policy can forge: they were accepted."""
    checked = (c for c in leaves(rubric.items) if isinstance(c, Checked))
    return tuple(c.id for c in checked if c.check.check in FORGEABLE)


def _judge_of(kept: Mapping[str, Any], language: str) -> Judge:
    template, folder = kept.get("template", ""), kept.get("folder")
    return Judge(
        _SPEC.validate_python(kept["judge"]),
        template,
        Path(folder) if folder else None,
        ((language, template),) if template else (),
        tuple(_judge_of(member, language) for member in kept.get("members", ())),
    )


def _changed(path: Path, what: str) -> RunError:
    hint = f"put the {what} by which the run was graded back in this place, from a copy"
    return RunError(f"{path}: the kept {what} is not what it was\n  hint: {hint}")
