"""The card of rows made of corrections: from whom, under what, by which rule, in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rlaif.training.corrections.settling import Settled

_MOST = 50
"""Most names that are listed of one kind."""


@dataclass(slots=True)
class Count:
    """What has come by so far."""

    samples: int = 0
    """Corrected samples of this part."""
    rows: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """By the reason in words: samples, or answers, that gave no row."""
    disputed: int = 0
    """Answers dropped because people disagree without a majority."""
    outdated: int = 0
    """Answers dropped because their question was worded otherwise."""
    labels: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows by criterion and label, where there are any."""
    longest: int = 0
    """Tokens of the longest row; 0 where rows are text."""
    sources: dict[str, Counter[str]] = field(default_factory=dict)
    """Rows by annotator, policy, rubric and judge."""

    def sample(self, one: Settled) -> None:
        """One sample of this part."""
        self.samples += 1
        self.disputed += len(one.disputed)
        self.outdated += len(one.outdated)

    def row(self, row: Mapping[str, object]) -> None:
        """One row, by where it comes from."""
        self.rows += 1
        for name in ("annotator", "policy", "rubric", "judge"):
            self.sources.setdefault(name, Counter())[str(row[name] or "")] += 1


@dataclass(frozen=True, slots=True)
class Making:
    """What was written, how and when."""

    title: str
    tags: Sequence[str]
    rules: Mapping[str, object]
    columns: Sequence[str]
    file: str
    """Its name, without the way to it."""
    source: str
    """That of the corrections."""
    part: str
    """Which part of the corrections it is, in words; empty for all."""
    date: str
    version: str


def corrections_card(making: Making, count: Count) -> str:
    """The card of one file."""
    parts = (_head(making, count), _rule(making), _counts(count), _labels(count), _from(count))
    lines = [line for part in parts for line in part]
    columns = ", ".join(_code(name) for name in making.columns)
    return "\n".join([*lines, "## Columns", "", columns, ""])


def _head(making: Making, count: Count) -> Iterator[str]:
    yield f"# {making.title}"
    yield ""
    rows = _number(count.rows, "row")
    yield (
        f"{rows} in {_code(making.file)}, made on {making.date} by rlaif {making.version} from the "
        f"corrections in {_code(making.source)}."
    )
    if making.part:
        yield ""
        yield making.part
    yield ""


def _rule(making: Making) -> Iterator[str]:
    yield "## The rule"
    yield ""
    yield "| option | value |"
    yield "| --- | --- |"
    for name, value in making.rules.items():
        shown = "not set" if value is None or value == "" else _code(_told(value))
        yield f"| {_code(name)} | {shown} |"
    yield ""


def _counts(count: Count) -> Iterator[str]:
    yield "## What was kept"
    yield ""
    yield f"- {_number(count.rows, 'row')} of {_number(count.samples, 'corrected sample')}."
    yield from (f"- {line}" for line in left_out(count))
    if count.longest:
        yield f"- The longest row has {count.longest:,} tokens."
    yield ""


def left_out(count: Count) -> Iterator[str]:
    """A phrase for each reason why something is in no row, the most frequent first."""
    for words, number in sorted(count.dropped.items(), key=lambda one: (-one[1], one[0])):
        yield f"left out {number:,} {words}"
    if count.disputed:
        answers = _number(count.disputed, "criterion answer")
        yield f"left out {answers} on which annotators disagree without a majority"
    if count.outdated:
        answers = _number(count.outdated, "criterion answer")
        yield f"left out {answers} to a question that was worded otherwise"


def _labels(count: Count) -> Iterator[str]:
    if not count.labels:
        return
    yield "## Labels"
    yield ""
    yield "| criterion | label | rows |"
    yield "| --- | --- | --- |"
    for (criterion, label), rows in sorted(count.labels.items()):
        yield f"| {_code(criterion)} | {_code(label)} | {rows:,} |"
    yield ""


def _from(count: Count) -> Iterator[str]:
    yield "## Where they come from"
    yield ""
    yield "| | name | rows |"
    yield "| --- | --- | --- |"
    for what, counted in count.sources.items():
        ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
        for name, rows in ordered[:_MOST]:
            yield f"| {what} | {_code(name) or 'not stated'} | {rows:,} |"
        if rest := ordered[_MOST:]:
            yield f"| {what} | {len(rest):,} others | {sum(n for _, n in rest):,} |"
    yield ""


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _code(text: str) -> str:
    """A name of others in one line of a table, without mark-up."""
    plain = "".join(" " if ord(sign) < 0x20 or ord(sign) == 0x7F else sign for sign in text)
    plain = plain.replace("`", "'").replace("|", "\\|").strip()
    return f"`{plain}`" if plain else ""
