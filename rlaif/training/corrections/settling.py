"""Several people's corrections of one sample as one: what is taught, and what is dropped.

The last word of an adjudicator counts. Without one an answer counts that more than half of the
people gave who answered; where there is none, nobody is right and the label is dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rlaif.records.correction import CorrectedCriterion, Correction
from rlaif.records.sample import Chat

_BEST = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Settled:
    """One sample with what people agree on."""

    correction: Correction
    """The newest one: the texts, the judge's verdicts, rubric, judge and policy stand in it."""
    labels: Mapping[str, str | None]
    """The answer that counts, by criterion; None for "does not apply"."""
    judged: Mapping[str, CorrectedCriterion]
    """By criterion, an entry in which the judge's verdict stands; only of those with a label."""
    comments: Mapping[str, Sequence[str]]
    """By criterion, the comments of those whose answer counts."""
    rewrites: Sequence[tuple[str, str | Chat]]
    """Who rewrote the output, and how; each text once."""
    redacted: int
    """Rewrites left out of `rewrites`, as they hold marks in place of names and addresses."""
    annotators: Sequence[str]
    scores: Sequence[float]
    """The score by each person's answers, where it is known."""
    disputed: Sequence[str] = field(default=())
    """Criteria on which people disagree without a majority."""

    def overruled(self, criterion: str) -> bool:
        """Whether the judge answered otherwise than people."""
        said = self.judged[criterion].judge
        return said is not None and said.answer != self.labels[criterion]

    def accepted(self, least: float) -> bool:
        """Whether nobody rewrote the output, and everybody's score of it is at least `least`."""
        untouched = not self.rewrites and not self.redacted
        return untouched and bool(self.scores) and min(self.scores) >= least * _BEST


def settled(corrections: Sequence[Correction]) -> Settled:
    """The corrections of one sample, the newest of each id in their order, as one.

    Of one annotator the later answer counts.
    """
    answers = _by_criterion(corrections)
    counted = {name: _counted(given) for name, given in answers.items()}
    labels = {name: found[0] for name, found in counted.items() if found}
    return Settled(
        correction=corrections[-1],
        labels=labels,
        judged={name: _with_verdict(answers[name]) for name in labels},
        comments={name: _comments(answers[name], label) for name, label in labels.items()},
        rewrites=_rewrites(corrections),
        redacted=sum(one.human_output_redacted for one in corrections),
        annotators=tuple(dict.fromkeys(one.annotator for one in corrections)),
        scores=_scores(corrections),
        disputed=tuple(name for name, found in counted.items() if not found),
    )


_Given = list[tuple[Correction, CorrectedCriterion]]


def _by_criterion(corrections: Iterable[Correction]) -> dict[str, _Given]:
    """Each annotator's last answer to each criterion, a last word beside it."""
    found: dict[str, dict[tuple[str, bool], tuple[Correction, CorrectedCriterion]]] = {}
    for correction in corrections:
        for one in correction.criteria:
            if one.answered:
                key = correction.annotator, correction.adjudicated
                of_it = found.setdefault(one.criterion, {})
                of_it.pop(key, None)
                of_it[key] = correction, one
    return {name: list(given.values()) for name, given in found.items()}


def _counted(given: _Given) -> tuple[str | None] | None:
    """The answer that counts, in a tuple because it may be None; None where there is none."""
    last_word = [one for correction, one in given if correction.adjudicated]
    if last_word:
        return (last_word[-1].human,)
    votes = Counter(one.human for _, one in given)
    label, most = votes.most_common(1)[0]
    return (label,) if 2 * most > len(given) else None


def _with_verdict(given: _Given) -> CorrectedCriterion:
    """The newest entry that knows what the judge said; the newest one where none does."""
    entries = [one for _, one in given]
    return next((one for one in reversed(entries) if one.judge is not None), entries[-1])


def _comments(given: _Given, label: str | None) -> tuple[str, ...]:
    said = [one.comment for _, one in given if one.human == label and one.comment.strip()]
    return tuple(dict.fromkeys(said))


def _rewrites(corrections: Sequence[Correction]) -> tuple[tuple[str, str | Chat], ...]:
    """The adjudicator's text alone, where there is one; else each annotator's last one."""
    written = [
        one for one in corrections if one.human_output is not None and not one.human_output_redacted
    ]
    last_words = [one for one in written if one.adjudicated][-1:]
    newest = {one.annotator: one.human_output for one in last_words or written}
    found: dict[str | Chat, str] = {}
    for annotator, text in newest.items():
        if text is not None:
            found.setdefault(text, annotator)
    return tuple((annotator, text) for text, annotator in found.items())


def _scores(corrections: Sequence[Correction]) -> tuple[float, ...]:
    """Each annotator's last score; the adjudicator's alone, where there is one."""
    scored = [one for one in corrections if one.human_score is not None]
    last_words = [one for one in scored if one.adjudicated][-1:]
    newest = {one.annotator: one.human_score for one in last_words or scored}
    return tuple(score for score in newest.values() if score is not None)
