"""The best completions of one prompt, as examples to imitate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rlaif.records.row_rules import Reason, SelectRules
from rlaif.training.groups import SAME, Candidate, known_score


def best_of(
    best_first: Sequence[Candidate], rules: SelectRules
) -> tuple[list[Candidate], Counter[Reason]]:
    """The `top_k` best that reach the threshold, from the best down; the others by reason.

    Equal scores go by the id. With `dedupe`, of equal completions the first in that order stands,
    and takes one place among the `top_k`.
    Args: those with a score, in the order of `usable`.
    """
    kept: list[Candidate] = []
    dropped: Counter[Reason] = Counter()
    texts: set[int] = set()
    for one in best_first:
        reason: Reason | None = None
        if known_score(one) < rules.threshold - SAME:
            reason = "below_threshold"
        elif rules.dedupe and one.text in texts:
            reason = "same_text"
        elif len(kept) >= rules.top_k:
            reason = "not_in_top"
        texts.add(one.text)
        if reason:
            dropped[reason] += 1
        else:
            kept.append(one)
    return kept, dropped
