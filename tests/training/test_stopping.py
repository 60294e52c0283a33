"""When a loop stops by itself, and when it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlaif.records.criterion import Checked, Section
from rlaif.records.loop_figures import Measured, RoundFigures, Stop
from rlaif.records.loop_rules import DepartRules, EvaluationRules, StopRules, TextLimits
from rlaif.training import bootstrap
from rlaif.training.bootstrap import surely_rose
from rlaif.training.departure import ALARMS, departure, sure
from rlaif.training.stopping import best_round, fall, most_risen, stop_of, weights_of
from tests.training.histories import PROMPTS, history, texts, without

RULES = StopRules()


@pytest.fixture(scope="module", autouse=True)
def few_draws() -> Iterator[None]:
    """Tens of thousands of draws a comparison take seconds; Student's interval decides here."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bootstrap, "_MOST_DRAWS", bootstrap._DRAWS)
        yield


def first_stop(rounds: Sequence[RoundFigures], rules: StopRules = RULES) -> Stop | None:
    """As the loop asks: after every round."""
    for end in range(1, len(rounds) + 1):
        if stop := stop_of(rounds[:end], rules):
            return stop
    return None


def stopped(how_many: int, **made: object) -> list[Stop | None]:
    return [first_stop(history(seed=seed, **made)) for seed in range(how_many)]  # type: ignore[arg-type] # the keywords of one function


def test_honest_improvement_goes_on_in_at_least_95_of_100_loops() -> None:
    ends = stopped(
        40,
        training=(0.4, 0.5, 0.58, 0.62, 0.65),
        panel={"other": (0.45, 0.5, 0.55, 0.58, 0.6), "checks": (0.7, 0.7, 0.71, 0.71, 0.7)},
        texts=[texts(), texts(24), texts(26), texts(27), texts(30)],
    )
    assert sum(end is not None for end in ends) <= 2


def test_a_policy_that_stays_as_it_is_goes_on_in_at_least_95_of_100_loops() -> None:
    same = (0.5,) * 5
    ends = stopped(40, training=same, panel={"other": same, "checks": same})
    assert sum(end is not None for end in ends) <= 2


@pytest.mark.parametrize("prompts", [5, 10, 24])
def test_a_policy_that_never_changes_is_rarely_stopped_however_few_the_prompts(
    prompts: int,
) -> None:
    random = Random(prompts)  # noqa: S311 - made-up numbers
    loops, stops = 40, 0
    for _ in range(loops):
        rounds: list[RoundFigures] = []
        easy = [random.random() for _ in range(prompts)]
        for place in range(11):
            scores = {str(n): random.gauss(mean, 0.15) for n, mean in enumerate(easy)}
            measured = Measured(name="training", scores=scores)
            rounds.append(RoundFigures(round=place, model="m", training=measured))
            if fall(rounds, RULES):
                stops += 1
                break
    assert stops <= 0.05 * loops + 3  # two standard errors


def test_all_comparisons_of_a_loop_of_any_length_share_the_same_alarms() -> None:
    tails = [r * (1 - sure(r)) / 2 for r in range(1, 1000)]
    assert sum(tails) == pytest.approx(ALARMS, rel=0.01)
    assert 2 * (1 - sure(3, members=2)) == pytest.approx(1 - sure(3))


def test_a_hacked_reward_is_stopped_and_named_in_at_least_95_of_100_loops() -> None:
    ends = stopped(
        20,
        training=(0.4, 0.5, 0.7, 0.9, 0.95),
        panel={"other": (0.45, 0.5, 0.35, 0.2, 0.1), "checks": (0.7, 0.7, 0.7, 0.7, 0.7)},
    )
    named = [end for end in ends if end and end.name == "panel-departed" and end.hacking]
    assert len(named) >= 19
    assert all(end.members == ("other",) for end in named)
    assert all(end.round in (2, 3) for end in named)


def test_a_score_that_falls_is_stopped_at_the_round_that_fell() -> None:
    ends = stopped(20, training=(0.4, 0.6, 0.65, 0.4, 0.3))
    named = [end for end in ends if end and end.name == "held-out-fell"]
    assert len(named) >= 19
    assert sum(end.round == 3 for end in named) >= 18
    assert not any(end.hacking for end in named)


def test_the_panel_is_held_against_the_round_that_it_scored_highest() -> None:
    rounds = history((0.3, 0.5, 0.7), {"other": (0.4, 0.7, 0.45)}, noise=0.02)
    stop = departure(rounds, RULES)
    assert stop is not None
    assert (stop.name, stop.round, stop.against) == ("panel-departed", 2, 1)


