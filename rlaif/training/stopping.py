"""When a loop stops by itself: its held-out score fell, or its panel parted from the judge.

held-out-fell: with T the mean training score on held-out prompts and b the earlier round with the
highest one, the interval of T_r - T_b, paired by prompt, lies below -fall as a whole:
    high(T_r - T_b) < -fall
at the level 1 - 2 * 0.05 / (r * r * (r + 1)), so that a policy that stays as good as it was is
stopped in at most about 5% of loops, although the best of several rounds owes something to luck.

A rule with patience k stops when it holds for k + 1 rounds in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rlaif.records.criterion import Item, Section
from rlaif.records.loop_figures import RoundFigures, Stop
from rlaif.records.loop_rules import StopRules
from rlaif.training.bootstrap import surely_fell
from rlaif.training.departure import departure, sure
from rlaif.training.shared_prompts import best_place

Rule = Callable[[Sequence[RoundFigures], StopRules], Stop | None]


def stop_of(history: Sequence[RoundFigures], rules: StopRules) -> Stop | None:
    """Why the loop ends with the last round of `history`; None where it goes on.

    The panel is heard first: a hacked reward is worth knowing even where the score fell too.
    """
    return _patient(history, departure, rules, rules.depart.patience) or _patient(
        history, fall, rules, rules.evaluation.patience
    )


def fall(history: Sequence[RoundFigures], rules: StopRules) -> Stop | None:
    """Whether the held-out score of the last round fell below the best one before it."""
    if len(history) < 2:
        return None
    now, best = history[-1], best_round(history[:-1])
    level = sure(len(history) - 1)
    now_scores, best_scores = now.training.scores, best.training.scores
    if not surely_fell(now_scores, best_scores, rules.evaluation.fall, rules.seed, level):
        return None
    return Stop(name="held-out-fell", round=now.round, against=best.round)


def best_round(history: Sequence[RoundFigures]) -> RoundFigures:
    """The round with the highest held-out score, over shared prompts; the first of several."""
    return history[best_place([one.training.scores for one in history])]


def _patient(
    history: Sequence[RoundFigures], rule: Rule, rules: StopRules, patience: int
) -> Stop | None:
    found = rule(history, rules)
    earlier = [history[: len(history) - back] for back in range(1, patience + 1)]
    return found if found and all(rule(one, rules) for one in earlier) else None


def most_risen(now: RoundFigures, then: RoundFigures, weights: dict[str, float]) -> str:
    """The criterion of the training rubric that added the most to the score since `then`.

    That is the one with the largest weight x (mean now - mean then); empty where there is none.
    Args: `weights` by criterion, as of `weights_of`; one without a weight counts 1.
    """
    gains = {
        name: weights.get(name, 1.0) * (mean - then.training.criteria[name])
        for name, mean in now.training.criteria.items()
        if name in then.training.criteria
    }
    return max(sorted(gains), key=lambda name: gains[name]) if gains else ""


def weights_of(items: Sequence[Item]) -> dict[str, float]:
    """What a whole step of each criterion adds, in points of the outermost level, by its name.

    In a section that is: the section's own points x weight / sum of the section's positive weights
    (of all of them, unsigned, where all are faults). Rules of a section other than the weighted
    mean, `saturates_at` and `cap` are left out.
    """
    found: dict[str, float] = {}
    for item in items:
        if isinstance(item, Section):
            inner = [one.weight for one in item.criteria]
            total = sum(one for one in inner if one > 0) or -sum(inner)
            parts = weights_of(item.criteria)
            found |= {name: item.weight * one / total for name, one in parts.items()}
        else:
            found[item.id] = item.weight
    return found
