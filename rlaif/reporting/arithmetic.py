"""The arithmetic of one score, line by line, as a person can follow it with a pencil."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rlaif.records.calibration import CalibrationMap
from rlaif.records.criterion import Criterion, Section, leaves
from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Failure, Skipped
from rlaif.records.rubric import Rubric
from rlaif.records.working import Part, Rule, Working
from rlaif.reporting.behind import behind
from rlaif.reporting.sheet import Line, Sheet

RULES: dict[Rule, str] = {
    "weighted_mean": "weighted mean",
    "all": "1 if all of these hold, else 0",
    "any": "1 if any of these holds, else 0",
    "min": "the least of these",
}
_PRESCREENED = {
    "empty": "the completion is empty",
    "invisible": "the completion shows nothing",
    "symbols": "the completion has neither a letter nor a digit",
    "opener": "the completion is an opener with nothing after it",
    "degenerate": "the completion repeats itself",
    "too_long": "the completion is longer than the limit",
}


def arithmetic_view(
    rubric: Rubric,
    grade: Grade,
    working: Working | None,
    remarks: Sequence[str] = (),
    variances: Mapping[str, float] | None = None,
    maps: Mapping[str, CalibrationMap] | None = None,
) -> Sheet:
    """The lines of one score; `working` is None where the prescreen has decided.

    Args: `variances`, by criterion, of the verdicts that were made of several; `maps`, by
    criterion, that read the judge's probabilities.
    """
    return Sheet(_lines(rubric, grade, working, remarks, _Beside(variances or {}, maps or {})))


class _Beside(NamedTuple):
    """What is known of verdicts besides the steps, by criterion."""

    variances: Mapping[str, float]
    maps: Mapping[str, CalibrationMap]


def _lines(
    rubric: Rubric,
    grade: Grade,
    working: Working | None,
    remarks: Sequence[str],
    beside: _Beside,
) -> Iterator[Line]:
    yield Line(grade.sample_id, f"score {_score(grade.score)}", style="bold")
    attempt = f", attempt {grade.attempt}" if grade.attempt > 1 else ""
    yield Line(f"rubric {grade.rubric}, judge {grade.judge}{attempt}")
    for remark in remarks:
        yield Line(remark)
    yield Line("")
    if working is None:
        yield from _prescreened(rubric, grade)
        return
    yield Line("prescreen: passed")
    for part, inside in _gates(working, "the score"):
        yield _gate(part, inside)
    yield Line("")
    yield from _level(working, 0, beside)
    yield Line("")
    yield from _whole(working, grade)


def _prescreened(rubric: Rubric, grade: Grade) -> Iterator[Line]:
    rule = grade.reason.partition(":")[2]
    yield Line(f"prescreen: {rule}: {_PRESCREENED.get(rule, rule)}", style="bold")
    asked = [c.id for c in leaves(rubric.items)] or [o.criterion for o in grade.outcomes]
    yield Line(f"nothing was asked; skipped: {', '.join(asked)}")
    yield Line("score", _score(grade.score), style="bold")


def _gates(level: Working, inside: str) -> Iterator[tuple[Part, str]]:
    """Every gate, with what it decides."""
    for part in level.parts:
        if part.inner is not None:
            yield from _gates(part.inner, f"the section '{_name(part)}'")
        elif not isinstance(part.item, Section) and part.item.gate is not False:
            yield part, inside


def _gate(part: Part, inside: str) -> Line:
    item, answered = part.item, part.answered
    wanted = getattr(item, "gate", True)
    asks = "" if wanted is True else f" (asks for {_either(wanted)})"
    name = f"gate {_name(part)}{asks}"
    if part.unmet:
        return Line(f"{name}: NOT MET, {inside} is 0", style="bold")
    if answered is None or answered.answer is None:
        return Line(f"{name}: no answer to tell by")
    return Line(f"{name}: met")


def _either(wanted: object) -> str:
    return " or ".join(wanted) if isinstance(wanted, tuple) else str(wanted)


def _level(level: Working, depth: int, beside: _Beside) -> Iterator[Line]:
    for part in level.parts:
        numbers = _numbers(part, level.rule)
        if part.inner is not None:
            yield from _section(part, part.inner, numbers, depth, beside)
        elif part.answered is not None and not isinstance(part.item, Section):
            yield Line(_answer(part.item, part.answered), numbers, depth)
            name = part.item.id
            apart, read = beside.variances.get(name), beside.maps.get(name)
            yield from behind(part.item, part.answered, depth + 1, apart, read)


def _section(
    part: Part, inner: Working, numbers: str, depth: int, beside: _Beside
) -> Iterator[Line]:
    yield Line(f"section {_name(part)}: {RULES[inner.rule]}", depth=depth, style="bold")
    yield from _level(inner, depth + 1, beside)
    yield from _rule(inner, depth + 1)
    item = part.item
    if isinstance(item, Section) and inner.clipped is not None:
        if item.saturates_at is not None:
            told = (
                f"full from {item.saturates_at:g} on: {inner.clipped:.4f} / {item.saturates_at:g}"
            )
            yield Line(f"{told}, at most 1", _number(inner.saturated), depth + 1)
        if item.cap is not None:
            yield Line(f"at most {item.cap:g}", _number(inner.value), depth + 1)
    yield Line(f"section {_name(part)}", numbers, depth)


def _rule(level: Working, depth: int) -> Iterator[Line]:
    """How a level's parts became one number in [0, 1]."""
    if level.unmet is not None:
        yield Line(f"gate {level.unmet} is not met", _number(level.raw), depth)
        return
    if level.failed:
        yield Line(f"no value, for these failed: {', '.join(level.failed)}", depth=depth)
        return
    if level.raw is None:
        needless = "nothing here counts: a gate that is not met made it needless"
        out = "nothing here applies: out of the fraction"
        yield Line(needless if _is_needless(level) else out, depth=depth)
        return
    if level.rule == "weighted_mean":
        yield from _fraction(level, depth)
    else:
        yield Line(RULES[level.rule], _number(level.raw), depth)
    if level.clipped != level.raw:
        yield Line("kept between 0 and 1", _number(level.clipped), depth)


