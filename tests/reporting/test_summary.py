"""What a run amounts to."""

from hypothesis import given
from hypothesis import strategies as st

from rlaif.records.grade import Grade
from rlaif.reporting.summary import MOST_MESSAGES, MOST_POLICIES, extremes, summarise
from tests.reporting.grades import failure, grade_of, sample_of, skipped, yes


def test_a_failure_is_no_zero_in_the_mean() -> None:
    summary = summarise(
        [
            (sample_of("a", "p"), grade_of("a", 0.5, yes("c"))),
            (sample_of("b", "p"), grade_of("b", None, failure("c"))),
        ]
    )
    assert summary.score.mean == 0.5
    assert summary.failed == 1
    assert summary.failures == {("c", "backend", "gone"): 1}


def test_what_is_not_graded_yet_is_counted_as_missing() -> None:
    summary = summarise([(sample_of("a"), None), (sample_of("b"), grade_of("b", 1.0, yes("c")))])
    assert (summary.samples, summary.missing, summary.score.count) == (2, 1, 1)


def test_a_criterion_counts_verdicts_skips_and_failures_apart() -> None:
    outcomes = (yes("c", 0.8), yes("c", 0.2), skipped("c", "gate"), failure("c"))
    summary = summarise((sample_of(str(n)), grade_of(str(n), 0, o)) for n, o in enumerate(outcomes))
    tally = summary.criteria["c"]
    assert tally.answers == {"yes": 1, "no": 1}
    assert tally.value.mean == 0.5
    assert tally.skipped == {"gate": 1}
    assert tally.failed == {"backend": 1}
    assert tally.label_mass.mean == 0.9


def test_reasons_are_counted_for_scores_that_are_there() -> None:
    gated = grade_of("a", 0.0, yes("c", 0.1), reason="gate:c")
    nothing = grade_of("b", None, skipped("c", "when"), reason="nothing_applies")
    failed = grade_of("d", None, failure("c"), reason="failed:c")
    graded = [(sample_of(g.sample_id), g) for g in (gated, nothing, failed)]
    assert summarise(graded).reasons == {"gate:c": 1, "nothing_applies": 1}


def test_memory_does_not_grow_with_policies_and_messages() -> None:
    many = 2 * max(MOST_POLICIES, MOST_MESSAGES)
    summary = summarise(
        (sample_of(str(n), f"policy {n}"), grade_of(str(n), None, failure("c", f"message {n}")))
        for n in range(many)
    )
    assert len(summary.by_policy) == MOST_POLICIES + 1
    assert len(summary.failures) == MOST_MESSAGES + 1
    assert summary.failures.total() == many


def scored(scores: list[float | None]) -> list[Grade]:
    return [grade_of(str(n), score) for n, score in enumerate(scores)]


@given(st.lists(st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=20))
def test_the_extremes_are_those_of_a_stable_sort(scores: list[float | None]) -> None:
    grades = scored(scores)
    known = [g for g in grades if g.score is not None]
    low, high = extremes(grades, 3)
    assert low == sorted(known, key=lambda g: g.score or 0.0)[:3]
    assert high == sorted(known, key=lambda g: -(g.score or 0.0))[:3]
