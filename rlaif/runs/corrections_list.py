"""What corrections say: who made them, and which criteria experts overrule most, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rlaif.agreement.progress import wilson
from rlaif.records.correction import Correction
from rlaif.runs.corrections_source import Wanted, spooled
from rlaif.training.corrections.choosing import words_of
from rlaif.training.corrections.settling import settled

MOST_COMMENTS = 200
"""Comments of one criterion that are looked at."""
SHOWN_COMMENTS = 3


@dataclass(slots=True)
class CriterionSaid:
    """One criterion: how often experts answered it, and how often otherwise than the judge."""

    criterion: str
    answers: int = 0
    checked: bool = False
    """A program answers it, not the judge."""
    compared: int = 0
    """Answers where the judge, or the program, gave one too."""
    overruled: int = 0
    directions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Of those that were overruled: the judge's answer, and the expert's."""
    comments: list[str] = field(default_factory=list)
    """Of those that were overruled."""

    @property
    def share(self) -> float | None:
        """Of the compared answers, those that were overruled; None without any."""
        return self.overruled / self.compared if self.compared else None

    @property
    def at_least(self) -> float:
        """The lower end of the share's 95% interval: 1 of 1 is known worse than 20 of 30."""
        interval = wilson(self.overruled, self.compared)
        return interval[0] if interval else 0.0

    @property
    def by(self) -> str:
        """Whom people overrule."""
        return "the check" if self.checked else "the judge"


@dataclass(frozen=True, slots=True)
class CorrectionsSaid:
    """What a source of corrections holds."""

    corrections: int
    replaced: int
    """Earlier lines of an id that a later one replaced."""
    samples: int
    rewritten: int
    """Corrections with a rewritten output."""
    adjudicated: int
    annotators: dict[str, int]
    """Corrections by annotator, the most first."""
    answers: dict[str, dict[str, int]]
    """Answers by annotator and criterion."""
    criteria: tuple[CriterionSaid, ...]
    """The most surely overruled first: by the lower end of the interval of the share."""
    disputed: int
    """Answers on which annotators disagree without a majority or a last word."""


def corrections_said(source: str, wanted: Wanted) -> CorrectionsSaid:
    """Count the corrections of `source`. Raises: InputError, FileProblems."""
    criteria: dict[str, CriterionSaid] = {}
    annotators: Counter[str] = Counter()
    answers: dict[str, Counter[str]] = {}
    rewritten = adjudicated = samples = disputed = 0
    with spooled(source, wanted) as spool:
        for group in spool.by_sample():
            samples += 1
            disputed += len(settled(group).disputed)
            for one in group:
                annotators[one.annotator] += 1
                rewritten += one.human_output is not None
                adjudicated += one.adjudicated
                _answers(one, criteria, answers.setdefault(one.annotator, Counter()))
        return CorrectionsSaid(
            corrections=len(spool),
            replaced=spool.read - len(spool),
            samples=samples,
            rewritten=rewritten,
            adjudicated=adjudicated,
            annotators=dict(annotators.most_common()),
            answers={name: dict(of_one) for name, of_one in answers.items()},
            criteria=tuple(sorted(criteria.values(), key=_order)),
            disputed=disputed,
        )


def _answers(one: Correction, criteria: dict[str, CriterionSaid], answers: Counter[str]) -> None:
    for entry in one.criteria:
        if not entry.answered:
            continue
        answers[entry.criterion] += 1
        said = criteria.setdefault(entry.criterion, CriterionSaid(entry.criterion))
        said.answers += 1
        said.checked = entry.checked
        said.compared += entry.judge is not None
        if entry.overruled and entry.judge is not None:
            said.overruled += 1
            said.directions[_shown(entry.judge.answer), _shown(entry.human)] += 1
            if entry.comment.strip() and len(said.comments) < MOST_COMMENTS:
                said.comments.append(entry.comment.strip())


def _order(said: CriterionSaid) -> tuple[float, int, str]:
    return -said.at_least, -said.overruled, said.criterion


def _shown(label: str | None) -> str:
    return "does not apply" if label is None else label


def telling_comments(comments: Sequence[str], most: int = SHOWN_COMMENTS) -> list[str]:
    """The most typical comment first, then the longest of the others; each text once.

    The most typical one shares the most words with the others, on average.
    """
    once = list(dict.fromkeys(comments))
    if len(once) <= 1:
        return once
    words = [words_of(one) for one in once]
    near = [sum(len(one & other) / (len(one | other) or 1) for other in words) - 1 for one in words]
    typical = max(range(len(once)), key=lambda place: (near[place], len(once[place])))
    rest = sorted((one for one in once if one != once[typical]), key=len, reverse=True)
    return [once[typical], *rest[: most - 1]]


def said_in_words(found: CorrectionsSaid) -> Iterator[str]:
    """The same for people, line by line."""
    yield (
        f"{_count(found.corrections, 'correction')} of {_count(found.samples, 'sample')}; "
        f"{found.rewritten:,} with a rewritten output, {found.adjudicated:,} adjudicated"
    )
    if found.replaced:
        yield f"{_count(found.replaced, 'earlier line')} replaced by later ones of the same id"
    for name, count in found.annotators.items():
        answered = ", ".join(
            f"{criterion} {number:,}" for criterion, number in found.answers[name].items()
        )
        yield f"by {name or 'nobody named'}: {count:,}{f' ({answered})' if answered else ''}"
    if found.disputed:
        answers = _count(found.disputed, "answer")
        yield f"{answers} on which annotators disagree, without a majority or a last word"
    yield ""
    yield from _criteria_in_words(found)


def _criteria_in_words(found: CorrectionsSaid) -> Iterator[str]:
    overruled = [one for one in found.criteria if one.overruled]
    if overruled:
        yield "overruled most:"
    elif any(one.compared for one in found.criteria):
        yield "no answer of the judge was overruled"
    for one in overruled:
        yield from _criterion_in_words(one)
    for one in found.criteria:
        if not one.overruled:
            yield f"{one.criterion}: {_never(one)}"


def _never(one: CriterionSaid) -> str:
    if not one.compared:
        return f"{_count(one.answers, 'answer')}, and none of {one.by} to hold them against"
    return f"never, of {one.compared:,} answers"


def _criterion_in_words(one: CriterionSaid) -> Iterator[str]:
    yield f"{one.criterion}: {one.overruled:,} of {one.compared:,} answers ({one.share:.0%})"
    for (judge, human), count in one.directions.most_common():
        yield f"  {one.by.removeprefix('the ')} said '{judge}', experts '{human}': {count:,}"
    for comment in telling_comments(one.comments):
        yield f"  because: {' '.join(comment.split())}"


def said_row(found: CorrectionsSaid) -> dict[str, object]:
    """The same as JSON."""
    return {
        "corrections": found.corrections,
        "replaced": found.replaced,
        "samples": found.samples,
        "rewritten": found.rewritten,
        "adjudicated": found.adjudicated,
        "annotators": found.annotators,
        "answers": found.answers,
        "disputed": found.disputed,
        "criteria": [
            {
                "criterion": one.criterion,
                "answers": one.answers,
                "compared": one.compared,
                "overruled": one.overruled,
                "share": one.share,
                "at_least": one.at_least,
                "checked": one.checked,
                "directions": [
                    {"judge": judge, "human": human, "count": count}
                    for (judge, human), count in one.directions.most_common()
                ],
                "comments": telling_comments(one.comments),
            }
            for one in found.criteria
        ],
    }


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
