"""Which completions of a prompt become a pair, and why the others do not."""

from __future__ import annotations

from array import array
from itertools import combinations
from statistics import fmean, pstdev
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlaif.records.row_rules import PairRules
from rlaif.training.groups import Candidate, known_score, usable
from rlaif.training.pairs import Chosen, TopShare, largest_gap, pairs_of

STRATEGIES = ("best_worst", "mean_minus_2sd", "margin", "per_criterion_gap")


def one(name: str, score: float | None, length: int = 10, **more: Any) -> Candidate:
    return Candidate(name, score, length, **{"text": crc32(name.encode()), **more})


def many(*scores: float, **more: Any) -> list[Candidate]:
    """Completions a, b, c... with these scores, the best first."""
    named = zip("abcdefghijklmnopqrstuvwxyz", scores, strict=False)
    return usable(one(name, score, **more) for name, score in named)[0]


def ids(pairs: list[Chosen]) -> list[str]:
    return [pair.chosen.sample_id + pair.rejected.sample_id for pair in pairs]


def chosen(group: list[Candidate], **rules: Any) -> list[str]:
    return ids(pairs_of(group, PairRules(**rules))[0])


def reason(group: list[Candidate], **rules: Any) -> Any:
    pairs, why = pairs_of(group, PairRules(**rules))
    assert not pairs
    return why


@st.composite
def groups(draw: st.DrawFn) -> list[Candidate]:
    """Up to nine completions, with ties, equal texts, unknown policies and failed grades."""
    scores = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5 + 1e-12, 0.75, 1.0])
    made = []
    for number in range(draw(st.integers(0, 9))):
        status = draw(st.sampled_from(["ok", "ok", "ok", "failed", None]))
        made.append(
            one(
                f"s{number}",
                draw(scores | st.none()) if status == "ok" else None,
                draw(st.integers(0, 30)),
                text=draw(st.integers(0, 6)),
                policy=draw(st.sampled_from([None, "p", "q"])),
                status=status,
                values=draw(st.dictionaries(st.sampled_from("xyz"), scores)),
            )
        )
    return made


rules_of_any_kind = st.builds(
    PairRules,
    strategy=st.sampled_from(STRATEGIES),
    min_margin=st.sampled_from([0.0, 0.2, 0.5]),
    max_per_prompt=st.none() | st.integers(1, 4),
    length_matched=st.none() | st.floats(1, 3),
    same_policy=st.booleans(),
)


@settings(max_examples=40)
@given(groups(), rules_of_any_kind)
def test_every_pair_keeps_every_rule(group: list[Candidate], rules: PairRules) -> None:
    found, _ = usable(group)
    pairs, _ = pairs_of(found, rules)
    assert rules.most is None or len(pairs) <= rules.most
    assert len({frozenset(ids([pair])) for pair in pairs}) == len(pairs)
    for pair in pairs:
        assert pair.chosen.status == pair.rejected.status == "ok"
        assert pair.margin > 1e-9
        assert pair.margin >= rules.min_margin - 1e-9
        assert pair.chosen.text != pair.rejected.text
        short, long = sorted((pair.chosen.length, pair.rejected.length))
        assert rules.length_matched is None or long <= short * rules.length_matched
        assert pair.on_policy is True or not rules.same_policy


@settings(max_examples=40)
@given(groups(), rules_of_any_kind)
def test_a_prompt_without_a_pair_has_one_reason_and_no_pair_was_possible(
    group: list[Candidate], rules: PairRules
) -> None:
    found, dropped = usable(group)
    assert len(found) + dropped.total() == len(group)
    pairs, why = pairs_of(found, rules)
    assert (why is None) == bool(pairs)
    if not pairs:
        loose = rules.model_copy(update={"strategy": "margin", "max_per_prompt": None})
        assert all(not pairs_of([*two], loose)[0] for two in combinations(found, 2))


@settings(max_examples=40)
@given(groups(), rules_of_any_kind, st.randoms())
def test_the_order_of_the_samples_does_not_matter(
    group: list[Candidate], rules: PairRules, random: Any
) -> None:
    mixed = [*group]
    random.shuffle(mixed)
    assert pairs_of(usable(mixed)[0], rules) == pairs_of(usable(group)[0], rules)


@settings(max_examples=40)
@given(groups())
def test_margin_makes_every_pair_that_is_no_tie_the_widest_first(group: list[Candidate]) -> None:
    found, _ = usable(group)
    pairs, _ = pairs_of(found, PairRules(strategy="margin"))
    apart = [
        two
        for two in combinations(found, 2)
        if known_score(two[0]) - known_score(two[1]) > 1e-9 and two[0].text != two[1].text
    ]
    assert len(pairs) == len(apart)
    margins = [pair.margin for pair in pairs]
    assert margins == sorted(margins, reverse=True)


