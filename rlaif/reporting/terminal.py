"""A run on a terminal: what it is of, the scores, the criteria, the failures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.reporting.summary import CriterionTally, Mean, Summary

_BAR = 12


def summary_view(summary: Summary) -> RenderableType:
    """The statistics of a run, one table under another."""
    return Group(*_sections(summary))


def grades_view(grades: Iterable[Grade], title: str) -> RenderableType:
    """A line a sample: its score, and what cost it points."""
    table = _table(title)
    table.add_column("sample", overflow="fold", ratio=3)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("what decided", overflow="fold", ratio=6)
    for grade in grades:
        table.add_row(Text(grade.sample_id), _score(grade.score), Text(why(grade)))
    return table


def why(grade: Grade) -> str:
    """In a few words, what a score is made of."""
    if grade.reason.startswith("prescreen:"):
        return f"not worth judging: {grade.reason.partition(':')[2]}"
    told = [_told(answered) for answered in grade.outcomes]
    text = ", ".join(part for part in told if part)
    if grade.reason.startswith("gate:"):
        return f"gate '{grade.reason.partition(':')[2]}' not met: {text}"
    return "nothing applies" if grade.reason == "nothing_applies" else text


def _told(answered: Answered) -> str:
    outcome = answered.outcome
    if isinstance(outcome, Failure):
        return f"{answered.criterion} FAILED ({outcome.stage}: {outcome.message})"
    if isinstance(outcome, Skipped):
        return "" if outcome.reason == "gate" else f"{answered.criterion} n/a"
    return f"{answered.criterion} {answered.answer}{_sure(outcome, answered.probability)}"


def _sure(verdict: Verdict, probability: float | None) -> str:
    if probability is None or verdict.label_mass is None:
        return ""
    return f" {probability:.2f}"


def _sections(summary: Summary) -> Iterator[RenderableType]:
    yield _scores(summary)
    yield _criteria(summary.criteria)
    if summary.failures:
        yield _failures(summary)
    yield Text("\n".join(_remarks(summary)))


def _scores(summary: Summary) -> Table:
    table = _table("Scores by policy")
    table.add_column("policy", overflow="fold", ratio=2)
    table.add_column("graded", justify="right")
    table.add_column("mean", justify="right")
    table.add_column("", no_wrap=True)
    table.add_column("lowest", justify="right")
    table.add_column("highest", justify="right")
    for policy, mean in sorted(summary.by_policy.items(), key=_by_mean):
        table.add_row(Text(policy), *_mean_cells(mean))
    if len(summary.by_policy) > 1:
        table.add_section()
        table.add_row("all", *_mean_cells(summary.score))
    return table


def _by_mean(entry: tuple[str, Mean]) -> float:
    return -(entry[1].mean or 0.0)


def _mean_cells(mean: Mean) -> tuple[str, ...]:
    if mean.mean is None:
        return ("0", "-", "", "-", "-")
    bar = "█" * round(mean.mean * _BAR)
    return (
        f"{mean.count:,}",
        f"{mean.mean:.3f}",
        bar.ljust(_BAR, "·"),
        f"{mean.lowest:.2f}",
        f"{mean.highest:.2f}",
    )


def _criteria(criteria: dict[str, CriterionTally]) -> Table:
    table = _table("Criteria")
    table.add_column("criterion", overflow="fold", ratio=2)
    table.add_column("mean value", justify="right")
    table.add_column("answers", overflow="fold", ratio=3)
    table.add_column("skipped", justify="right")
    table.add_column("failed", justify="right")
    table.add_column("label mass", justify="right")
    for name, tally in criteria.items():
        answers = ", ".join(f"{n:,} {label}" for label, n in tally.answers.most_common())
        mass = tally.label_mass.mean
        table.add_row(
            Text(name),
            "-" if tally.value.mean is None else f"{tally.value.mean:.3f}",
            Text(answers or "-"),
            f"{tally.skipped.total():,}",
            f"{tally.failed.total():,}",
            "-" if mass is None else f"{mass:.2f}",
        )
    return table


def _failures(summary: Summary) -> Table:
    table = _table("Failures: no score, never a zero")
    table.add_column("criterion", overflow="fold", ratio=2)
    table.add_column("stage")
    table.add_column("how many", justify="right")
    table.add_column("message", overflow="fold", ratio=4)
    for (criterion, stage, message), count in summary.failures.most_common(20):
        table.add_row(Text(criterion), stage, f"{count:,}", Text(message))
    return table


def _remarks(summary: Summary) -> Iterator[str]:
    graded = summary.samples - summary.missing
    line = f"{graded:,} of {summary.samples:,} samples graded"
    if summary.failed:
        line += f", {summary.failed:,} of them without a score because something failed"
    yield line + "."
    for reason, count in summary.reasons.most_common(8):
        kind, _, name = reason.partition(":")
        yield {
            "prescreen": f"{count:,} scored 0 before any question: {name}.",
            "gate": f"{count:,} scored 0 because the gate '{name}' was not met.",
        }.get(kind, f"{count:,} have no score because no criterion applies.")
    if summary.with_reasoning:
        yield f"The policy's reasoning was taken out of {summary.with_reasoning:,} completions."
    if summary.truncated:
        yield f"{summary.truncated:,} completions had been cut off by their length limit."


def _score(score: float | None) -> Text:
    return Text("none", style="red") if score is None else Text(f"{score:.2f}")


def _table(title: str) -> Table:
    return Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