def test_a_panel_that_falls_with_the_training_score_has_not_departed() -> None:
    rounds = history((0.6, 0.3), {"other": (0.6, 0.3)}, noise=0.02)
    assert departure(rounds, RULES) is None
    stop = stop_of(rounds, RULES)
    assert stop is not None
    assert stop.name == "held-out-fell"


def test_a_member_may_fall_as_far_as_the_file_says() -> None:
    rounds = history((0.3, 0.6), {"other": (0.6, 0.5)}, noise=0.02)
    assert departure(rounds, RULES) is not None
    lenient = StopRules(depart=DepartRules(fall=0.2))
    assert departure(rounds, lenient) is None


def test_a_score_may_fall_as_far_as_the_file_says() -> None:
    rounds = history((0.6, 0.5), noise=0.02)
    assert fall(rounds, RULES) is not None
    assert fall(rounds, StopRules(evaluation=EvaluationRules(fall=0.2))) is None


def test_texts_out_of_their_band_stop_only_where_nobody_follows() -> None:
    band = [texts(), texts(repetition=0.6)]
    alone = departure(history((0.3, 0.6), {"other": (0.5, 0.5)}, band, noise=0.02, seed=1), RULES)
    assert alone is not None
    assert alone.name == "panel-did-not-follow"
    assert alone.statistics == ("repeated runs of four words: 5% -> 60%",)
    followed = history((0.3, 0.6), {"other": (0.5, 0.8)}, band, noise=0.02)
    assert departure(followed, RULES) is None


def test_texts_out_of_their_band_alone_are_no_finding() -> None:
    band = [texts(), texts(repetition=0.9)]
    assert departure(history((0.5, 0.5), {"other": (0.5, 0.5)}, band), RULES) is None


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (texts(length=41), "words a completion: 20.0 -> 41.0"),
        (texts(length=9), "words a completion: 20.0 -> 9.0"),
        (texts(distinct=0.4), "different completions of one prompt: 90% -> 40%"),
        (texts(opening=0.7), "completions that begin with 'well ,': 10% -> 70%"),
    ],
)
def test_every_statistic_has_its_band(after: object, said: str) -> None:
    rounds = history((0.3, 0.7), texts=[texts(), after], noise=0.02)  # type: ignore[list-item] # figures
    stop = departure(rounds, RULES)
    assert stop is not None
    assert stop.statistics == (said,)
    wide = TextLimits(length=3, repetition=1, distinct=1, opening=1)
    assert departure(rounds, StopRules(text=wide)) is None


def test_patience_waits_for_so_many_rounds_in_a_row() -> None:
    rounds = history((0.6, 0.3, 0.3, 0.3), noise=0.02)
    patient = StopRules(evaluation=EvaluationRules(patience=2))
    stop = first_stop(rounds, patient)
    assert stop is not None
    assert stop.round == 3
    once = history((0.6, 0.3, 0.7), noise=0.02)
    assert first_stop(once, patient) is None


def test_few_prompts_prove_nothing() -> None:
    def of(place: int, mean: float) -> RoundFigures:
        scores = dict.fromkeys("abcd", mean)
        return RoundFigures(
            round=place, model="m", training=Measured(name="training", scores=scores)
        )

    assert stop_of([of(0, 0.9), of(1, 0.1)], RULES) is None


def test_a_round_whose_grades_all_failed_proves_nothing() -> None:
    rounds = history((0.6, 0.5), {"other": (0.5, 0.5)}, noise=0.02)
    lost = rounds[1].model_copy(update={"training": Measured(name="training", scores={})})
    assert stop_of([rounds[0], lost], RULES) is None
    assert best_round([rounds[0], lost]).round == 0


NAMES = [f"p{n:02}" for n in range(PROMPTS)]


def test_a_round_that_lost_most_of_its_grades_is_never_the_best_one() -> None:
    rounds = history((0.6, 0.9, 0.1), noise=0.02)
    rounds[1] = without(rounds[1], NAMES[2:])
    stop = stop_of(rounds, RULES)
    assert stop is not None
    assert (stop.name, stop.against) == ("held-out-fell", 0)
    assert best_round(rounds).round == 0
    late = [without(rounds[0], NAMES[2:]), *history((0.5, 0.1), noise=0.02)]
    assert best_round([one.model_copy(update={"round": n}) for n, one in enumerate(late)]).round


