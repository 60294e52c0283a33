"""What the classifier sees of a text: hashed n-grams with plain statistics, or hidden states.

Needs scikit-learn; only the adapter `classifier` imports it.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.preprocessing import StandardScaler

from rlaif.training.text_statistics import repetition, words

SEEN = 4000
"""Characters of a text that n-grams are made of: its first ones. Its length counts as a whole."""

_COLUMNS = 2**17
_BOUND = 4.0
"""Standard deviations, beyond which a statistic counts no more."""

Embed = Callable[[Sequence[str]], Any]
"""Texts to an array [texts, size] of float32."""


class Features(Protocol):
    """Texts as rows of numbers."""

    def fitted(self, texts: Sequence[str]) -> Any:
        """The rows of the texts, from which the scales are taken."""

    def of(self, texts: Sequence[str]) -> Any:
        """The rows of other texts, in the same scales."""


class Hashed:
    """Words, pairs of words and pieces of words by their hashes, without a vocabulary."""

    def __init__(self) -> None:
        """Nothing is fitted yet."""
        plain: dict[str, Any] = {"n_features": _COLUMNS, "alternate_sign": False, "norm": None}
        self._words = HashingVectorizer(analyzer=_words_and_pairs, **plain)
        self._pieces = HashingVectorizer(analyzer="char_wb", ngram_range=(4, 4), **plain)
        self._weights = [TfidfTransformer(sublinear_tf=True) for _ in range(2)]
        self._scale = StandardScaler()

    def fitted(self, texts: Sequence[str]) -> Any:
        """The rows of the texts, from which rarity and scales are taken."""
        seen = self._seen(texts)
        for weight, counts in zip(self._weights, seen.counts, strict=True):
            weight.fit(counts)
        self._scale.fit(seen.statistics)
        return self._rows(seen)

    def of(self, texts: Sequence[str]) -> Any:
        """The rows of other texts."""
        return self._rows(self._seen(texts))

    def _seen(self, texts: Sequence[str]) -> _Seen:
        cut = [text[:SEEN] for text in texts]
        said = [words(text) for text in cut]
        return _Seen(
            (self._words.transform(said), self._pieces.transform(cut)),
            np.array([statistics(*both) for both in zip(texts, said, strict=True)], dtype=float),
        )

    def _rows(self, seen: _Seen) -> Any:
        both = zip(self._weights, seen.counts, strict=True)
        found = [weight.transform(counts) for weight, counts in both]
        scaled = np.clip(self._scale.transform(seen.statistics), -_BOUND, _BOUND)
        # as long as a row of n-grams is, and no longer: they share one regularisation
        return hstack([*found, csr_matrix(scaled / math.sqrt(scaled.shape[1]))], format="csr")


@dataclass(frozen=True, slots=True)
class _Seen:
    """Texts before anything is scaled."""

    counts: tuple[Any, Any]
    """Of words and pairs of them, and of pieces: sparse, [texts, columns]."""
    statistics: Any


def _words_and_pairs(said: Sequence[str]) -> list[str]:
    return [*said, *(f"{one} {other}" for one, other in pairwise(said))]


class Embedded:
    """Hidden states of a model, each column in its own scale."""

    def __init__(self, embed: Embed) -> None:
        """Take what makes hidden states of texts."""
        self._embed, self._scale = embed, StandardScaler()

    def fitted(self, texts: Sequence[str]) -> Any:
        """The rows of the texts, from which the scales are taken."""
        return self._sized(self._scale.fit_transform(self._embed(texts)))

    def of(self, texts: Sequence[str]) -> Any:
        """The rows of other texts."""
        return self._sized(self._scale.transform(self._embed(texts)))

    def _sized(self, rows: Any) -> Any:
        return np.clip(rows, -_BOUND, _BOUND) / math.sqrt(rows.shape[1])


_ENDS = tuple(".!?\u3002\uff01\uff1f\u061f\u0964\"')]}`>")


def statistics(text: str, said: Sequence[str]) -> tuple[float, ...]:
    """Plain numbers of one text: how long, of which signs, how it repeats itself, how it ends.

    Args: `said`, the words of what is seen of it.
    """
    seen = text[:SEEN]
    lines = [line for line in seen.splitlines() if line.strip()]
    signs = max(len(seen), 1)
    return (
        math.log1p(len(text)),
        sum(map(len, said)) / max(len(said), 1),
        len(set(said)) / max(len(said), 1),
        repetition(said),
        sum(map(str.isalpha, seen)) / signs,
        sum(map(str.isdigit, seen)) / signs,
        sum(map(str.isupper, seen)) / signs,
        sum(sign in string.punctuation for sign in seen) / signs,
        math.log1p(len(lines)),
        len(seen) / max(len(lines), 1) / SEEN,
        len(set(lines)) / max(len(lines), 1),
        float(text.rstrip().endswith(_ENDS)),
    )
