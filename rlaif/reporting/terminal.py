"""A run on a terminal: what it is of, the scores, the criteria, the failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.reporting.summary import CriterionTally, Mean, Summary
from rlaif.reporting.text import cell, count_of, harmless
from rlaif.reporting.thresholds import Thresholds

_BAR = 12
_AT_HALF = Thresholds()


def summary_view(summary: Summary) -> RenderableType:
    """The statistics of a run, one table under another."""
    return Group(*_sections(summary))


def grades_view(
    grades: Iterable[Grade], title: str, thresholds: Thresholds = _AT_HALF
) -> RenderableType:
    """A line a sample: its score, and what cost it points.

    Args: `thresholds`, of the run's judge.
    """
    table = _table(title)
    table.add_column("sample", overflow="fold", ratio=3)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("what decided", overflow="fold", ratio=6)
    for grade in grades:
        table.add_row(cell(grade.sample_id), _score(grade.score), cell(why(grade, thresholds)))
    return table


def why(grade: Grade, thresholds: Thresholds = _AT_HALF) -> str:
    """In a few words, what a score is made of."""
    if grade.reason.startswith("prescreen:"):
        return f"not worth judging: {grade.reason.partition(':')[2]}"
    told = [_told(answered, thresholds) for answered in grade.outcomes]
    text = ", ".join(part for part in told if part)
    if grade.reason.startswith("gate:"):
        return f"gate '{grade.reason.partition(':')[2]}' not met: {text}"
    return "nothing applies" if grade.reason == "nothing_applies" else text


def _told(answered: Answered, thresholds: Thresholds) -> str:
    outcome = answered.outcome
    if isinstance(outcome, Failure):
        return f"{answered.criterion} FAILED ({outcome.stage}: {outcome.message})"
    if isinstance(outcome, Skipped):
        return "" if outcome.reason == "gate" else f"{answered.criterion} n/a"
    sure = _sure(outcome, answered.probability)
    turned = thresholds.told(answered) if sure else ""
    return f"{answered.criterion} {answered.answer}{sure}{turned}"


def _sure(verdict: Verdict, probability: float | None) -> str:
    if probability is None or verdict.label_mass is None:
        return ""
    return f" {probability:.2f}"


def _sections(summary: Summary) -> Iterator[RenderableType]:
    yield _scores(summary)
    yield _criteria(summary.criteria)
    if any(tally.why_not for tally in summary.criteria.values()):
        yield _code(summary.criteria)
    if summary.failures:
        yield _failures(summary)
    yield Text(harmless("\n".join(_remarks(summary))))


def _scores(summary: Summary) -> Table:
    below = summary.raw.lowest < 0
    table = _table("Scores by policy")
    table.add_column("policy", overflow="fold", ratio=2)
    table.add_column("graded", justify="right", overflow="fold")
    table.add_column("mean", justify="right", overflow="fold")
    table.add_column("", no_wrap=True)
    table.add_column("lowest", justify="right", overflow="fold")
    table.add_column("highest", justify="right", overflow="fold")
    if below:
        table.add_column("mean of raw, clipped", justify="right", overflow="fold")
    rows = [(name, mean, summary.raw_by_policy[name]) for name, mean in summary.by_policy.items()]
    for policy, mean, raw in sorted(rows, key=_by_mean):
        table.add_row(cell(policy), *_mean_cells(mean), *[_clipped(raw)] * below)
    if len(summary.by_policy) > 1:
        table.add_section()
        table.add_row("all", *_mean_cells(summary.score), *[_clipped(summary.raw)] * below)
    return table


def _clipped(raw: Mean) -> str:
    return "-" if raw.clipped is None else f"{raw.clipped:.3f}"


def _by_mean(entry: tuple[str, Mean, Mean]) -> float:
    return -(entry[1].mean or 0.0)


def _mean_cells(mean: Mean) -> tuple[RenderableType, ...]:
    if mean.mean is None:
        return ("0", "-", "", "-", "-")
    bar = ProgressBar(1.0, mean.mean, _BAR, complete_style="cyan", finished_style="cyan")
    return (
        f"{mean.count:,}",
        f"{mean.mean:.3f}",
        bar,
        f"{mean.lowest:.2f}",
        f"{mean.highest:.2f}",
    )


def _criteria(criteria: dict[str, CriterionTally]) -> Table:
    table = _table("Criteria")
    table.add_column("criterion", overflow="fold", ratio=2)
    table.add_column("mean value", justify="right", overflow="fold")
    table.add_column("answers", overflow="fold", ratio=3)
    table.add_column("skipped", justify="right", overflow="fold")
    table.add_column("failed", justify="right", overflow="fold")
    table.add_column("label mass", justify="right", overflow="fold")
    for name, tally in criteria.items():
        answers = ", ".join(f"{n:,} {label}" for label, n in tally.answers.most_common())
        mass = tally.label_mass.mean
        table.add_row(
            cell(name),
            "-" if tally.value.mean is None else f"{tally.value.mean:.3f}",
            cell(answers or "-"),
            f"{tally.skipped.total():,}",
            f"{tally.failed.total():,}",
            "-" if mass is None else f"{mass:.2f}",
        )
    return table


def _code(criteria: dict[str, CriterionTally]) -> Table:
    table = _table("Checks that ran code: what kept it from passing")
    table.add_column("criterion", overflow="fold", ratio=2)
    table.add_column("passed", justify="right", overflow="fold")
    table.add_column("most frequent reasons", overflow="fold", ratio=5)
    for name, tally in criteria.items():
        if not tally.why_not:
            continue
        share = tally.answers["yes"] / tally.answers.total()
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in tally.why_not.most_common(5))
        table.add_row(cell(name), f"{share:.0%}", reasons)
    return table


def _failures(summary: Summary) -> Table:
    table = _table("Failures: no score, never a zero")
    table.add_column("criterion", overflow="fold", ratio=2)
    table.add_column("stage", overflow="fold")
    table.add_column("how many", justify="right", overflow="fold")
    table.add_column("message", overflow="fold", ratio=4)
    for (criterion, stage, message), count in summary.failures.most_common(20):
        table.add_row(cell(criterion), stage, f"{count:,}", cell(message))
    return table


def _remarks(summary: Summary) -> Iterator[str]:
    graded = summary.samples - summary.missing
    line = f"{graded:,} of {count_of(summary.samples, 'sample')} graded"
    if summary.failed:
        line += f", {summary.failed:,} of them without a score because something failed"
    yield line + "."
    for kind, reasons in _by_kind(summary.reasons).items():
        yield f"{sum(reasons.values()):,} {_MEANING[kind]}{_named(reasons)}."
    if summary.with_reasoning:
        taken = count_of(summary.with_reasoning, "completion")
        yield f"The policy's reasoning was taken out of {taken}."
    if summary.quotes:
        missed = f"{summary.quotes_missed:,} of {count_of(summary.quotes, 'quotation')}"
        yield f"The judge's evidence: {missed} not found in the completion."
    if summary.truncated:
        cut = count_of(summary.truncated, "completion")
        yield f"{cut} had been cut off by the length limit."


_MEANING = {
    "prescreen": "scored 0 before any question: ",
    "gate": "scored 0 because of a gate that was not met: ",
    "nothing_applies": "without a score because no criterion applies",
}


def _by_kind(reasons: Counter[str]) -> dict[str, dict[str, int]]:
    """`{"gate:a": 2, "gate:b": 1}` as `{"gate": {"a": 2, "b": 1}}`, the most frequent first."""
    kinds: dict[str, dict[str, int]] = {}
    for reason, count in reasons.most_common():
        kind, _, name = reason.partition(":")
        kinds.setdefault(kind, {})[name] = count
    return kinds


def _named(reasons: dict[str, int]) -> str:
    """Which they are, with how many of each where there are several."""
    if len(reasons) == 1:
        return next(iter(reasons))
    return ", ".join(f"{count:,} {name}" for name, count in reasons.items())


def _score(score: float | None) -> Text:
    return Text("none", style="red") if score is None else Text(f"{score:.2f}")


def _table(title: str) -> Table:
    return Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
