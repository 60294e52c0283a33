"""A judge's calibration at work: which map reads the verdicts on a criterion, if any does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rlaif.records.calibration import Calibration, CalibrationMap
from rlaif.records.criterion import Item, Judged, leaves
from rlaif.records.identity import canonical, digest
from rlaif.records.judge import Judge
from rlaif.records.judge_base import JudgeBase, Labels
from rlaif.records.rubric import Rubric

_Read = tuple[Judged, CalibrationMap | None]


def question_hash(criterion: Judged, labels: Labels | None, rubric: Rubric | None = None) -> str:
    """32 hex digits over the question as a judge is asked it: not its id, weight, points or gate.

    Args: `labels`, the words that answer yes and no; None for a panel, whose members have theirs;
    `rubric`, whose examples stand before the question, and which says what of the completion does.
    """
    named = criterion.levels or criterion.choices or ()
    scale = criterion.range.as_written() if criterion.range else None
    words = labels.as_written() if labels and criterion.yes_or_no else None
    asked = {
        "ask": criterion.ask,
        "guidance": criterion.guidance,
        "answers": [[answer.name, answer.description] for answer in named],
        "ordered": criterion.levels is not None,
        "range": scale,
        "allow_na": criterion.allow_na,
        "labels": words,
        "needs": criterion.needs,
        "taught": rubric.taught_content if rubric else [],
        "reasoning": rubric.reasoning if rubric else "strip",
    }
    return digest("question", canonical(asked))


class Calibrating:
    """The maps of one judge, each found by the criterion that is read."""

    def __init__(self, judge: Judge, rubric: Rubric | None = None) -> None:
        """A judge that speaks; without a calibration, or changed since, nothing is read by one.

        Args: `rubric`, what it is asked by; None where nothing teaches it.
        """
        found = judge.spec.calibration
        fitted = found.fitted if found else None
        self.outdated = fitted is not None and fitted.judge_hash != judge.asked_hash
        """Whether the judge was changed since the maps were fitted: none of them is used."""
        self._maps = Calibration() if found is None or self.outdated else found
        self._labels, self._rubric = labels_of(judge), rubric
        self._known: dict[str, _Read] = {}

    def __bool__(self) -> bool:
        """Whether any criterion may be read by a map."""
        return bool(self._maps.criteria) or self._maps.others is not None

    def map_of(self, criterion: Judged) -> CalibrationMap | None:
        """The map that reads the verdicts on a criterion; None where they stand as they are."""
        known = self._known.get(criterion.id)
        if known is not None and known[0] is criterion:
            return known[1]
        found = self._found(criterion)
        if len(self._known) < _MOST_KNOWN or criterion.id in self._known:
            self._known[criterion.id] = (criterion, found)
        return found

    def edited(self) -> Iterator[str]:
        """The ids of the rubric's criteria that are asked otherwise than their map was fitted."""
        for criterion in leaves(self._rubric.items if self._rubric else ()):
            own = self._maps.criteria.get(criterion.id)
            if own is not None and (
                not isinstance(criterion, Judged) or self._found(criterion) is not own
            ):
                yield criterion.id

    def yes_from(self, items: Sequence[Item]) -> tuple[dict[str, float], float | None]:
        """The thresholds of yes by criterion, and that of yes/no criteria that samples bring."""
        maps = ((one.id, self.map_of(one)) for one in leaves(items) if isinstance(one, Judged))
        own = {name: read.yes_from for name, read in maps if read and read.yes_from is not None}
        return own, self._maps.others.yes_from if self._maps.others else None

    def _found(self, criterion: Judged) -> CalibrationMap | None:
        own = self._maps.criteria.get(criterion.id)
        if own is None:
            others = self._maps.others
            return others if others is not None and criterion.yes_or_no else None
        if own.question != question_hash(criterion, self._labels, self._rubric):
            return None
        return own if own.fits(yes_or_no=criterion.yes_or_no) else None


_MOST_KNOWN = 1024
"""Criteria that are remembered: samples may bring any number of their own."""


def labels_of(judge: Judge) -> Labels | None:
    """The judge's words for yes and no; None where its members have theirs."""
    return judge.spec.labels if isinstance(judge.spec, JudgeBase) else None


def calibrating(judge: Judge, rubric: Rubric | None = None) -> Calibrating | None:
    """The maps of a judge that speaks; None where none of its verdicts is read by one.

    Args: `rubric`, as of `Calibrating`.
    """
    if judge.spec.calibration is None:
        return None
    return Calibrating(judge, rubric) or None


def calibration_note(judge: Judge, rubric: Rubric) -> str:
    """What to tell a person of maps that are not used; empty where there are none such.

    Args: a judge that speaks.
    """
    if judge.spec.calibration is None:
        return ""
    used = Calibrating(judge, rubric)
    again = "`rlaif calibrate` fits it anew"
    if used.outdated:
        return (
            f"{judge.name} was changed since it was calibrated: its calibration is not used, and "
            f"its probabilities count as stated; {again}"
        )
    edited = list(used.edited())
    if not edited:
        return ""
    which = ", ".join(f"'{name}'" for name in edited)
    return (
        f"{judge.name} is not calibrated for {which}: it is asked otherwise since (the question, "
        "the examples that teach or 'reasoning' were edited), and its probabilities count as "
        f"stated; {again}"
    )
