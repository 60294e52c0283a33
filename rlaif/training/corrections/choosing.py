"""Which corrected samples teach a judge best: wrong ones first, balanced, short and unlike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

_WORD = re.compile(r"\w+")
_SKETCH = 64
_STEPS = 5


@dataclass(frozen=True, slots=True)
class Choosable:
    """A sample as the choice sees it: no texts."""

    place: int
    """Where its texts are found again."""
    prompt: str
    """A hash of its prompt."""
    text: str
    """A hash of prompt, completion and reference."""
    length: int
    """Characters of prompt and completion together."""
    words: frozenset[int]
    """Of its prompt and completion; see `words_of`."""
    labels: Mapping[str, str | None]
    """What people answered, by criterion."""
    wrong: frozenset[str]
    """Criteria that the judge got wrong."""


def words_of(text: str) -> frozenset[int]:
    """The words of a text as at most 64 hashes: the smallest, so that two sets can be compared.

    The share that two such sketches have in common estimates the share of common words (Broder
    1997, min-wise sketches).
    """
    found = {word.lower() for word in _WORD.findall(text)}
    hashes = (blake2b(word.encode(), digest_size=8).digest() for word in found)
    return frozenset(sorted(int.from_bytes(one, "big") for one in hashes)[:_SKETCH])


def once(candidates: Iterable[Choosable]) -> list[Choosable]:
    """Of those with one text the first, without the labels that another one contradicts."""
    found: dict[str, Choosable] = {}
    against: dict[str, set[str]] = {}
    for one in candidates:
        first = found.setdefault(one.text, one)
        told = {
            name for name, label in one.labels.items() if first.labels.get(name, label) != label
        }
        against.setdefault(one.text, set()).update(told)
    left = (_without(one, against[text]) for text, one in found.items())
    return [one for one in left if one.labels]


def _without(one: Choosable, names: set[str]) -> Choosable:
    labels = {name: label for name, label in one.labels.items() if name not in names}
    return replace(one, labels=labels, wrong=one.wrong - names)


def chosen(
    candidates: Sequence[Choosable], criteria: Iterable[str], per_criterion: int, longest: int
) -> list[Choosable]:
    """Candidates so that each criterion has up to `per_criterion`, in the order of their places.

    Criterion by criterion, the label is next that has the fewest so far. Of its candidates those
    come first that the judge got wrong, then those of a prompt not chosen yet, then those least
    like the chosen ones (in fifths of common words), then the shortest. One sample serves every
    criterion that it is labelled for.

    Args: `longest`, characters of prompt and completion that a candidate has at most.
    """
    short = [one for one in candidates if one.length <= longest]
    picked: dict[int, Choosable] = {}
    for criterion in criteria:
        waiting = [one for one in short if criterion in one.labels and one.place not in picked]
        had = [one for one in picked.values() if criterion in one.labels]
        for one in _next(waiting, had, list(picked.values()), criterion, per_criterion):
            picked[one.place] = one
    return [picked[place] for place in sorted(picked)]


def _next(
    waiting: list[Choosable],
    had: list[Choosable],
    picked: list[Choosable],
    criterion: str,
    wanted: int,
) -> Iterable[Choosable]:
    counts = Counter(one.labels[criterion] for one in had)
    while waiting and counts.total() < wanted:
        open_labels = {one.labels[criterion] for one in waiting}
        label = min(open_labels, key=lambda name: (counts[name], name is None, name or ""))
        of_label = [one for one in waiting if one.labels[criterion] == label]
        best = min(of_label, key=lambda one: _worth(one, criterion, picked))
        waiting.remove(best)
        picked.append(best)
        counts[label] += 1
        yield best


def _worth(one: Choosable, criterion: str, picked: Sequence[Choosable]) -> tuple[object, ...]:
    """Less is better."""
    near = max((_alike(one.words, other.words) for other in picked), default=0.0)
    known = any(other.prompt == one.prompt for other in picked)
    return criterion not in one.wrong, known, int(near * _STEPS), one.length, one.place


def _alike(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of common words, in [0, 1]."""
    both = one | other
    return len(one & other) / len(both) if both else 1.0


def most_of_each(counts: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """How many rows of each label a criterion may have: as many as its rarest label has.

    Args: rows by criterion and label.
    """
    most: dict[str, int] = {}
    for (criterion, _), count in counts.items():
        most[criterion] = min(count, most.get(criterion, count))
    return most
