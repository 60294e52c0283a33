"""The card of a file of rows: from what, by whom and by which rule they were made, in Markdown."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rlaif.records.row_rules import RowsMade
from rlaif.training.row_words import left_out, number_of
from rlaif.training.tally import Tally

_POLICIES = 50
"""Most policies that are listed of one side."""
_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_ROOTED = re.compile(
    r"(?<![\w.:/-])(?:(?:file|local):/+(?:[^\s/]*/)*|\.\.?/(?:[^\s/]*/)*|[/~](?:[^\s/]*/)+)",
    re.IGNORECASE,
)
"""A folder of somebody's machine, in front of the name that stands in it."""


@dataclass(frozen=True, slots=True)
class Graded:
    """The rubric or the judge that rows stand on."""

    name: str
    version: str
    hash: str
    served: str = ""
    """Of a judge: its model as it was found."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from."""

    run: str
    """The name of the run folder, without the way to it."""
    under: str
    """The fingerprint that the run's grades are under."""
    rubric: Graded | None
    judge: Graded | None
    compared: bool = False
    """A run of comparisons, not of grades."""


@dataclass(frozen=True, slots=True)
class Making:
    """What was written, how and when."""

    title: str
    """Such as `Preference pairs`."""
    tags: Sequence[str]
    """For the hub."""
    rules: Mapping[str, object]
    """Of the command, by name."""
    columns: Sequence[str]
    file: str
    """Its name, without the way to it."""
    date: str
    version: str
    """Of rlaif."""


def card_text(origin: Origin, making: Making, made: RowsMade, tally: Tally) -> str:
    """The card of a file."""
    parts = (
        _head(origin, making, made),
        _sources(origin),
        _rule(making),
        _counts(origin, made, tally),
        _figures(tally),
        _policies(tally),
        _columns(making),
    )
    return "\n".join(line for part in parts for line in (*part, ""))


def hub_head(making: Making, rows: int, data: str) -> str:
    """The YAML that stands before a card in a dataset's folder; `data` is the file of its rows."""
    size = next((i for i, most in enumerate(_SIZES) if rows < most), len(_SIZES))
    names = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M")
    lines = [
        "---",
        f"pretty_name: {json.dumps(making.title)}",
        "tags:",
        *(f"- {tag}" for tag in making.tags),
        "size_categories:",
        f"- {names[size]}",
        "configs:",
        "- config_name: default",
        "  data_files:",
        "  - split: train",
        f"    path: {json.dumps(data)}",
        "---",
        "",
        "",
    ]
    return "\n".join(lines)


def _head(origin: Origin, making: Making, made: RowsMade) -> Iterator[str]:
    yield f"# {making.title}"
    yield ""
    of = "comparisons" if origin.compared else "grades"
    yield (
        f"{number_of(made.kept, 'row')} in {_code(making.file)}, made on {making.date} by rlaif "
        f"{making.version} from the run of {of} {_code(origin.run)}."
    )


def _sources(origin: Origin) -> Iterator[str]:
    yield "## What judged them"
    yield ""
    yield from _table(("", "name", "version", "hash", "model as it was found"))
    for what, one in (("rubric", origin.rubric), ("judge", origin.judge)):
        if one is not None:
            yield _row(
                (what, _code(one.name), one.version, _code(one.hash), _code(one.served) or "")
            )
    yield ""
    yield f"Fingerprint of all that the grades depend on: {_code(origin.under)}."


def _rule(making: Making) -> Iterator[str]:
    yield "## The rule"
    yield ""
    yield from _table(("option", "value"))
    for name, value in making.rules.items():
        yield _row((_code(name), "not set" if value is None else _code(_told(value))))


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _counts(origin: Origin, made: RowsMade, tally: Tally) -> Iterator[str]:
    noun = "pair" if origin.compared else "sample"
    yield "## What was kept"
    yield ""
    prompts = number_of(made.prompts, "prompt")
    yield f"- {number_of(made.kept, 'row')}, of {tally.prompts:,} of {prompts}."
    yield f"- The run has {number_of(made.candidates, noun)}."
    yield from (f"- {line}" for line in left_out(made, noun))
    yield from (f"- {note}" for note in made.notes)


def _figures(tally: Tally) -> Iterator[str]:
    yield "## Figures"
    yield ""
    yield from _table(("", "mean", "standard deviation", "least", "most"))
    for name, spread in tally.spreads.items():
        figures = (spread.mean, spread.deviation, spread.low, spread.high)
        told = [f"{figure:,.4g}" if name in _SCORES else f"{figure:,.1f}" for figure in figures]
        yield _row((name, *told))
    yield ""
    yield "Lengths are in characters of the policy's own turns."
    if "margin" in tally.spreads:
        yield ""
        yield f"{_length_bias(tally)} {_on_policy(tally)}"


_SCORES = ("margin", "score", "score_chosen", "score_rejected")


def _length_bias(tally: Tally) -> str:
    told = f"The chosen completion is the longer one in {tally.chosen_longer or 0:.1%} of the pairs"
    return f"{told}, and as long as the other in {tally.as_long / tally.rows:.1%}."


def _on_policy(tally: Tally) -> str:
    same, other, unknown = (tally.on_policy[key] for key in (True, False, None))
    return (
        f"Both completions are of one policy in {same:,} pairs, of two in {other:,}, and not known "
        f"to be in {unknown:,}."
    )


def _policies(tally: Tally) -> Iterator[str]:
    yield "## Policies"
    yield ""
    yield from _table(("side", "policy", "rows"))
    for side, counted in tally.policies.items():
        yield from _side(side, counted)


def _side(side: str, counted: Counter[str | None]) -> Iterator[str]:
    ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0] or ""))
    for policy, count in ordered[:_POLICIES]:
        yield _row((side, "not stated" if policy is None else _code(policy), f"{count:,}"))
    if rest := ordered[_POLICIES:]:
        yield _row((side, f"{len(rest):,} others", f"{sum(count for _, count in rest):,}"))


def _columns(making: Making) -> Iterator[str]:
    yield "## Columns"
    yield ""
    yield ", ".join(_code(name) for name in making.columns)


def _table(names: Sequence[str]) -> Iterator[str]:
    yield _row(names)
    yield _row(["---"] * len(names))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    """A name of others: no folder of a machine, no mark-up, in one line of a table."""
    plain = _ROOTED.sub("", text)
    plain = "".join(" " if ord(sign) < 0x20 or ord(sign) == 0x7F else sign for sign in plain)
    plain = plain.replace("`", "'").replace("|", "\\|")
    return f"`{plain}`" if plain.strip() else ""
