"""A judge's calibration of preferences at work: whether its map is used, and what it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rlaif.grading.calibrating import labels_of, question_hash
from rlaif.grading.pair_combine import Rule, judged, prefer, side_of
from rlaif.records.criterion import Checked, Item, Judged, leaves
from rlaif.records.identity import canonical, digest
from rlaif.records.judge import Judge
from rlaif.records.judge_base import Labels
from rlaif.records.outcome import Outcome, Skipped
from rlaif.records.pair import Answer
from rlaif.records.pair_calibration import PairCalibration, PairMap
from rlaif.records.preference import Compared, Preferred
from rlaif.records.rubric import Rubric


def questions_hash(rubric: Rubric, labels: Labels | None) -> str:
    """32 hex digits over all that the preference as a whole is made of: criteria and weights.

    Not over ids, points, titles or versions. Args: `labels`, as of `question_hash`.
    """
    asked = [_meaning(item, labels) for item in rubric.items]
    return digest("preference", canonical([rubric.reasoning, asked]))


def pair_map_of(judge: Judge, rubric: Rubric) -> PairCalibration | None:
    """The map that reads preferences by this rubric; None where they stand as they are.

    Args: a judge that speaks.
    """
    own = _own(judge)
    return None if own is None or _why_unused(own, judge, rubric) else own


def rule_of(judge: Judge, reads: PairMap | None) -> Rule:
    """How two orders become one answer: by their mean, where a map reads it."""
    return judge.spec.pairwise if reads is None else "mean"


def pair_calibration_note(judge: Judge, rubric: Rubric) -> str:
    """What to tell a person of a map that is not used; empty where there is none such."""
    own = _own(judge)
    why = _why_unused(own, judge, rubric) if own else ""
    if not why:
        return ""
    return (
        f"{judge.name}: {why} than where its preferences were calibrated: they count as stated; "
        "`rlaif calibrate` fits them anew"
    )


def decided(
    found: Preferred, given: Mapping[str, Compared], items: Sequence[Item], reads: PairMap | None
) -> tuple[float | None, Answer | None]:
    """The margin as it is read, and the answer; a map reads nothing that no judge has said."""
    margin = found.margin
    if margin is None:
        return None, None
    if reads is None or not says_judge(found, given, items):
        return margin, side_of(margin)
    margin = reads.of(margin)
    return margin, side_of(margin, reads.tie_below)


def says_judge(found: Preferred, given: Mapping[str, Compared], items: Sequence[Item]) -> bool:
    """Whether a judge's answers are in the margin: no gate and no prescreen has decided."""
    asked = (one.id for one in leaves(items) if isinstance(one, Judged))
    return not found.reason and any(given[name].margin is not None for name in asked)


def read_again(items: Sequence[Item], given: Mapping[str, Compared], rule: Rule) -> Preferred:
    """What kept verdicts say as a whole where two orders are read by `rule`; checks as they are.

    Raises: KeyError when a criterion is missing.
    """
    again: dict[str, Compared] = {}
    for criterion in leaves(items):
        kept = given[criterion.id]
        if isinstance(criterion, Judged):
            one, other = (_verdict(outcome) for outcome in kept.outcomes)
            kept = replace(judged(criterion, (one, other), rule), keys=kept.keys)
        again[criterion.id] = kept
    return prefer(items, again)


def _verdict(outcome: Outcome) -> Outcome:
    """What the judge had said, also where it was that nothing applies."""
    kept = outcome.verdict if isinstance(outcome, Skipped) else None
    return kept or outcome


def _own(judge: Judge) -> PairCalibration | None:
    return judge.spec.calibration.pairs if judge.spec.calibration else None


def _why_unused(own: PairCalibration, judge: Judge, rubric: Rubric) -> str:
    """Empty where the map is used."""
    if own.fitted.judge_hash != judge.asked_hash:
        return "the judge answers otherwise"
    if own.questions != questions_hash(rubric, labels_of(judge)):
        return f"the criteria of {rubric.rubric} are others, or weigh otherwise"
    return ""


def _meaning(item: Item, labels: Labels | None) -> dict[str, Any]:
    if isinstance(item, Judged):
        asked = {"question": question_hash(item, labels), "needs": bool(item.needs)}
    elif isinstance(item, Checked):
        asked = {"check": item.check.as_written(), "gate": item.gate}
    else:
        inner = [_meaning(one, labels) for one in item.criteria]
        return {"section": inner, "weight": item.weight}
    return {**asked, "weight": item.weight, "when": repr(item.when)}