def _is_needless(level: Working) -> bool:
    """Whether a gate outside of a level kept something in it from being asked."""
    outcomes = [part.answered.outcome for part in level.parts if part.answered is not None]
    if any(isinstance(outcome, Skipped) and outcome.reason == "gate" for outcome in outcomes):
        return True
    return any(part.inner is not None and _is_needless(part.inner) for part in level.parts)


def _fraction(level: Working, depth: int) -> Iterator[Line]:
    if level.faults_alone:
        lost, most = -level.earned, -level.possible
        yield Line("points lost", _number(lost), depth)
        yield Line("points that can be lost", f"{most:g}", depth)
        yield Line(f"raw: 1 - {lost:.4f} / {most:g}", _number(level.raw), depth)
        return
    yield Line("sum of value x weight", _number(level.earned), depth)
    yield Line("sum of the positive weights", f"{level.possible:g}", depth)
    yield Line(f"raw: {level.earned:.4f} / {level.possible:g}", _number(level.raw), depth)


def _whole(level: Working, grade: Grade) -> Iterator[Line]:
    if level.unmet is None and not level.failed and level.raw is None:
        yield Line("no score: nothing that earns points applies to this sample", style="bold")
        return
    yield from _rule(level, 0)
    if level.failed and level.unmet is None:
        yield Line("a failure is not a no: there is no score")
    yield Line("score", _score(grade.score), style="bold")


def _answer(criterion: Criterion, answered: Answered) -> str:
    outcome = answered.outcome
    kind = ", a fault" if criterion.weight < 0 else ""
    name = f"{criterion.id}{kind}"
    if isinstance(outcome, Failure):
        return f"{name}: FAILED"
    if isinstance(outcome, Skipped):
        return f"{name}: not asked" if outcome.reason == "gate" else f"{name}: does not apply"
    sure = ""
    if outcome.label_mass is not None and answered.probability is not None:
        sure = f" {answered.probability:.2f}, mass {outcome.label_mass:.2f}"
    return f"{name}: {answered.answer}{sure}"


def _numbers(part: Part, rule: Rule) -> str:
    if part.value is None or part.counts is None:
        return "-"
    if rule == "weighted_mean":
        return f"{part.value:.4f} x {part.weight:>5g} = {part.counts:>9.4f}"
    if rule == "min":
        fault = f"1 - {part.value:.4f} = " if part.weight < 0 else ""
        return f"{fault}{part.counts:.4f}"
    return f"{part.value:.4f}, {'holds' if part.counts else 'does not hold'}"


def _name(part: Part) -> str:
    return part.item.section if isinstance(part.item, Section) else part.item.id


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _score(score: float | None) -> str:
    return "none" if score is None else f"{score:.4f}"