def test_a_panel_that_lost_most_of_a_round_is_held_against_another() -> None:
    rounds = history((0.2, 0.3, 0.9), {"other": (0.8, 0.9, 0.2)}, noise=0.02)
    rounds[1] = without(rounds[1], NAMES[2:], "other")
    stop = stop_of(rounds, RULES)
    assert stop is not None
    assert (stop.name, stop.against) == ("panel-departed", 0)


def test_a_round_without_its_hard_prompts_is_no_better_for_it() -> None:
    def of(place: int, scores: dict[str, float]) -> RoundFigures:
        measured = Measured(name="training", scores=scores)
        return RoundFigures(round=place, model="m", training=measured)

    hard = {name: 0.0 if name in NAMES[:4] else 0.8 for name in NAMES}
    first = of(0, hard)
    second = without(of(1, {name: score - 0.05 for name, score in hard.items()}), NAMES[:4])
    assert (second.training.mean or 0) > (first.training.mean or 0)
    assert best_round([first, second]).round == 0


def test_the_training_score_has_to_rise_on_the_prompts_that_the_panel_graded() -> None:
    first, last = history((0.5, 0.5), {"other": (0.8, 0.3)}, noise=0.01)
    lost = NAMES[:4]
    risen = {
        name: score + 1 if name in lost else first.training.scores[name]
        for name, score in first.training.scores.items()
    }
    last = last.model_copy(update={"training": Measured(name="training", scores=risen)})
    assert surely_rose(last.training.scores, first.training.scores)
    assert departure([first, last], RULES) is not None
    assert departure([first, without(last, lost, "other")], RULES) is None


def test_a_member_at_its_ceiling_cannot_follow_and_says_nothing() -> None:
    band = [texts(), texts(length=60)]
    full = {"checks": (1.0, 1.0)}
    assert departure(history((0.3, 0.7), full, band, noise=0), RULES) is None
    stop = departure(history((0.3, 0.7), full | {"other": (0.5, 0.5)}, band, noise=0), RULES)
    assert stop is not None
    assert (stop.name, stop.members) == ("panel-did-not-follow", ("other",))
    left = departure(history((0.3, 0.7), {"checks": (1.0, 0.9)}, band, noise=0.01), RULES)
    assert left is not None
    assert left.hacking


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=4), st.integers(0, 5))
def test_a_stop_always_names_an_earlier_round_and_is_always_the_same(
    means: list[float], seed: int
) -> None:
    rounds = history(means, {"other": means[::-1]}, seed=seed)
    stop = stop_of(rounds, RULES)
    assert stop == stop_of(rounds, RULES)
    assert stop is None or 0 <= stop.against < stop.round == len(means) - 1


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.1, 0.9), min_size=2, max_size=4))
def test_a_score_that_never_falls_on_any_prompt_is_never_a_fall(means: list[float]) -> None:
    rounds = history(sorted(means), noise=0)
    assert fall(rounds, RULES) is None


def test_the_criterion_that_rose_the_most_is_weighed() -> None:
    then, now = history((0.5, 0.5))
    before = {"small": 0.1, "large": 0.1, "fault": 0.9}
    after = {"small": 0.6, "large": 0.4, "fault": 0.1, "new": 1.0}
    then = then.model_copy(update={"training": Measured(name="t", scores={}, criteria=before)})
    now = now.model_copy(update={"training": Measured(name="t", scores={}, criteria=after)})
    assert most_risen(now, then, {"small": 1, "large": 3, "fault": -1}) == "large"
    assert most_risen(now, then, {"small": 1, "large": 3, "fault": -2}) == "fault"
    assert (
        most_risen(now, now.model_copy(update={"training": Measured(name="t", scores={})}), {})
        == ""
    )


def test_a_criterion_in_a_section_has_its_share_of_the_sections_points() -> None:
    def check(name: str, weight: float) -> Checked:
        return Checked.model_validate(
            {"id": name, "check": "contains", "text": "a", "weight": weight}
        )

    deep = Section(section="deep", weight=3, criteria=(check("good", 2), check("bad", -1)))
    faults = Section(section="faults", weight=2, criteria=(check("a", -1), check("b", -3)))
    outer = Section(section="outer", weight=4, criteria=(check("c", 5), deep))
    assert weights_of([check("alone", 2), outer, faults]) == pytest.approx(
        {"alone": 2, "c": 2.5, "good": 1.5, "bad": -0.75, "a": -0.5, "b": -1.5}
    )
