"""Several people's corrections of one sample as one: what is taught, and what is dropped.

The last word of an adjudicator counts. Without one an answer counts that more than half of the
people gave who answered; where there is none, nobody is right and the label is dropped. Answers to
a question that was worded otherwise are no answers to this one. Nobody knows whether two nameless
answers are of one person: each counts as another person's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rlaif.records.correction import CorrectedCriterion, Correction, same_label
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
    """Rewrites that would count and hold marks in place of names and addresses: in no row."""
    annotators: Sequence[str]
    scores: Sequence[float | None]
    """The score by the answers of each person who answered; None where it is not known."""
    disputed: Sequence[str] = field(default=())
    """Criteria on which people disagree without a majority."""
    outdated: Sequence[str] = field(default=())
    """Criteria of answers to a question that was worded otherwise; one entry an answer."""

    def overruled(self, criterion: str) -> bool:
        """Whether the judge answered otherwise than people."""
        said = self.judged[criterion].judge
        if said is None:
            return False
        return same_label(said.answer, self.judged[criterion].answers) != self.labels[criterion]

    @property
    def scored(self) -> bool:
        """Whether the score by everybody's answers is known."""
        return bool(self.scores) and None not in self.scores

    def accepted(self, least: float) -> bool:
        """Whether nobody rewrote the output, and everybody's score of it is at least `least`."""
        known = [score for score in self.scores if score is not None]
        untouched = not self.rewrites and not self.redacted
        return untouched and self.scored and min(known) >= least * _BEST


def settled(corrections: Sequence[Correction], asked: Mapping[str, str] | None = None) -> Settled:
    """The corrections of one sample, the newest of each id in their order, as one.

    Of one annotator the later answer counts.

    Args: `asked`, the question that counts by criterion; where none is stated, the newest one.
    """
    questions = _questions(corrections, asked or {})
    outdated = [
        entry.criterion
        for one in corrections
        for entry in one.criteria
        if entry.answered and not _is_asked(entry, questions)
    ]
    answers = _by_criterion(corrections, questions)
    counted = {name: _counted(given) for name, given in answers.items()}
    labels = {name: found[0] for name, found in counted.items() if found}
    return Settled(
        correction=corrections[-1],
        labels=labels,
        judged={name: _with_verdict(answers[name]) for name in labels},
        comments={name: _comments(answers[name], label) for name, label in labels.items()},
        rewrites=_rewrites(corrections),
        redacted=sum(one.human_output_redacted for one in _rewriters(corrections)),
        annotators=tuple(dict.fromkeys(one.annotator for one in corrections)),
        scores=_scores(corrections),
        disputed=tuple(name for name, found in counted.items() if not found),
        outdated=tuple(outdated),
    )


def _person(correction: Correction) -> str:
    """Who made it: a nameless one is somebody else each time."""
    return correction.annotator or f"\0{correction.correction_id}"


def _questions(corrections: Iterable[Correction], asked: Mapping[str, str]) -> dict[str, str]:
    """The question that counts, by criterion; of none that no correction states."""
    newest = {
        entry.criterion: entry.question
        for one in corrections
        for entry in one.criteria
        if entry.answered and entry.question
    }
    return newest | dict(asked)


def _is_asked(entry: CorrectedCriterion, questions: Mapping[str, str]) -> bool:
    """Whether an answer is to the question that counts; one that states none may be."""
    wanted = questions.get(entry.criterion, "")
    return not entry.question or not wanted or entry.question.split() == wanted.split()


_Given = list[tuple[Correction, CorrectedCriterion]]


def _by_criterion(
    corrections: Iterable[Correction], questions: Mapping[str, str]
) -> dict[str, _Given]:
    """Each annotator's last answer to each criterion, a last word beside it."""
    found: dict[str, dict[tuple[str, bool], tuple[Correction, CorrectedCriterion]]] = {}
    for correction in corrections:
        for one in correction.criteria:
            if one.answered and _is_asked(one, questions):
                key = _person(correction), correction.adjudicated
                of_it = found.setdefault(one.criterion, {})
                of_it.pop(key, None)
                of_it[key] = correction, one
    return {name: list(given.values()) for name, given in found.items()}


def _counted(given: _Given) -> tuple[str | None] | None:
    """The answer that counts, in a tuple because it may be None; None where there is none."""
    last_word = [one for correction, one in given if correction.adjudicated]
    if last_word:
        return (_label(last_word[-1]),)
    votes = Counter(_label(one) for _, one in given)
    label, most = votes.most_common(1)[0]
    return (label,) if 2 * most > len(given) else None


def _label(entry: CorrectedCriterion) -> str | None:
    return same_label(entry.human, entry.answers)


def _with_verdict(given: _Given) -> CorrectedCriterion:
    """The newest entry that knows what the judge said; the newest one where none does."""
    entries = [one for _, one in given]
    return next((one for one in reversed(entries) if one.judge is not None), entries[-1])


def _comments(given: _Given, label: str | None) -> tuple[str, ...]:
    said = [one.comment for _, one in given if _label(one) == label and one.comment.strip()]
    return tuple(dict.fromkeys(said))


def _rewriters(corrections: Sequence[Correction]) -> list[Correction]:
    """Each annotator's last rewrite; the adjudicator's alone, where there is one."""
    written = [one for one in corrections if one.human_output is not None]
    last_words = [one for one in written if one.adjudicated][-1:]
    return list({_person(one): one for one in last_words or written}.values())


def _rewrites(corrections: Sequence[Correction]) -> tuple[tuple[str, str | Chat], ...]:
    """The texts that count, without those of hidden names: these stand in nobody's place."""
    found: dict[str | Chat, str] = {}
    for one in _rewriters(corrections):
        if one.human_output is not None and not one.human_output_redacted:
            found.setdefault(one.human_output, one.annotator)
    return tuple((annotator, text) for text, annotator in found.items())


def _scores(corrections: Sequence[Correction]) -> tuple[float | None, ...]:
    """The last score of each who answered; the adjudicator's alone, where there is one."""
    answered = [one for one in corrections if any(entry.answered for entry in one.criteria)]
    last_words = [one for one in answered if one.adjudicated][-1:]
    return tuple({_person(one): one.human_score for one in last_words or answered}.values())
