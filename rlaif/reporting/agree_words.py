"""What the figures of one criterion mean, in sentences that need no statistics."""

from __future__ import annotations

from collections.abc import Iterator

from rlaif.records.agreement import CriterionAgreement, Figure
from rlaif.reporting.text import count_of

FEW_LABELS = 50
"""Below this many answers of people, an interval is wide, and said to be."""
FEW_PROMPTS = 20
ONE_SIDED = 0.9
"""From this share of one answer on, agreement alone says little."""
LONG_MATTERS = 0.15
"""A correlation of value and length that is surely above this is told."""
TOO_SURE = 0.1
"""An expected calibration error from which the probabilities are said to mislead."""
_YES_NO = ("no", "yes")


def verdict(one: CriterionAgreement, judge: str = "The judge") -> Iterator[str]:
    """How far judge and people agree, and how far people do; then where they differ."""
    accuracy = one.figures.get("accuracy", _NONE)
    if accuracy.value is None:
        yield f"Agreement cannot be told: {accuracy.why or 'nothing was answered by both'}."
        return
    answers = count_of(_compared(one), "answer")
    told = f"{judge} agrees with people in {share(accuracy)} of {answers}"
    people = one.ceiling.get("accuracy", _NONE)
    if people.value is None:
        yield f"{told}."
    else:
        yield f"{told}; people among themselves in {share(people)}{_against(accuracy, people)}."
    kappa = one.figures.get("kappa", _NONE)
    if kappa.value is not None:
        yield f"Beyond chance (kappa, 1 is all): {number(kappa, interval=True)}."
    yield from _mistakes(one)


def warnings(one: CriterionAgreement) -> Iterator[str]:
    """What to keep in mind before the figures are believed."""
    accuracy = one.figures.get("accuracy", _NONE)
    if accuracy.value is not None:
        yield from _few(one)
        yield from _one_sided(one, accuracy.value)
        yield from _length(one)
        yield from _sureness(one)
    if one.unanswered:
        answers = count_of(one.unanswered, "answer")
        yield f"The judge gave none beside {answers} of people: failed, skipped or not graded."


def share(figure: Figure) -> str:
    """`87% (82-91)`: a share with its interval, in percent."""
    if figure.value is None:
        return "-"
    if figure.low is None or figure.high is None:
        return percent(figure.value)
    return f"{percent(figure.value)} ({figure.low * 100:.0f}-{figure.high * 100:.0f})"


def percent(value: float) -> str:
    """`87%`; never 100% or 0% of what is not all or none."""
    return f"{_number(value)}%"


def _number(value: float) -> str:
    whole = round(value * 100)
    if whole in (0, 100) and value not in (0.0, 1.0):
        return f"{value * 100:.1f}" if 0.0005 <= value <= 0.9995 else f"{value * 100:.2f}"
    return str(whole)


def number(figure: Figure | None, interval: bool = False) -> str:
    """`0.71`, with its interval `0.71 (0.62-0.79)`; `-` where it cannot be told."""
    if figure is None or figure.value is None:
        return "-"
    if not interval or figure.low is None or figure.high is None:
        return _signed(figure.value)
    return f"{_signed(figure.value)} ({_signed(figure.low)} to {_signed(figure.high)})"


def _signed(value: float) -> str:
    """Two digits; what rounds to nothing has no sign."""
    return f"{round(value, 2) + 0.0:.2f}"


_NONE = Figure(None)


def _compared(one: CriterionAgreement) -> int:
    return sum(sum(row) for row in one.confusion) or one.rows


def _against(judge: Figure, people: Figure) -> str:
    """How the judge stands beside people, where the intervals say so."""
    if judge.value is None or people.value is None or judge.high is None or judge.low is None:
        return ""
    if people.low is not None and judge.high < people.low:
        return ", which is more"
    if people.high is not None and judge.low > people.high:
        return ", which is less"
    return ""


def _mistakes(one: CriterionAgreement) -> Iterator[str]:
    """Of yes/no, how often each answer is wrong; else the mistake that is made most."""
    counts, names = one.confusion, one.categories
    if not counts:
        return
    if names == _YES_NO:
        for human, other in ((0, 1), (1, 0)):
            total = sum(counts[human])
            if total:
                wrong = f"{counts[human][other]:,} of {total:,}"
                yield f"Where people say {names[human]}, it says {names[other]} in {wrong}."
        return
    places = range(len(names))
    mistakes = [(counts[i][j], i, j) for i in places for j in places if i != j]
    most, said, instead = max(mistakes, key=lambda entry: entry[0])
    if most:
        often = f"{most:,} of {sum(counts[said]):,}"
        yield f"Its most frequent mistake: '{names[instead]}' for '{names[said]}', {often}."


def _few(one: CriterionAgreement) -> Iterator[str]:
    if one.rows < FEW_LABELS:
        yield f"Only {count_of(one.rows, 'label')}: the intervals are wide."
    elif one.prompts < FEW_PROMPTS:
        yield f"The labels are of only {count_of(one.prompts, 'prompt')}: the intervals are wide."


def _one_sided(one: CriterionAgreement, accuracy: float) -> Iterator[str]:
    totals = [sum(row) for row in one.confusion]
    if not sum(totals):
        return
    most = max(range(len(totals)), key=totals.__getitem__)
    usual, name = totals[most] / sum(totals), one.categories[most]
    if usual == 1:
        yield f"People always say '{name}': how it does on other answers cannot be told."
    elif usual > accuracy:
        told = f"always saying '{name}' would agree in {percent(usual)}"
        yield f"It does worse than no judge at all: {told}."
    elif usual >= ONE_SIDED:
        yield (
            f"People say '{name}' in {percent(usual)}: always saying it would agree nearly as "
            f"often. Look at kappa, not at {percent(accuracy)}."
        )


def _length(one: CriterionAgreement) -> Iterator[str]:
    found = one.figures.get("length_correlation", _NONE)
    if found.value is None or found.low is None or found.high is None:
        return
    if found.low > LONG_MATTERS or found.high < -LONG_MATTERS:
        which = "longer" if found.value > 0 else "shorter"
        yield (
            f"It prefers {which} completions to others that people answer alike "
            f"(correlation {found.value:.2f})."
        )


def _sureness(one: CriterionAgreement) -> Iterator[str]:
    error = one.figures.get("ece", _NONE)
    if error.value is None or error.value < TOO_SURE or (error.low or 0) < TOO_SURE / 2:
        return
    stated = sum(b.rows * b.stated for b in one.reliability)
    seen = sum(b.rows * b.seen for b in one.reliability)
    how = "too sure" if stated > seen else "not sure enough"
    yield f"Its probabilities are {how}: off by {error.value:.2f} on average (`rlaif calibrate`)."
