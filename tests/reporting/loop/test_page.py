"""The page of a loop: its stop, its figures, and the completions side by side."""

from __future__ import annotations

import re

import pytest

from rlaif.records.loop_figures import RoundFigures, Stop
from rlaif.records.loop_seen import Example, LoopSeen, Point, Series, Shown
from rlaif.reporting.loop.page import loop_page
from rlaif.reporting.loop.words import told_of
from rlaif.reporting.report.blocks import Plot
from rlaif.reporting.report.page import render
from tests.training.histories import history, texts

HOSTILE = "</script><script>alert(1)</script><b>\x1b[31m\u202e"


def seen(rounds: list[RoundFigures], stop: Stop | None = None) -> LoopSeen:
    scores = [
        Series(
            name, [Point(n, 0.1 * n, 0.1 * n - 0.05, 0.1 * n + 0.05) for n in range(len(rounds))]
        )
        for name in ("training", "checks", "other", "third")
    ]
    return LoopSeen(
        title="A loop",
        facts=[("Method", "dpo")],
        planned=5,
        done=False,
        history=rounds,
        best=1,
        stop=stop,
        scores=scores,
        texts=[Series("Words a completion", [Point(0, 10), Point(1, 12)])],
        curves=[Series("loss", [Point(1, 0.7), Point(2, 0.4)])],
        against=0,
        examples=[
            Example(
                f"Say {HOSTILE}",
                Shown("before-1", "A plain text.", 0.25, {"checks": 1.0}),
                Shown("after-1", HOSTILE, 0.9, {"checks": None}),
            )
        ],
    )


def rendered(what: LoopSeen) -> str:
    def draw(plot: Plot) -> dict[str, object]:
        return {"rows": list(plot.rows)}

    return render(loop_page(what), draw, "// draws")


ROUNDS = history((0.3, 0.6), {"checks": (0.7, 0.2)}, [texts(), texts(40)], noise=0)


def test_hostile_completions_are_text_and_nothing_else() -> None:
    page = rendered(seen(ROUNDS))
    assert "alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_the_page_stands_alone_and_says_that_it_is_of_a_loop() -> None:
    page = rendered(seen(ROUNDS))
    assert "Report of a loop" in page
    assert not re.search(r"""(src|href)=["']?http""", page)


def test_a_stop_stands_at_the_top_in_plain_words() -> None:
    stop = Stop(
        name="panel-departed",
        round=1,
        against=0,
        members=("checks",),
        statistics=("words: 1 -> 2",),
    )
    told = told_of(stop, ROUNDS[1], ROUNDS[0])
    page = loop_page(seen(ROUNDS, stop.model_copy(update={"told": told})))
    assert page.warnings[0].startswith(
        "Reward hacking: the panel departed from the training judge."
    )
    then, now = (one.panel[0].mean for one in ROUNDS)
    assert f"'checks' fell from {then:.3f} to {now:.3f}" in page.warnings[0]
    assert page.lead == "Stopped after 1 of 5 rounds. Take the model of round 1."
    assert "What raised the score" in [part.title for part in page.parts]


def test_a_running_loop_says_that_it_runs() -> None:
    assert "1 of 5 rounds done" in loop_page(seen(ROUNDS)).lead


def test_a_loop_without_a_panel_is_warned_of() -> None:
    assert "There is no panel" in loop_page(seen(history((0.3, 0.6)))).warnings[0]


def test_the_blamed_members_are_drawn_and_the_rest_stands_in_the_table() -> None:
    stop = Stop(name="panel-departed", round=1, against=0, members=("third",))
    figure = loop_page(seen(ROUNDS, stop)).figures[0]
    assert list(figure.plot.kinds) == ["training", "third", "checks"]
    assert "other" in figure.table.heads
    assert "in the table" in figure.told


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        (
            Stop(name="held-out-fell", round=1, against=0),
            "the score on held-out prompts fell to 0.5",
        ),
        (
            Stop(
                name="panel-did-not-follow",
                round=1,
                against=0,
                members=("checks",),
                statistics=("words a completion: 20.0 -> 40.0",),
            ),
            "no member of the panel that could rise followed, and the texts left their band (words",
        ),
    ],
)
def test_every_stop_has_its_sentence(stop: Stop, said: str) -> None:
    assert said in told_of(stop, ROUNDS[1], ROUNDS[0])


def test_a_round_without_rows_has_its_sentence_too() -> None:
    stop = Stop(name="nothing-to-learn", round=2, against=1)
    assert "Nothing to learn in round 2" in told_of(stop, None, ROUNDS[1])
