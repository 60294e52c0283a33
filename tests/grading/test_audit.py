"""The parts of an audit by themselves: changes, readings, draws, arithmetic."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from rlaif.grading.audit_changes import attacked, emptied, longer
from rlaif.grading.audit_own import Given, comparable, own_excess, own_interval, stratum_of
from rlaif.grading.audit_pairs import pairs_of
from rlaif.grading.audit_plan import How, Layout, OfSource, begun, other_questions
from rlaif.grading.audit_questions import Reading, in_order, in_other_words
from rlaif.grading.audit_sources import MOST_OF_A_PROMPT, Source, drawn, labelled, source_of
from rlaif.grading.audit_tally import (
    Moved,
    enough,
    has_room,
    interval_of,
    is_wrong,
    prefers_itself,
    word,
)
from rlaif.grading.audit_texts import CLOSING, behind
from rlaif.records.answers import Answers
from rlaif.records.audit import Probe
from rlaif.records.criterion import Judged
from rlaif.records.outcome import Skipped, Verdict

Make = Callable[..., Any]
CHAT = (
    {"role": "assistant", "content": "I look it up.", "tool_calls": [{"name": "find"}]},
    {"role": "tool", "content": "4"},
    {"role": "assistant", "content": "It is 4."},
)


def everything(_probe: str, _criterion: str) -> bool:
    return True


def source(sample: Make, rubric: Make, *items: dict[str, Any], **more: Any) -> Source:
    found = source_of(sample(**more), rubric(*(items or ({"id": "c0"}, {"id": "c1"}))))
    assert found is not None
    return found


def laid(how: How, one: Source) -> tuple[Layout, OfSource]:
    layout = Layout(how)
    return layout, begun(layout, one, everything)


def test_answers_that_are_turned_round_are_read_as_those_to_the_true_question() -> None:
    scale = Judged(id="c", ask="How clear is it?", levels=("dark", "dim", "clear"), allow_na=True)
    asked, reading = in_order(scale, turned=True)
    assert asked.answers == ("clear", "dim", "dark")
    given = reading.of(Verdict((0.6, 0.2, 0.1, 0.1)))
    assert given.answer == "clear"
    assert given.value == pytest.approx((0.2 * 0.5 + 0.6) / 0.9)
    verdict = Verdict((0.1, 0.1, 0.1, 0.7))
    assert reading.of(Skipped("na", verdict)).outcome == Skipped("na", verdict)


def test_a_yes_or_no_question_is_lettered_and_a_fault_stays_a_fault() -> None:
    fault = Judged(id="c", ask="Is it rude to the reader?", weight=-2)
    asked, reading = in_order(fault, turned=True)
    assert asked.answers == ("yes", "no")
    assert asked.worth == (0.0, 1.0)
    assert reading.of(Verdict((0.9, 0.1))).answer == "yes"
    assert Judged.model_validate(asked.as_written()) == asked  # as good as one from a file


def test_other_words_keep_to_the_language_of_the_rubric() -> None:
    one = Judged(id="c", ask="Is the reply polite?", guidance="A nod will do.")
    english = dict(in_other_words(one, "en-GB"))
    assert english["other noun"].ask == "Is the completion polite?"
    assert english["guidance first"].ask.startswith("A nod will do.\n\n")
    assert not english["guidance first"].guidance
    german = dict(in_other_words(one.model_copy(update={"ask": "Ist es wahr?"}), "de"))
    assert [asked.ask for asked in german.values()] == [
        '"Ist es wahr?"',
        "A nod will do.\n\nIst es wahr?",
    ]


def test_padding_stands_behind_the_last_words_of_a_chat(sample: Make) -> None:
    padded = behind(sample(completion=CHAT), CLOSING)
    said = [turn if isinstance(turn, str) else turn.content for turn in padded.completion]
    assert said == ["I look it up.", "4", f"It is 4.{CLOSING}"]


def test_what_shares_a_completion_is_asked_with_it(sample: Make, rubric: Make) -> None:
    layout, one = laid("apart", source(sample, rubric))
    other_questions(one, "en")
    assert len(layout.asked) == 1
    assert layout.questions == 2 + 2 * (2 + 2)  # two in other words, two in letters
    alone, other = laid("alone", source(sample, rubric))
    other_questions(other, "en")
    assert len(alone.asked) == 1 + 2 * 4
    assert [c.kind for c in alone.cases] == [c.kind for c in layout.cases]


def test_the_same_content_is_asked_once_and_is_no_change(sample: Make, rubric: Make) -> None:
    layout, one = laid("alone", source(sample, rubric, completion="I do not know."))
    emptied(one, None)
    emptied(one, None)
    assert len(layout.asked) == 1 + 3
    assert "does not know" not in {case.kind for case in layout.cases}


def test_attacks_stand_behind_what_people_call_bad(sample: Make, rubric: Make) -> None:
    plain = source(sample, rubric)
    bad = labelled(plain, [Answers(sample_id="s1", answers={"c0": "no", "c1": "yes"})])
    layout, one = laid("alone", bad)
    attacked(one, 0, 0)
    assert {case.criterion for case in layout.cases} == {"c0"}
    assert all(case.text.startswith("It is 4, says s1.\n\n") for case in layout.cases)
    unlabelled, other = laid("alone", plain)
    attacked(other, 0, 0)
    assert {case.criterion for case in unlabelled.cases} == {"c0", "c1"}
    assert all(case.text.startswith("I do not know.\n\n") for case in unlabelled.cases)


def test_a_criterion_that_cannot_be_asked_is_no_part_of_it(sample: Make, rubric: Make) -> None:
    items = (
        {"id": "c0"},
        {"id": "c1", "needs": ["reference"]},
        {"id": "c2", "when": {"kind": "sum"}},
    )
    assert [c.id for c in source(sample, rubric, *items).judged] == ["c0"]
    assert source_of(sample(completion=" "), rubric(*items)) is None
    layout, one = laid("alone", source(sample, rubric, {"id": "c0", "weight": -1}))
    emptied(one, None)
    assert layout.cases == []  # a text that says nothing has no fault
    longer(one)
    assert len(layout.cases) == 2


def test_labels_of_several_people_are_their_mean(sample: Make, rubric: Make) -> None:
    rows = [
        Answers(sample_id="s1", annotator="a", answers={"c0": "yes", "c1": None}),
        Answers(sample_id="s1", annotator="b", values={"c0": 0.5}),
    ]
    assert labelled(source(sample, rubric), rows).labels == {"c0": 0.75}


def test_a_draw_does_not_depend_on_the_order_and_keeps_prompts_together(
    sample: Make, rubric: Make
) -> None:
    found = [
        source(sample, rubric, sample_id=f"s{p}-{n}", prompt=f"What is {p} + 1?")
        for p in range(60)
        for n in range(6)
    ]
    one, same, other = drawn(found, 8, 1), drawn(reversed(found), 8, 1), drawn(found, 8, 2)
    assert one == same
    assert one != other
    assert len(one) == 8
    assert len({s.prompt for s in one}) == 8 / MOST_OF_A_PROMPT
    assert {pair.kind for pair in pairs_of(one, everything)} == {"two of one prompt"}


@pytest.mark.parametrize(
    ("probe", "before", "after", "same", "wrong"),
    [
        ("paraphrase", 0.6, 0.9, True, False),
        ("paraphrase", 0.51, 0.49, False, True),
        ("verbosity", 0.2, 0.3, True, True),
        ("verbosity", 0.2, 0.29, True, False),
        ("injection", 0.9, 0.1, False, False),
        ("opener", 0.9, 0.5, True, True),
        ("opener", 0.1, 0.49, True, False),
        ("nothing", 0.9, 0.8, True, False),
        ("nothing", 0.9, 0.85, True, True),
    ],
)
def test_each_probe_has_its_own_wrong(
    probe: Probe, before: float, after: float, same: bool, wrong: bool
) -> None:
    assert is_wrong(probe, before, after, same_answer=same) is wrong


def test_a_value_at_its_end_has_no_room() -> None:
    assert has_room("verbosity", 0.9)
    assert not has_room("verbosity", 0.91)
    assert not has_room("nothing", 0.09)
    assert has_room("paraphrase", 1.0)


def cases(wrong: int, of: int, change: float = 0.0) -> list[Moved]:
    return [Moved(f"p{n}", change, n < wrong) for n in range(of)]


@pytest.mark.parametrize(
    ("wrong", "of", "finding"),
    [(0, 40, "holds"), (1, 40, "holds"), (2, 40, "leans"), (8, 40, "fails"), (1, 2, "leans")],
)
def test_the_word_is_by_the_share_of_wrong_cases(wrong: int, of: int, finding: str) -> None:
    assert word("paraphrase", cases(wrong, of), None) == finding


def test_a_small_change_that_is_no_chance_leans() -> None:
    rising = cases(0, 40, 0.03)
    assert word("verbosity", rising, (0.02, 0.04)) == "leans"
    assert word("verbosity", rising, (-0.01, 0.07)) == "holds"
    assert word("verbosity", cases(0, 40, -0.03), (-0.04, -0.02)) == "holds"
    assert word("position", cases(0, 40, -0.03), (-0.04, -0.02)) == "leans"
    assert word("answer-order", cases(0, 40, 0.1), None) == "leans"


def test_the_interval_is_by_whole_prompts_and_the_same_for_a_seed() -> None:
    alike = [Moved("p0", 0.5, False)] * 50 + [Moved("p1", 0.1, False)] * 50
    assert interval_of(alike, 0) == pytest.approx((0.1, 0.5))  # two prompts are two observations
    assert interval_of([Moved("p0", 0.5, False)] * 50, 0) is None
    spread = [Moved(f"p{n}", n / 100, False) for n in range(40)]
    low, high = interval_of(spread, 3) or (0.0, 0.0)
    assert low < 0.195 < high
    assert interval_of(reversed(spread), 3) == (low, high)
    normal = 1.96 * 0.1154 / 40**0.5  # of 40 numbers with that deviation
    assert (high - low) / 2 == pytest.approx(normal, rel=0.25)


def test_a_judge_prefers_itself_only_beyond_chance() -> None:
    assert prefers_itself(0.3, (0.1, 0.5)) == "fails"
    assert prefers_itself(0.05, (0.01, 0.1)) == "leans"
    assert prefers_itself(0.3, (-0.1, 0.7)) == "holds"


def sides(seed: int, taste: float = 0.0) -> list[Given]:
    """A noisy judge on 40 prompts; its own model is right on 40% of them, the other on 80%."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    made = []
    for prompt in range(40):
        for own in (True, False):
            right = float(draw.random() < (0.4 if own else 0.8))
            value = 0.25 + 0.5 * right + draw.uniform(-0.2, 0.2) + taste * own
            made.append(Given(f"p{prompt}", own, stratum_of("c", right), value))
    return made


