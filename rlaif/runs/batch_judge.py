"""Judges that can be asked by a batch of files, and the one that a run was asked by."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from pydantic import TypeAdapter, ValidationError

from rlaif.errors import InputError, RunError
from rlaif.judging.http_faults import one_line
from rlaif.judging.openai_batch import is_of
from rlaif.records.backends import OpenaiJudge
from rlaif.records.judge import Judge, JudgeSpec
from rlaif.runs.kept import kept_judge
from rlaif.storage.run_folder import RunFolder

_SPEC: TypeAdapter[JudgeSpec] = TypeAdapter(JudgeSpec)


def offline(judge: Judge) -> OpenaiJudge:
    """The judge file of a judge that can be asked so. Raises: InputError with what to change."""
    spec = judge.spec
    if judge.members:
        told = "a jury or a cascade is not asked in batches", "one of its judges by itself"
    elif not isinstance(spec, OpenaiJudge):
        told = "only judges of the backend 'openai' are asked in batches", "openai:MODEL@URL"
    elif spec.api == "completions":
        told = "batches are asked in chat", "api: chat, or api: json"
    elif spec.verdict == "one_call":
        told = (
            "of one text for all criteria, what cannot be read is asked again by itself, which a "
            "batch cannot do",
            "verdict: generated",
        )
    elif spec.votes > 1 or spec.most_votes is not None:
        told = "several votes are not asked in batches", "votes: 1, and no most_votes"
    elif spec.thinking and spec.reads_labels:
        told = "probabilities after thinking need token ids", "verdict: generated"
    else:
        return spec
    raise InputError(f"{judge.name}: {told[0]}\n  hint: {told[1]}")


def judge_of_run(run: RunFolder) -> Judge:
    """The judge that the run's questions are put to, as it was kept.

    Raises: RunError where nothing was asked of it yet, or what was kept is not what it was.
    """
    kept_judge(run)  # says what is wrong where it cannot be read
    stated = run.manifest.judge
    assert stated is not None  # noqa: S101 - kept_judge has looked
    path = run.path / stated.file
    kept = orjson.loads(path.read_bytes())
    try:
        judge = Judge(_SPEC.validate_python(kept["judge"]), kept.get("template", ""))
    except ValidationError:
        judge = None
    if judge is None or judge.content_hash != stated.hash:
        hint = "`rlaif batch export` with the judge writes it anew"
        raise RunError(f"{path}: not the judge that the run was asked by\n  hint: {hint}")
    return judge


def model_to_believe(
    spec: OpenaiJudge, models: Sequence[str], before: str | None, accepted: str | None
) -> str | None:
    """The one model whose answers count; None where there is no answer.

    It is the `accepted` one, else the one that answered `before`, else the first of the `models`
    that goes by the judge's own name. Raises: InputError where that one gave no answer.
    """
    if not models:
        return None
    told = ", ".join(f"'{one_line(model)}'" if model else "no name" for model in models[:3])
    if accepted is not None:
        if accepted in models:
            return accepted
        raise InputError(f"--accept-model {accepted}: the answers are by {told}")
    fits = [m for m in models if (m == before if before is not None else is_of(m, spec.model))]
    if fits:
        return fits[0]
    wanted = f"the judge is '{spec.model}'"
    if before is not None:
        wanted = "earlier ones are by " + (f"'{one_line(before)}'" if before else "no name")
    raise InputError(
        f"the answers are by {told}, and {wanted}: nothing is taken in\n"
        "  hint: give the results of this batch; if that model was meant to answer, "
        "--accept-model NAME takes what it gave"
    )
