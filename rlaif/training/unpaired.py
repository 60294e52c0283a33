"""Completions that are good or bad, each by itself, as KTO learns from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rlaif.records.row_rules import Reason, UnpairedRules
from rlaif.training.groups import SAME, Candidate, known_score


def labelled(
    best_first: Sequence[Candidate], rules: UnpairedRules
) -> tuple[list[tuple[Candidate, bool]], Counter[Reason]]:
    """Each completion from `good_from` on with True, up to `bad_to` with False; others by reason.

    What lies between is left out: there the judge is not sure enough to call it either.
    Args: those with a score, in the order of `usable`.
    """
    kept: list[tuple[Candidate, bool]] = []
    dropped: Counter[Reason] = Counter()
    for one in best_first:
        score = known_score(one)
        if score >= rules.good_from - SAME:
            kept.append((one, True))
        elif score <= rules.bad_to + SAME:
            kept.append((one, False))
        else:
            dropped["dead_band"] += 1
    return kept, dropped
