"""The labelled samples graded again on one criterion; the run is not touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rlaif.errors import InputError
from rlaif.grading.verdict import same_answer
from rlaif.ports import JudgeBackend
from rlaif.records.base import nearest
from rlaif.records.criterion import Criterion, leaves
from rlaif.records.grade import Answered
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure, Skipped
from rlaif.records.review import Regraded
from rlaif.records.reward import Rollout
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.runs.kept_order import forgeable_ids
from rlaif.runs.review_copies import graded_of, judge_answered
from rlaif.runs.review_items import Whole
from rlaif.runs.rewarding import Rewarder
from rlaif.runs.worth import Graded

_MOST_TOLD = 50
_MOST_REASONS = 5
Label = tuple[int, str, str | None]
"""The sample's number, who labelled it, and the label."""


class Regrader:
    """A judge that stays loaded from one edit of a criterion to the next.

    The criterion is given with each sample, so that the rubric that the judge was opened with stays
    the same. A rubric whose examples teach the judge is opened anew with every edit.
    """

    def __init__(self, judge: Judge, backend: JudgeBackend | None = None) -> None:
        """Nothing is loaded yet."""
        self._judge, self._backend = judge, backend
        self._open: tuple[str, Rewarder] | None = None

    async def regraded(
        self,
        rubric: Rubric,
        name: str,
        labels: Sequence[Label],
        wholes: Mapping[int, Whole],
    ) -> Regraded:
        """What the judge says now, beside what it had said; both against the labels.

        Args: the rubric as it stands now; `labels` of the criterion; their samples by number.
        Raises: InputError for a criterion that the rubric does not have; JudgeUnavailable.
        """
        criterion = _found(rubric, name)
        rewarder = self._rewarder(rubric, criterion)
        per_sample = rewarder.rubric.criteria == "per-sample"
        rollouts = [Rollout(_with(w.sample, criterion, per_sample)) for w in wholes.values()]
        graded = await rewarder.graded(rollouts) if rollouts else []
        after = {number: _answer(one, name) for number, one in zip(wholes, graded, strict=True)}
        before = {n: graded_of(w.grade).get(name) for n, w in wholes.items()}
        return _compared(criterion, labels, wholes, before, after)

    def close(self) -> None:
        """Let go of the judge."""
        opened, self._open = self._open, None
        if opened is not None:
            opened[1].close()

    def _rewarder(self, rubric: Rubric, criterion: Criterion) -> Rewarder:
        bare = _bare(rubric, criterion)
        if self._open is None or self._open[0] != bare.content_hash:
            self.close()
            accepted = {*forgeable_ids(rubric), criterion.id}
            made = Rewarder(bare, self._judge, backend=self._backend, accept_forgeable=accepted)
            self._open = (bare.content_hash, made)
        return self._open[1]


def _bare(rubric: Rubric, criterion: Criterion) -> Rubric:
    if not rubric.taught:
        return rubric.model_copy(update={"criteria": "per-sample", "examples": ()})
    examples = tuple(
        example.model_copy(
            update={"expect": {k: v for k, v in example.expect.items() if k == criterion.id}}
        )
        for example in rubric.taught
        if criterion.id in example.expect
    )
    return rubric.model_copy(update={"criteria": (criterion,), "examples": examples})


def _with(sample: Sample, criterion: Criterion, per_sample: bool) -> Sample:
    return sample.model_copy(update={"criteria": (criterion,) if per_sample else ()})


def _found(rubric: Rubric, name: str) -> Criterion:
    known = {criterion.id: criterion for criterion in leaves(rubric.items)}
    if name not in known:
        hint = nearest(name, known) if known else "only criteria of the rubric's file are graded"
        raise InputError(f"no criterion '{name}' in the rubric's file\n  hint: {hint}")
    return known[name]


def _answer(graded: Graded | None, name: str) -> Answered | None:
    return graded_of(graded.grade).get(name) if graded else None


def _compared(
    criterion: Criterion,
    labels: Sequence[Label],
    wholes: Mapping[int, Whole],
    before: Mapping[int, Answered | None],
    after: Mapping[int, Answered | None],
) -> Regraded:
    both = [n for n in wholes if judge_answered(before[n]) and judge_answered(after[n])]
    rows = [(n, label) for n, _, label in labels if n in set(both)]
    failed = [reason for reason in map(_failure, after.values()) if reason]
    changed = [n for n in both if _said(before[n]) != _said(after[n])]
    return Regraded(
        criterion=criterion.id,
        samples=len(wholes),
        agree_before=sum(same_answer(criterion, _said(before[n]), x) for n, x in rows),
        agree_after=sum(same_answer(criterion, _said(after[n]), x) for n, x in rows),
        compared=len(rows),
        failed=len(failed),
        skipped=sum(_is_skipped(one) for one in after.values()),
        reasons=tuple(list(dict.fromkeys(failed))[:_MOST_REASONS]),
        changed=tuple(wholes[n].sample.sample_id for n in changed[:_MOST_TOLD]),
    )


def _is_skipped(one: Answered | None) -> bool:
    """Prescreened, or not asked of this sample; "does not apply" is an answer."""
    return one is not None and isinstance(one.outcome, Skipped) and not judge_answered(one)


def _failure(one: Answered | None) -> str:
    """Why there is no answer; empty where there is one."""
    if one is None:
        return "no time was left"
    return f"{one.outcome.stage}: {one.outcome.message}" if isinstance(one.outcome, Failure) else ""


def _said(one: Answered | None) -> str | None:
    return one.answer if one else None
