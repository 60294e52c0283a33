"""A run on a terminal."""

from collections.abc import Iterable
from dataclasses import replace

from rich.console import Console, RenderableType

from rlaif.records.grade import Grade
from rlaif.reporting.summary import Summary, summarise
from rlaif.reporting.terminal import grades_view, summary_view, why
from rlaif.reporting.thresholds import Thresholds
from tests.reporting.grades import failure, grade_of, sample_of, skipped, yes


def drawn(view: RenderableType, width: int = 120) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(view)
    return capture.get()


def summary_of(*grades: Grade, policy: str | None = None) -> Summary:
    return summarise((sample_of(g.sample_id, policy), g) for g in grades)


def remarks(grades: Iterable[Grade]) -> str:
    return drawn(summary_view(summary_of(*grades)))


def test_a_missing_score_is_called_none_and_never_zero() -> None:
    shown = drawn(grades_view([grade_of("a", None, failure("c"))], "Samples"))
    assert " none " in shown
    assert "c FAILED (backend: gone)" in shown
    assert "0.00" not in shown


def test_what_decided_is_told_in_a_few_words() -> None:
    assert why(grade_of("a", 1.0, yes("c"), skipped("d", "na"))) == "c yes 0.80, d n/a"
    gated = grade_of("a", 0.0, yes("c", 0.1), skipped("d", "gate"), reason="gate:c")
    assert why(gated) == "gate 'c' not met: c no 0.90"
    screened = grade_of("a", 0.0, skipped("c", "prescreen:empty"), reason="prescreen:empty")
    assert why(screened) == "not worth judging: empty"
    assert why(grade_of("a", None, skipped("c", "when"), reason="nothing_applies")) == (
        "nothing applies"
    )


def test_the_reasons_stand_in_one_line_a_kind() -> None:
    shown = remarks(
        [
            grade_of("a", 0.0, reason="gate:c"),
            grade_of("b", 0.0, reason="gate:c"),
            grade_of("c", 0.0, reason="gate:d"),
            grade_of("d", 0.0, reason="prescreen:empty"),
            grade_of("e", None, reason="nothing_applies"),
        ]
    )
    assert "3 scored 0 because of a gate that was not met: 2 c, 1 d." in shown
    assert "1 scored 0 before any question: empty." in shown
    assert "1 without a score because no criterion applies." in shown


def test_what_was_cut_and_taken_out_is_counted() -> None:
    shown = remarks(
        [
            grade_of("a", 1.0, truncated=True, reasoning_characters=5),
            grade_of("b", 1.0, truncated=True),
        ]
    )
    assert "taken out of 1 completion." in shown
    assert "2 completions had been cut off by the length limit." in shown


def test_a_run_with_nothing_in_it_can_be_shown() -> None:
    assert "0 of 0 samples graded." in drawn(summary_view(Summary()))


def test_markup_and_escapes_of_others_are_text() -> None:
    odd = "[red]\x1b[31m\nx"
    grade = grade_of(odd, None, failure("c", odd))
    shown = drawn(grades_view([grade], "Samples")) + drawn(
        summary_view(summary_of(grade, policy=odd))
    )
    assert shown.count(r"[red]\x1b[31m\nx") == 4
    assert "\x1b" not in shown


def test_no_line_is_wider_than_the_terminal_and_no_number_is_lost() -> None:
    grade = grade_of("a-sample-with-a-long-name", 0.125, yes("a-criterion-with-a-long-name", 0.8))
    view = summary_view(summary_of(grade, policy="a-policy-with-a-long-name"))
    for width in (40, 60, 80, 200):
        shown = drawn(view, width)
        assert max(map(len, shown.splitlines())) <= width
        assert "…" not in shown
    assert "0.125" in drawn(view, 80)


def test_the_threshold_is_named_where_the_answer_goes_against_the_greater_probability() -> None:
    turned = Thresholds({"kind": 0.797, "warm": 0.3})
    no = replace(yes("kind", 0.77), answer="no", probability=0.23)
    few = replace(yes("warm", 0.4), answer="yes", probability=0.4)
    own = replace(no, criterion="own")
    shown = why(grade_of("a", 0.6, no, few, yes("kind"), yes("warm", 0.2), own), turned)
    assert shown == (
        "kind no 0.23 (yes from 0.797), warm yes 0.40 (yes from 0.3), kind yes 0.80, warm no 0.80, "
        "own no 0.23"
    )
    assert why(grade_of("a", 0.6, own), Thresholds(others=0.9)) == "own no 0.23 (yes from 0.9)"
    assert why(grade_of("a", 0.6, no)) == "kind no 0.23"
