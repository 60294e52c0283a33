"""Whether a judge likes long completions."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy")
scipy_stats = pytest.importorskip("scipy.stats")

from rlaif.agreement.length import (  # noqa: E402 - after what may be absent
    Lengths,
    length_correlation,
)
from rlaif.records.agreement import Figure  # noqa: E402 - after what may be absent


def columns(seed: int, liking: float, rows: int = 300) -> Lengths:
    random = np.random.default_rng(seed)
    human = random.integers(0, 3, rows) / 2
    length = random.integers(1, 60, rows) + 20 * human
    judge = human + liking * length / 60 + random.normal(0, 0.3, rows)
    return Lengths(np.arange(rows) // 3, np.round(judge, 1), human, length)


def by_hand(one: Lengths) -> float:
    """Ranks with what the person's rank tells taken out, correlated."""
    judge, length, human = (scipy_stats.rankdata(x) for x in (one.judge, one.length, one.human))
    known = np.column_stack([np.ones(len(human)), human])
    rest = [x - known @ np.linalg.lstsq(known, x)[0] for x in (judge, length)]
    return float(np.corrcoef(*rest)[0, 1])


def found(one: Lengths, **how: Any) -> Figure:
    return length_correlation([one], len(np.unique(one.cluster)), 200, **{"seed": 0, **how})


@pytest.mark.parametrize("liking", [-1.0, 0.0, 0.5])
def test_it_is_the_partial_correlation_of_ranks(liking: float) -> None:
    one = columns(4, liking)
    assert found(one).value == pytest.approx(by_hand(one))


def test_long_completions_that_people_like_are_no_liking_of_length() -> None:
    one = columns(1, 0.0)
    plain = scipy_stats.spearmanr(one.judge, one.length).statistic
    partial = found(one)
    assert plain > 0.15
    assert partial.low is not None
    assert partial.high is not None
    assert partial.low < 0 < partial.high


def test_a_judge_that_likes_them_is_found() -> None:
    low = found(columns(2, 0.6)).low
    assert low is not None
    assert low > 0.2


def test_the_error_is_that_of_ranks_drawn_anew() -> None:
    one = columns(3, 0.3, rows=90)._replace(cluster=np.arange(90))
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(200):
        at = random.integers(0, 90, 90)
        drawn.append(np.arctanh(by_hand(Lengths(*(column[at] for column in one)))))
    told = found(one)
    assert told.low is not None
    assert told.high is not None
    width = np.arctanh(told.high) - np.arctanh(told.low)
    assert width / 2 / scipy_stats.t.ppf(0.975, 89) == pytest.approx(np.std(drawn), rel=0.2)


def test_where_people_always_say_the_same_it_is_the_plain_correlation() -> None:
    one = columns(5, 0.4)._replace(human=np.ones(300))
    assert found(one).value == pytest.approx(scipy_stats.spearmanr(one.judge, one.length).statistic)


@pytest.mark.parametrize(
    ("same", "why"),
    [
        ({"length": np.full(300, 80)}, "all completions are equally long"),
        ({"judge": np.full(300, 0.7)}, "the judge always says the same"),
    ],
)
def test_what_does_not_vary_has_no_correlation(same: dict[str, Any], why: str) -> None:
    assert found(columns(6, 0.0)._replace(**same)) == Figure(None, why=why)


def test_a_judge_that_repeats_people_leaves_nothing_to_length() -> None:
    one = columns(7, 0.0)
    told = found(one._replace(judge=one.human))
    assert told.value is None
    assert "those of people" in told.why


def test_several_criteria_have_the_mean_of_theirs() -> None:
    one, other = columns(8, 0.8), columns(9, -0.8)
    told = length_correlation([one, other], 100, 200, 0)
    mean = np.tanh((np.arctanh(by_hand(one)) + np.arctanh(by_hand(other))) / 2)
    assert told.value == pytest.approx(mean)


def test_a_handful_of_answers_is_too_few() -> None:
    few = Lengths(*(column[:4] for column in columns(0, 0.5)))
    assert found(few) == Figure(None, why="too few answers")
