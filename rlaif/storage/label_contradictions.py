"""One person who answers the same question twice, and not alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rlaif.errors import Problem
from rlaif.storage.labels import PairLabel, SampleLabels
from rlaif.storage.problems import Problems

Reading = Callable[[SampleLabels, str], object]
"""What a row says to a criterion, so that a label and a value that mean the same are equal."""


def contradictions(
    rows: Sequence[SampleLabels], reading: Reading | None = None
) -> Iterator[Problem]:
    """Where one annotator answers the same question about the same text twice, and not alike.

    Args: `reading`; without one, what is written is compared, and values are apart from labels.
    """
    seen: dict[tuple[object, ...], tuple[object, SampleLabels]] = {}
    for row in rows:
        for name, written in (*row.answers.items(), *row.values.items()):
            said = reading(row, name) if reading else written
            kind = not reading and name in row.values
            key = row.sample_id, row.sample_hash, row.annotator, name, row.settled, kind
            known, first = seen.setdefault(key, (said, row))
            if known != said:
                told = f"'{name}' of sample '{_short(row.sample_id)}' is answered otherwise at"
                yield _contradiction(row, first, told)


def preference_contradictions(rows: Sequence[PairLabel]) -> Iterator[Problem]:
    """The same of pairs."""
    seen: dict[tuple[str, str], PairLabel] = {}
    for row in rows:
        first = seen.setdefault((row.pair_id, row.annotator), row)
        if first.human != row.human:
            told = f"pair '{_short(row.pair_id)}' is answered otherwise at"
            yield _contradiction(row, first, told)


def refuse(problems: Iterator[Problem]) -> None:
    """Raise FileProblems where there are any; the first ones in full."""
    found = Problems()
    found.add(problems)
    found.refuse()


def _contradiction(
    row: SampleLabels | PairLabel, first: SampleLabels | PairLabel, told: str
) -> Problem:
    who = f" by '{_short(row.annotator)}'" if row.annotator else ""
    hint = "keep the line that holds" + ("" if who else "; of two people, name each as `annotator`")
    return Problem(row.path, row.line, 1, f"{told} {first.path}:{first.line}{who}", hint)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
