"""A cheap classifier of graded texts: what it learns, what it refuses, and what it never sees."""

from __future__ import annotations

import hashlib
import pickle
import random

import numpy as np
import pytest

from rlaif.errors import InputError
from rlaif.records.curate import CurateRules, Example
from rlaif.training.curate.classifier import Classifier, _good_from, _held_out, _threshold, learn
from rlaif.training.curate.nearness import groups_of

WORDS = [f"word{number}" for number in range(400)]


def text(number: int, *more: str) -> str:
    drawn = random.Random(number).choices(WORDS, k=30)  # noqa: S311 - no secret
    return " ".join([*drawn[:15], *more, *drawn[15:]])


def example(said: str, score: float) -> Example:
    return Example(said, score, hashlib.blake2b(said.encode(), digest_size=16).hexdigest())


def by_word(count: int) -> list[Example]:
    """A third of the texts have a word in them, and the judge likes that word."""
    good = [number % 3 == 0 for number in range(count)]
    return [
        example(text(number, *["splendid", "indeed"] * is_good), 0.9 if is_good else 0.2)
        for number, is_good in enumerate(good)
    ]


@pytest.fixture(scope="module")
def learned() -> Classifier:
    return learn(by_word(300), CurateRules())


def test_a_rule_that_stands_in_the_words_is_learned(learned: Classifier) -> None:
    learning = learned.learning
    assert learning.train + learning.held_out == 300
    assert 60 < learning.held_out < 120
    assert learning.figures.better
    auc = learning.figures.auc.value
    assert auc is not None
    assert auc > 0.95
    good, bad = learned.probabilities([text(1000, "splendid", "indeed"), text(1001)])
    assert good >= learning.threshold > bad


def test_what_was_learned_can_be_sent_to_another_process(learned: Classifier) -> None:
    texts = [text(2000, "splendid"), ""]
    sent = pickle.loads(pickle.dumps(learned))  # noqa: S301 - made here
    assert sent.probabilities(texts) == learned.probabilities(texts)


def test_a_text_has_the_same_probability_whatever_stands_beside_it(learned: Classifier) -> None:
    texts = [text(number) for number in range(5)]
    alone = [learned.probabilities([one])[0] for one in texts]
    assert learned.probabilities(texts) == pytest.approx(alone, abs=1e-9)


def test_what_no_word_tells_is_not_learned() -> None:
    random_scores = random.Random(7)  # noqa: S311 - no secret
    found = learn([example(text(n), random_scores.random()) for n in range(300)], CurateRules())
    assert not found.learning.figures.better


def test_hidden_states_are_learned_from_where_there_are_any() -> None:
    def embed(texts: object) -> object:
        assert isinstance(texts, list)
        return np.array([[len(one), "splendid" in one, 1.0] for one in texts], dtype=np.float32)

    found = learn(by_word(200), CurateRules(), embed)
    assert found.learning.figures.precision.value == 1.0


def test_near_copies_lie_on_one_side() -> None:
    copies = [text(1, f"x{n}") for n in range(4)]
    groups = groups_of([*copies, text(2), text(1).upper() + " ", "", "", "short"])
    assert groups[:4] == [0, 0, 0, 0]
    assert groups[4:] == [4, 0, 6, 6, 8]
    sides = _held_out([example(one, 0.5) for one in copies], [0] * 4, 0)
    assert len(set(sides.tolist())) == 1


def test_the_side_of_a_text_depends_on_no_other_text() -> None:
    many = [example(text(n), 0.5) for n in range(200)]
    own = list(range(200))
    sides = _held_out(many, own, 5)
    assert sides[100:].tolist() == _held_out(many[100:], own[:100], 5).tolist()
    assert sides.tolist() != _held_out(many, own, 6).tolist()
    assert 0.2 < sides.mean() < 0.4


def test_the_held_out_grades_move_nothing_that_is_learned(
    learned: Classifier,
) -> None:
    examples = by_word(300)
    held = _held_out(examples, groups_of([one.text for one in examples]), 0)
    wrong = [
        example(one.text, 1.0 - one.score) if out else one
        for one, out in zip(examples, held, strict=True)
    ]
    other = learn(wrong, CurateRules())
    assert other.learning.threshold == learned.learning.threshold
    texts = [text(n) for n in range(9)]
    assert other.probabilities(texts) == learned.probabilities(texts)
    assert not other.learning.figures.better


def test_with_a_share_to_keep_the_good_ones_are_the_best_of_that_share() -> None:
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    assert _good_from(scores, CurateRules(keep_share=0.2)) == 0.9
    assert _good_from(np.array([0.0] * 9 + [1.0]), CurateRules(keep_share=0.2)) == 1.0
    assert _good_from(np.array([0.0] * 5 + [1.0] * 5), CurateRules(keep_share=0.2)) == 1.0
    told = np.linspace(0.05, 0.95, 10)
    assert (told >= _threshold(told, scores > 0.5, CurateRules(keep_share=0.2))).sum() == 2


def test_the_threshold_is_where_good_ones_and_others_lie_furthest_apart() -> None:
    told = np.array([0.9, 0.8, 0.7, 0.6, 0.6, 0.2])
    good = np.array([1, 1, 0, 1, 0, 0])
    assert _threshold(told, good, CurateRules()) == 0.8
    tied = np.array([0.6, 0.6, 0.2, 0.2])
    assert _threshold(tied, np.array([0, 1, 0, 0]), CurateRules()) == 0.6


def test_too_few_grades_are_told_with_the_number() -> None:
    with pytest.raises(InputError, match=r"\d+ graded texts to learn from and \d+ to hold out: 50"):
        learn(by_word(120), CurateRules())


def test_too_few_of_a_kind_are_told_with_the_score_in_question() -> None:
    with pytest.raises(InputError, match=r"0 have a score of 0\.95 or more(.|\n)*--keep-above"):
        learn(by_word(300), CurateRules(keep_above=0.95))
    equal = [example(one.text, 0.5) for one in by_word(300)]
    with pytest.raises(InputError, match="another --keep-share"):
        learn(equal, CurateRules(keep_share=0.2))


def test_good_texts_that_are_all_the_same_are_told() -> None:
    copies = [example(text(5, f"x{n}"), 1.0) for n in range(60)]
    others = [example(text(n + 100), 0.0) for n in range(300)]
    with pytest.raises(InputError, match=r"nearly the same|of each kind are needed"):
        learn([*copies, *others], CurateRules())
