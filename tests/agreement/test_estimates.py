"""The true pass rate from many verdicts and few labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlaif.agreement.estimates import labels_for, mean_score, pass_rate
from rlaif.agreement.estimates_clusters import variance_of_mean
from rlaif.agreement.estimates_draw import draw_check
from rlaif.agreement.estimates_judge import chance, lang_reiczigel
from rlaif.agreement.estimates_ppi import ppi
from rlaif.agreement.estimates_share import effective, share, wilson

Columns = tuple[Any, Any, Any, Any, Any]


def fixed() -> Columns:
    """4,400 answers by a rule, every 11th labelled; no two of one prompt."""
    i = np.arange(4400)
    human = ((i * 37) % 101 < 45) * 1.0
    judge = np.where(i % 7 == 3, 1 - human, human)
    ours = i % 11 == 0
    return judge[~ours], i[~ours], judge[ours], human[ours], i[ours]


def drawn(labels: int, others: int, hits: float = 0.9, alarms: float = 0.15, each: int = 1) -> Any:
    """Columns as drawn: 40% yes, a judge with these rates, `each` samples a prompt."""
    rng = np.random.default_rng(11)
    clusters = np.arange(labels + others) // each
    human = (rng.random(len(clusters)) < 0.4) * 1.0
    judge = (rng.random(len(clusters)) < np.where(human == 1, hits, alarms)) * 1.0
    ours = np.zeros(len(clusters), bool)
    ours[rng.choice(len(clusters), labels, replace=False)] = True
    return judge[~ours], clusters[~ours], judge[ours], human[ours], clusters[ours]


@pytest.mark.parametrize(
    ("tuning", "value", "low", "high"),
    [
        (0.0, 0.45, 0.40124651, 0.49875349),
        (1.0, 0.44825, 0.40817968, 0.48832032),
        (None, 0.44886777, 0.41311681, 0.48461872),
    ],
)
def test_ppi_is_what_the_authors_own_package_gives(
    tuning: float | None, value: float, low: float, high: float
) -> None:
    # ppi-python 0.2.3, ppi_mean_pointestimate and ppi_mean_ci(alpha=0.05), on the same columns;
    # its interval is the normal one, ours is for few labels too
    found = ppi(*fixed(), tuning=tuning)
    assert found.value == pytest.approx(value, abs=1e-6)
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-4)


def test_no_weight_of_the_judge_is_the_mean_of_the_labels() -> None:
    columns = drawn(100, 1000)
    found = ppi(*columns, tuning=0)
    assert found.value == columns[3].mean()
    n = 100
    classical = columns[3].var(ddof=1) / n
    assert found.error**2 == pytest.approx(classical, rel=0.05)


def test_a_perfect_judge_gives_the_precision_of_all_samples() -> None:
    columns = drawn(400, 3600, hits=1.0, alarms=0.0)
    found = ppi(*columns)
    values = np.concatenate([columns[0], columns[2]])
    assert found.tuning == pytest.approx(0.9, abs=0.01)  # 1 / (1 + n / N)
    assert found.value == pytest.approx(values.mean(), abs=2e-3)
    assert found.error**2 == pytest.approx(values.var() / len(values), rel=0.3)


def test_a_judge_that_knows_nothing_gets_next_to_no_weight() -> None:
    found = ppi(*drawn(2000, 4000, hits=0.5, alarms=0.5))
    assert found.tuning < 0.05


def test_the_variance_is_summed_over_prompts_that_have_labels_and_others() -> None:
    columns = drawn(200, 800, each=4)
    w, others, theirs, people, ours = 0.7, *(columns[k] for k in (1, 2, 3, 4))
    sums = np.zeros(250)
    np.add.at(sums, ours, (people - w * theirs - (people - w * theirs).mean()) / 200)
    np.add.at(sums, others, w * (columns[0] - columns[0].mean()) / 800)
    found = ppi(*columns, tuning=w)
    assert found.error**2 == pytest.approx(float(np.sum(sums**2)), rel=0.06)


def test_whole_prompts_of_like_answers_widen_every_interval() -> None:
    judged, others, judge, human, ours = drawn(200, 1000)
    many = pass_rate("c", *(np.repeat(x, 4) for x in (judged, others, judge, human, ours)))
    once = pass_rate("c", judged, others, judge, human, ours)
    for one, other in (
        (many.labelled, once.labelled),
        (many.judged, once.judged),
        (many.ppi, once.ppi),
        (many.rogan_gladen, once.rogan_gladen),
    ):
        assert one.value == pytest.approx(other.value, abs=1e-9)
        assert one.low is not None
        assert one.high is not None
        assert other.low is not None
        assert other.high is not None
        assert one.high - one.low == pytest.approx(other.high - other.low, rel=0.05)


def test_the_interval_of_lang_and_reiczigel() -> None:
    # worked by hand: 1 / 2 added to both rates, z ** 2 = 4 to the share, z = 2
    p, n = (20 + 2) / (100 + 4), 104
    se, sp = 46 / 52, 91 / 102
    true = (p + sp - 1) / (se + sp - 1)
    a, b = se * (1 - se) / 52, sp * (1 - sp) / 102
    error = (p * (1 - p) / n + true**2 * a + (1 - true) ** 2 * b) ** 0.5 / (se + sp - 1)
    middle = true + 8 * (true * a - (1 - true) * b)
    found = lang_reiczigel((0.2, 100), (45 / 50, 50), (90 / 100, 100), 2.0)
    assert found == pytest.approx((max(0, middle - 2 * error), middle + 2 * error), abs=1e-12)


def test_rogan_and_gladen_undo_the_rates_of_the_judge() -> None:
    found = pass_rate("c", *drawn(2000, 20_000))
    assert found.judged.value == pytest.approx(0.4 * 0.9 + 0.6 * 0.15, abs=0.01)
    assert found.rogan_gladen.value == pytest.approx(0.4, abs=0.03)
    assert found.ppi.value == pytest.approx(0.4, abs=0.02)
    assert found.verdicts == 22_000
    assert found.labels == 2000


@pytest.mark.parametrize(
    ("yes", "of", "low", "high"), [(0, 10, 0, 0.2775), (5, 50, 0.0435, 0.2136)]
)
def test_wilson_is_as_published(yes: int, of: int, low: float, high: float) -> None:
    assert wilson(yes / of, of, 1.959964) == pytest.approx((low, high), abs=1e-4)


def test_the_effective_size_of_copies_is_that_of_the_originals() -> None:
    values = np.repeat([1.0, 0.0, 1.0, 1.0, 0.0] * 10, 3)
    assert effective(values, np.repeat(np.arange(50), 3)) == pytest.approx(49, abs=0.1)
    assert effective(values, np.arange(150)) == 150


def test_answers_that_are_all_alike_count_once_a_prompt() -> None:
    assert effective(np.ones(40), np.repeat(np.arange(10), 4)) == 10
    assert share(np.ones(40), np.repeat(np.arange(10), 4)).low == pytest.approx(0.66, abs=0.02)


def test_a_judge_that_is_no_better_than_chance_is_refused() -> None:
    found = pass_rate("c", *drawn(300, 2000, hits=0.5, alarms=0.5))
    assert found.ppi.value is None
    assert found.rogan_gladen.value is None
    assert found.refused == found.ppi.why
    assert "not told apart from chance: sensitivity + specificity - 1 is" in found.refused
    assert found.labelled.value is not None


def test_a_judge_that_is_worse_than_chance_is_refused_too() -> None:
    told = pass_rate("c", *drawn(300, 2000, hits=0.2, alarms=0.8)).refused
    assert told.startswith("the judge is surely worse than chance")
    assert told.endswith("more labels will not help")


def test_prompts_with_one_yes_and_one_no_each_leave_some_doubt() -> None:
    """Whole prompts do not differ at all: that is no certainty."""
    yes = np.tile([0.0, 1.0], 40)
    prompt = np.arange(80) // 2
    found = pass_rate("c", yes[40:], prompt[40:], yes[:40], yes[:40], prompt[:40])
    assert found.ppi.value == pytest.approx(0.5)
    assert found.ppi.low is not None
    assert 0.2 < found.ppi.low < 0.4


def test_yes_is_where_the_judge_says_so() -> None:
    judged, others, judge, human, ours = drawn(300, 2000)
    stated = judged * 0.2 + 0.1, others, judge * 0.2 + 0.1, human, ours
    none = pass_rate("c", *stated)
    found = pass_rate("c", *stated, judged_yes=judged == 1, labelled_judge_yes=judge == 1)
    assert (none.judged.value, bool(none.refused)) == (0, True)
    plain = pass_rate("c", judged, others, judge, human, ours)
    assert (found.judged, found.rogan_gladen) == (plain.judged, plain.rogan_gladen)


def test_few_labels_that_happen_to_agree_prove_no_judge() -> None:
    labels = np.array([1.0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    better = chance(labels, labels, np.arange(10))
    assert better is not None
    assert better.value == 1
    assert better.low <= 0


def test_labels_of_one_answer_alone_are_refused() -> None:
    judged, others, judge, human, ours = drawn(100, 500)
    found = pass_rate("c", judged, others, judge, np.ones_like(human), ours)
    assert "one answer alone" in found.refused


def test_too_few_labels_or_prompts_are_refused() -> None:
    judged, others, judge, human, ours = drawn(100, 500)
    few = pass_rate("c", judged, others, judge[:9], human[:9], ours[:9])
    assert few.refused == "too few labels: 9, and at least 10 are needed"
    same = pass_rate("c", judged, others, judge, human, ours % 4)
    assert "too few prompts: 4" in same.refused


def test_every_sample_labelled_is_the_labels_themselves() -> None:
    _, _, judge, human, ours = drawn(300, 100)
    found = pass_rate("c", [], [], judge, human, ours)
    assert found.ppi.value == found.labelled.value
    assert found.rogan_gladen.value is None
    assert "nothing to correct" in found.rogan_gladen.why
    assert found.halving is None


def test_labels_that_would_halve_the_interval_do() -> None:
    found = ppi(*drawn(100, 20_000))
    assert found.halving is not None
    more = ppi(*drawn(100 + found.halving, 20_000 - found.halving))
    assert more.error == pytest.approx(found.error / 2, rel=0.15)


def test_no_labels_can_halve_what_the_number_of_samples_limits() -> None:
    assert ppi(*drawn(200, 100)).halving is None
    assert ppi(*drawn(100, 300, hits=0.98, alarms=0.01)).halving is None


def test_labels_for_a_half_width_are_those_that_reach_it() -> None:
    columns = drawn(200, 20_000)
    found = ppi(*columns)
    assert labels_for((found.high - found.low) / 2, *columns) == pytest.approx(200, rel=0.05)
    assert labels_for(0.0005, *columns) is None
    with pytest.raises(ValueError, match="above 0"):
        labels_for(0, *columns)


def test_scores_have_a_mean_and_no_rogan_gladen() -> None:
    rng = np.random.default_rng(3)
    true = rng.beta(2, 3, 5000)
    judge = np.clip(true * 0.8 + 0.15 + rng.normal(0, 0.05, 5000), 0, 1)
    found = mean_score("", judge[300:], np.arange(300, 5000), judge[:300], true[:300], range(300))
    assert found.ppi.value == pytest.approx(true.mean(), abs=0.01)
    assert found.judged.value == pytest.approx(judge.mean())
    assert found.rogan_gladen.why == "the answers are scores, not yes or no"
    assert found.ppi.low is not None
    assert found.ppi.high is not None
    assert found.labelled.low is not None
    assert found.labelled.high is not None
    assert found.ppi.high - found.ppi.low < (found.labelled.high - found.labelled.low) / 2


def test_annotators_who_differ_count_as_a_share() -> None:
    judged, others, judge, human, ours = drawn(200, 1000)
    split = human.copy()
    split[:40] = 0.5
    found = pass_rate("c", judged, others, judge, split, ours)
    assert found.labelled.value == pytest.approx(split.mean())
    assert found.ppi.value is not None


def test_wrong_columns_are_refused() -> None:
    judged, others, judge, human, ours = drawn(50, 100)
    with pytest.raises(ValueError, match="equal length"):
        pass_rate("c", judged, others, judge, human[1:], ours)
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        pass_rate("c", judged, others, judge, human + 1, ours)
    with pytest.raises(ValueError, match="missing"):
        pass_rate("c", judged, others, judge, np.where(human == 1, np.nan, human), ours)


def test_labels_drawn_at_random_raise_no_warning() -> None:
    judged, others, judge, _, ours = drawn(300, 3000, each=5)
    found = draw_check(judged, others, judge, ours)
    assert found is not None
    assert not found.warning
    assert found.chance > 0.05


def test_labels_chosen_where_the_judge_is_unsure_are_told() -> None:
    values = np.random.default_rng(2).random(2000)
    order = np.argsort(np.abs(values - 0.5))
    found = draw_check(values[order[200:]], order[200:], values[order[:200]], order[:200])
    assert found is not None
    assert found.labelled == pytest.approx(found.unlabelled, abs=0.05)
    assert "the judge is less sure where there are labels" in found.warning


def test_labels_chosen_by_the_answer_are_told_with_both_means() -> None:
    judged, others, judge, _, ours = drawn(300, 3000)
    found = draw_check(judged, others, np.ones_like(judge), ours)
    assert found is not None
    assert "is 1.00 where there are labels and 0.4" in found.warning


def test_nothing_to_hold_labels_against_is_no_check() -> None:
    assert draw_check([], [], [1.0], [1]) is None


def test_the_variance_of_a_mean_is_the_ordinary_one_without_prompts() -> None:
    values = np.random.default_rng(1).random(50)
    assert variance_of_mean(values, np.arange(50)) == pytest.approx(values.var(ddof=1) / 50)
