"""The samples and criteria that every client of the overhead benchmark grades.

Plain values only: it is also imported where rlaif is not installed.
"""

from __future__ import annotations

import random

CRITERIA = (
    "Does the completion answer the question that was asked?",
    "Is every fact that the completion states right?",
    "Does the completion keep to a polite and even tone?",
    "Does the completion say what it is not sure of?",
    "Does the completion come to an end of its own?",
)
WEIGHTS = (3, 3, 1, 1, 2)
_WORDS = (
    "the",
    "river",
    "bank",
    "city",
    "water",
    "stone",
    "old",
    "was",
    "built",
    "years",
    "people",
)


def work(samples: int) -> list[tuple[str, str]]:
    """Prompts and completions of about 200 words, all of them different."""
    draw = random.Random(0)  # noqa: S311 - no secret
    return [
        (f"Tell me about place number {n}.", " ".join(draw.choices(_WORDS, k=200)) + f" {n}.")
        for n in range(samples)
    ]
