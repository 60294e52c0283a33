"""The card of curated texts: how they were chosen, and how good that choice is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rlaif.records.curate import EMBEDDINGS, Curated, CurateRules
from rlaif.training.card import Graded, Origin
from rlaif.training.curate.words import (
    FIGURES,
    figure_of,
    interval_told,
    kept_lines,
    learning_lines,
    told,
    verdict,
)

_ROOTED = re.compile(rf"(?:(?<=^{EMBEDDINGS})|(?<![\w.:/-]))[/~](?:[^\s/]*/)+")
"""A folder of somebody's machine, in front of the name that stands in it."""


@dataclass(frozen=True, slots=True)
class Making:
    """What was written, from what and when."""

    file: str
    """Its name, without the way to it."""
    texts: str
    """The name of what the texts were read from."""
    date: str
    version: str
    """Of rlaif."""
    model: str = ""
    """Of the hidden states, where they are the features."""


def card_text(origin: Origin, making: Making, rules: CurateRules, curated: Curated) -> str:
    """The card, in Markdown."""
    parts = (
        _head(making, curated),
        _sources(origin, making),
        _rule(rules),
        ("## The classifier", "", *(f"- {line}" for line in learning_lines(curated))),
        _figures(curated),
        ("## What was kept", "", *(f"- {line}" for line in kept_lines(curated))),
        _columns(),
    )
    return "\n".join(line for part in parts for line in (*part, ""))


def _head(making: Making, curated: Curated) -> Iterator[str]:
    yield "# Curated texts"
    yield ""
    yield (
        f"{curated.kept:,} rows in {_code(making.file)}, made on {making.date} by rlaif "
        f"{making.version} from {_code(making.texts)}: a sample of the texts was graded, and a "
        "classifier that learned from the grades chose among all."
    )


def _sources(origin: Origin, making: Making) -> Iterator[str]:
    yield "## What judged them"
    yield ""
    yield from _table(("", "name", "version", "hash", "model as it was found"))
    for what, one in (("rubric", origin.rubric), ("judge", origin.judge)):
        if one is not None:
            yield _graded(what, one)
    if making.model:
        yield _row(("hidden states", _code(making.model), "", "", ""))
    yield ""
    yield f"The grades are in the run {_code(origin.run)}, under {_code(origin.under)}."


def _graded(what: str, one: Graded) -> str:
    return _row((what, _code(one.name), one.version, _code(one.hash), _code(one.served)))


def _rule(rules: CurateRules) -> Iterator[str]:
    yield "## The rule"
    yield ""
    yield from _table(("option", "value"))
    for name, value in rules.model_dump().items():
        if isinstance(value, bool):
            value = "yes" if value else "no"
        yield _row((_code(name), "not set" if value is None else _code(str(value))))


def _figures(curated: Curated) -> Iterator[str]:
    figures = curated.learning.figures
    yield "## On held-out grades"
    yield ""
    yield (
        f"{figures.texts:,} graded texts that the classifier has not seen, {figures.good:,} of "
        f"them good, {figures.kept:,} kept: {verdict(figures)}."
    )
    yield ""
    yield from _table(("figure", "", "value", "95% interval"))
    for name, meaning in FIGURES.items():
        figure = figure_of(figures, name)
        yield _row((_code(name), meaning, told(figure.value), interval_told(figure)))
    yield ""
    yield (
        "They say how well the classifier follows the judge, and not how right the judge is. The "
        "intervals are by bootstrap over groups of texts that are nearly the same."
    )


def _columns() -> Iterator[str]:
    yield "## Columns"
    yield ""
    yield (
        "The rows are as they came, with `curate_probability` (that the judge calls the text good) "
        "and `curate_score` (of the judge, null where the text was not graded)."
    )


def _table(names: Sequence[str]) -> Iterator[str]:
    yield _row(names)
    yield _row(["---"] * len(names))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    """A name of others: no mark-up, in one line of a table, and no folder of a machine."""
    plain = " ".join(_ROOTED.sub("", text).split()).replace("`", "'").replace("|", "\\|")
    return f"`{plain}`" if plain else ""
