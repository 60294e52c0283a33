"""Rows of a run of comparisons: its pairs whose preference is decided.

The preferences fit in memory, as everywhere; of each pair that may be a row a few numbers do too.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from rlaif.errors import InputError
from rlaif.records.pair import SIDES, Pair
from rlaif.records.preference import Preference
from rlaif.records.row_rules import PairRules, Reason
from rlaif.records.sample import Sample, prompt_digest
from rlaif.runs.rows import Count, group_name
from rlaif.storage.pair_folder import PairFolder
from rlaif.training.chat_rows import Shape, shape_of
from rlaif.training.groups import Candidate
from rlaif.training.pairs import TopShare, forbidden_pair, one_policy
from rlaif.training.reward_rows import Side, preference_row

_NEED_SCORES = ("mean_minus_2sd", "per_criterion_gap")


class ComparedRows:
    """The rows of a run of comparisons. Make one with `compared_rows`."""

    def __init__(self, run: PairFolder, rules: PairRules) -> None:
        """Look at all pairs once: which are kept, and which form holds them all."""
        self._run, self._rules = run, rules
        self.count = Count()
        self.shape = Shape(chat=False)
        self._groups: dict[tuple[str | None, str], list[tuple[float, int]]] = defaultdict(list)
        """By group id and prompt: one group id may stand over several prompts."""
        for place, (pair, preference) in enumerate(run.compared_pairs()):
            self.count.candidates += 1
            self._look_at(place, pair, preference)
        self.count.prompts = len(self._groups)
        self._kept = self._top_share(self._widest())
        self._drop("outside_share")
        self.count.tally.prompts = sum(
            any(place in self._kept for _, place in found) for found in self._groups.values()
        )

    def _look_at(self, place: int, pair: Pair, preference: Preference | None) -> None:
        first, second = (pair.sample(side) for side in SIDES)
        found = self._groups[first.group_id, prompt_digest(first)]
        reason = _why_not(preference) or _forbidden(first, second, preference, self._rules)
        if not first.prompt:
            reason = "promptless"
        if reason:
            self.count.dropped[reason] += 1
            return
        found.append((_margin(preference), place))
        shape = shape_of(first, second)
        self.shape = Shape(
            chat=self.shape.chat or shape.chat,
            tools=self.shape.tools or shape.tools,
            reasoning=self.shape.reasoning or shape.reasoning,
        )

    def _widest(self) -> dict[int, float]:
        """Of each prompt the `max_per_prompt` widest, by place, with their margins."""
        kept: dict[int, float] = {}
        for found in self._groups.values():
            ordered = sorted(found, key=lambda one: (-one[0], one[1]))
            most = self._rules.max_per_prompt or len(ordered)
            kept.update((place, margin) for margin, place in ordered[:most])
            if beyond := len(ordered[most:]):
                self.count.dropped["not_in_top"] += beyond
        return kept

    def _top_share(self, widest: dict[int, float]) -> set[int]:
        if self._rules.kept_share >= 1:
            return set(widest)
        top = TopShare(array("d", widest.values()), self._rules.kept_share)
        return {place for place in sorted(widest) if top.keeps(widest[place])}

    def _drop(self, reason: Reason) -> None:
        """Count what is left over."""
        left = self.count.candidates - sum(self.count.dropped.values()) - len(self._kept)
        if left:
            self.count.dropped[reason] += left

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows, in the order of the run."""
        for place, (pair, preference) in enumerate(self._run.compared_pairs()):
            if place in self._kept and preference is not None:
                yield self._row(pair, preference)

    def _row(self, pair: Pair, preference: Preference) -> dict[str, Any]:
        samples = {side: pair.sample(side) for side in SIDES}
        margin = _margin(preference)
        best, worst = SIDES if preference.answer == "a" else reversed(SIDES)
        chosen, rejected = samples[best], samples[worst]
        tally, lengths = self.count.tally, (_length(chosen), _length(rejected))
        tally.pair(*lengths, margin, one_policy(chosen.policy, rejected.policy))
        for name, sample, length in zip(
            ("chosen", "rejected"), (chosen, rejected), lengths, strict=True
        ):
            tally.side(name, sample.policy, length)
        return preference_row(
            Side(chosen, f"{pair.pair_id}:{best}", None),
            Side(rejected, f"{pair.pair_id}:{worst}", None),
            margin,
            group_name(chosen),
            self.shape,
            self._rules.rows,
        )


def compared_rows(run: PairFolder, rules: PairRules) -> ComparedRows:
    """The rows of a run of comparisons.

    A pair's margin is how surely one side is preferred, in (0, 1].
    Raises: InputError for a strategy that chooses among scores; RunError.
    """
    if rules.strategy in _NEED_SCORES:
        raise InputError(
            f"--strategy {rules.strategy} chooses among completions by their scores, and a run of "
            "comparisons has its pairs already\n  hint: leave --strategy out"
        )
    return ComparedRows(run, rules)


def _why_not(preference: Preference | None) -> Reason | None:
    """Why nothing is decided; None where it is."""
    if preference is None:
        return "not_compared"
    if preference.status == "failed":
        return "failed"
    if preference.answer is None:
        return "nothing_applies"
    return "tie" if preference.answer == "tie" else None


def _margin(preference: Preference | None) -> float:
    return abs(preference.margin or 0.0) if preference else 0.0


def _forbidden(
    first: Sample, second: Sample, preference: Preference | None, rules: PairRules
) -> Reason | None:
    one, other = (
        Candidate("", None, _length(side), hash(side.completion), side.policy)
        for side in (first, second)
    )
    return forbidden_pair(one, other, _margin(preference), rules)


def _length(sample: Sample) -> int:
    """Characters of the policy's own turns."""
    said = sample.completion
    if isinstance(said, str):
        return len(said)
    return sum(len(turn.content) for turn in said if turn.role == "assistant")