def test_best_worst_takes_the_best_and_the_worst() -> None:
    assert chosen(many(0.2, 0.9, 0.5, 0.1)) == ["bd"]


def test_best_worst_goes_inwards_and_uses_no_completion_twice() -> None:
    assert chosen(many(0.2, 0.9, 0.5, 0.1), max_per_prompt=5) == ["bd", "ca"]


def test_best_worst_takes_the_widest_pair_that_the_rules_allow() -> None:
    group, _ = usable([one("a", 0.9, 100), one("b", 0.8, 12), one("c", 0.1, 10), one("d", 0.0, 1)])
    assert chosen(group, length_matched=1.2) == ["bc"]


def test_among_equal_scores_the_first_id_is_taken_on_both_sides() -> None:
    assert chosen(many(0.1, 0.9, 0.1, 0.9)) == ["ba"]


def test_mean_minus_2sd_rejects_the_one_nearest_to_it_and_not_the_worst() -> None:
    scores = [0.8] * 16 + [0.9, 0.5, 0.0]
    target = fmean(scores) - 2 * pstdev(scores)
    assert abs(0.5 - target) < abs(0.0 - target) < abs(0.8 - target)
    assert chosen(many(*scores), strategy="mean_minus_2sd") == ["qr"]
    assert chosen(many(*scores)) == ["qs"]


def test_of_few_completions_mean_minus_2sd_is_the_worst() -> None:
    assert chosen(many(0.9, 0.5, 0.1), strategy="mean_minus_2sd") == ["ac"]


def test_mean_minus_2sd_chooses_the_best_that_the_rules_let_be_chosen() -> None:
    group = [one("a", 0.9, policy="A"), one("b", 0.8, policy="B"), one("c", 0.1, policy="B")]
    assert chosen(group, same_policy=True, strategy="mean_minus_2sd") == ["bc"]
    assert chosen(group, same_policy=True) == ["bc"]


def test_the_largest_gap_on_one_criterion_decides_and_the_score_says_who_is_chosen() -> None:
    group, _ = usable(
        [
            one("a", 0.9, values={"x": 0.9, "y": 0.2}),
            one("b", 0.6, values={"x": 0.5, "y": 1.0}),
            one("c", 0.2, values={"x": 0.4}),
        ]
    )
    (pair,), _ = pairs_of(group, PairRules(strategy="per_criterion_gap"))
    assert ids([pair]) == ["ab"]
    assert pair.gap == pytest.approx(0.8)
    assert largest_gap(group[1], group[2]) == pytest.approx(0.1)
    assert largest_gap(one("v", 1.0), group[0]) == 0.0


@pytest.mark.parametrize(
    ("group", "rules", "why"),
    [
        ([], {}, "alone"),
        (many(0.5), {}, "alone"),
        (many(0.5, 0.5 + 1e-12), {}, "tie"),
        (many(0.5, 0.4), {"min_margin": 0.2}, "below_min_margin"),
        (many(0.9, 0.4, text=1), {}, "same_text"),
        (many(0.9, 0.4), {"same_policy": True}, "other_policy"),
        ([one("a", 0.9, 10), one("b", 0.1, 13)], {"length_matched": 1.2}, "lengths"),
    ],
)
def test_why_a_prompt_has_no_pair(group: list[Candidate], rules: Any, why: str) -> None:
    assert reason(group, **rules) == why


def test_a_margin_that_is_only_rounded_below_the_least_one_is_enough() -> None:
    assert chosen(many(0.3, 0.1), min_margin=0.2) == ["ab"]


def test_a_prompt_with_thousands_of_completions_is_quick() -> None:
    group, _ = usable(one(f"{n:05d}", n / 5000, n) for n in range(5000))
    assert chosen(group, max_per_prompt=3)[0] == "0499900000"
    assert reason(group, length_matched=1.0) == "lengths"
    assert reason(group, length_matched=1.0, strategy="mean_minus_2sd") == "lengths"


@settings(max_examples=40)
@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), max_size=30), st.floats(0.01, 1))
def test_the_top_share_is_the_largest_gaps_and_just_so_many(
    gaps: list[float], share: float
) -> None:
    top = TopShare(array("d", gaps), share)
    kept = [gap for gap in gaps if top.keeps(gap)]
    assert share * len(gaps) - 1e-6 <= len(kept) < share * len(gaps) + 1
    assert sorted(kept) == sorted(gaps)[len(gaps) - len(kept) :]
