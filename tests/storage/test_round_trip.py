from __future__ import annotations

import io
from typing import Any

import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Ballot, Case, Failure, Quote, Skipped, Verdict
from rlaif.storage.grade_table import as_parquet, grades_table, read_grades

text = st.text(st.characters(codec="utf-8"), max_size=8)
number = st.floats(allow_nan=False, allow_infinity=False)
maybe = st.none() | number
plain_case = st.builds(Case, text, st.booleans(), text)
case = plain_case | st.builds(
    Case, text, st.booleans(), text, maybe, st.none() | st.integers(0, 2**62)
)


quote = st.builds(Quote, text, st.booleans())
ballot = st.builds(Ballot, text, st.lists(number, max_size=3).map(tuple), maybe)


def verdicts(cases: st.SearchStrategy[Case]) -> st.SearchStrategy[Verdict]:
    return st.builds(
        Verdict,
        st.lists(number, max_size=4).map(tuple),
        maybe,
        st.none() | text,
        st.lists(cases, max_size=3).map(tuple),
        st.lists(quote, max_size=2).map(tuple),
        st.lists(ballot, max_size=3).map(tuple),
    )


verdict = verdicts(case)
outcome = (
    verdict
    | st.builds(Failure, st.sampled_from(["render", "backend", "sandbox"]), text)
    | st.builds(Skipped, text, st.none() | verdicts(plain_case))  # no check is answered "na"
)
answered = st.builds(Answered, text, outcome, text, st.none() | text, maybe, maybe)
grade = st.builds(
    Grade,
    sample_id=text,
    rubric=text,
    judge=text,
    score=maybe,
    raw_score=maybe,
    status=st.sampled_from(["ok", "failed"]),
    reason=text,
    sections=st.lists(st.tuples(text, maybe), max_size=3).map(tuple),
    outcomes=st.lists(answered, max_size=4).map(tuple),
    sample_hash=text,
    attempt=st.integers(1, 1000),
    reasoning_characters=st.integers(0, 2**40),
    truncated=st.booleans(),
)


def back(grades: list[Grade]) -> list[Grade]:
    table: Any = pq.read_table(io.BytesIO(as_parquet(grades_table(grades, "u"))))
    return [g for batch in table.to_batches() for g in read_grades(batch)]


@settings(deadline=None)  # the first one loads much of Arrow
@given(st.lists(grade, min_size=1, max_size=5))
def test_grades_come_back_from_parquet_bit_for_bit(grades: list[Grade]) -> None:
    assert back(grades) == grades


def test_a_message_that_no_file_can_hold_is_kept_as_far_as_it_can_be() -> None:
    failure = Answered("c", Failure("backend", "bad \ud800 text"))
    kept = Grade("a", "r", "j", None, None, "failed", "failed:c", (), (failure,))
    (found,) = back([kept])
    assert found.outcomes[0].outcome == Failure("backend", "bad ? text")


def test_what_a_judge_wrote_that_no_file_can_hold_is_kept_as_far_as_it_can_be() -> None:
    ballots = (Ballot("v", (1.0,)),)
    said = Verdict((0.5, 0.5), None, "a\ud800", (), (Quote("q\ud800", True),), ballots)
    kept = Answered("c", Skipped("na", said)), Answered("d", said)
    (found,) = back([Grade("a", "r", "j", None, None, "failed", "", (), kept)])
    clean = Verdict((0.5, 0.5), None, "a?", (), (Quote("q?", True),), ballots)
    assert [one.outcome for one in found.outcomes] == [Skipped("na", clean), clean]