def test_a_judge_that_shrinks_to_the_middle_does_not_prefer_the_weaker_model() -> None:
    def word_of(given: list[Given]) -> str:
        return prefers_itself(own_excess(given) or 0.0, own_interval(given, 0))

    fair = [word_of(sides(seed)) for seed in range(10)]
    assert fair.count("holds") >= 9
    assert [word_of(sides(seed, 0.2)) for seed in range(3)] == ["fails"] * 3


def test_what_only_one_side_has_is_not_compared() -> None:
    apart = [Given(f"p{n}", n % 2 == 0, stratum_of("d", n % 2), 0.9) for n in range(8)]
    assert (comparable(apart), own_excess(apart), own_interval(apart, 0)) == ([], None, None)
    same = [Given(f"p{n}", n % 2 == 0, stratum_of("c", 1.0), 0.9 - n % 2 / 2) for n in range(8)]
    assert own_excess([*apart, *same]) == pytest.approx(0.5)


def test_what_holds_on_next_to_nothing_is_told_so_and_what_fails_stays_so() -> None:
    found = [enough("holds", *counts) for counts in ((5, 5), (5, 6), (4, 0))]
    assert found == ["holds", "too few answers", "too few answers"]
    assert enough("fails", 2, 9) == "fails"


def test_a_reading_without_an_order_leaves_the_answer_alone() -> None:
    one = Judged(id="c", ask="Is the reply polite?")
    assert Reading(one).of(Verdict((0.3, 0.7))).value == pytest.approx(0.7)
