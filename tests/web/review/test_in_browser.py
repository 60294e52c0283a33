"""The review in a real browser, over a real run, in a server of its own."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from typing import Any

import pytest

from tests.web.review.served import (
    CHROMIUM,
    TEXTS,
    Enter,
    Server,
    browser,
    chosen,
    enter,
    press,
    saved,
    server,
    shot,
)

__all__ = ["browser", "enter", "server"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(find_spec("playwright") is None, reason="playwright is not installed"),
]


def review_all(page: Any, answers: str) -> None:
    """Every sample, by the keyboard alone."""
    press(page, "s")
    for number in range(len(TEXTS)):
        page.wait_for_selector(".card.current")
        for answer in answers:
            press(page, answer)
        page.wait_for_function("() => document.querySelectorAll('.card .answered').length === 3")
        page.wait_for_function(
            "done => document.querySelector('#progress').textContent.includes(`${done} of 6 done`)",
            arg=number + 1,
        )
        before = page.url
        press(page, "j")
        page.wait_for_url(lambda url, before=before: url != before)
    page.wait_for_selector("#rows")


def test_a_review_by_the_keyboard_alone(enter: Enter) -> None:
    page = enter("Ana", viewport={"width": 1400, "height": 900})
    review_all(page, "112")
    assert "6 of 6 done, the judge agrees with you in" in page.inner_text("#progress")
    shot(page, "queue")
    press(page, "j", "Enter")
    page.wait_for_selector(".card")
    assert chosen(page) == ["yes", "yes", "neutral"]
    shot(page, "sample")
    press(page, "?")
    assert page.locator("#help").is_visible()
    shot(page, "help")
    press(page, "Escape", "k")  # before the first criterion there is no other place
    press(page, "j", "0")
    saved(page, "Saved: does not apply")
    press(page, "u")
    page.wait_for_selector("#told:has-text('Taken back')")
    assert chosen(page) == ["yes", "yes", "neutral"]


def test_typing_is_never_taken_for_keys_and_a_closed_tab_loses_nothing(enter: Enter) -> None:
    page = enter("Cleo")
    press(page, "s")
    page.wait_for_selector(".card")
    press(page, "c")
    page.keyboard.type("unsure: 1 2 j u?")
    address = page.url
    context = page.context
    page.close()
    page = context.new_page()
    page.goto(address)
    assert page.input_value("#t0") == "unsure: 1 2 j u?"
    assert page.locator("#k0 .draft").is_visible()
    kept = page.evaluate("Object.keys(localStorage).filter(one => one.startsWith('rlaif-draft:'))")
    (review, who, draft), *rest = (json.loads(one.partition(":")[2]) for one in kept)
    assert (len(review) >= 16, who, rest) == (True, "Cleo", [])
    assert re.fullmatch(r"\d+/[0-9a-f]{16}/followable", draft)  # nothing that a page shows
    assert chosen(page) == []
    page.focus("#t0")
    press(page, "Control+Enter")
    saved(page, "Saved: the comment")
    page.reload()
    assert page.input_value("#t0") == "unsure: 1 2 j u?"
    assert not page.locator("#k0 .draft").is_visible()
    press(page, "e")
    page.keyboard.type(" And see a doctor.")
    page.wait_for_selector("#preview ins")
    press(page, "Control+Enter")
    saved(page, "Saved: the completion as you wrote it")
    assert "And see a doctor" in page.inner_text("#rewrite ins")
    shot(page, "rewrite")


def test_two_annotators_do_not_see_each_other_until_both_are_done(enter: Enter) -> None:
    bea = enter("Bea", viewport={"width": 1400, "height": 900})
    press(bea, "s")
    bea.wait_for_selector(".card")
    assert chosen(bea) == []
    bea.goto(bea.url.partition("/sample")[0])
    review_all(bea, "122")
    press(bea, "a")
    bea.wait_for_selector(".dispute")
    first = bea.locator(".dispute .card").first
    said = first.locator(".votes").inner_text()
    assert "Ana" in said
    assert "Bea" in said
    shot(bea, "disputes")
    assert bea.locator(".card.current").count() == 0
    press(bea, "2")  # nothing is chosen yet: a key settles nothing
    press(bea, "j", "c")
    bea.keyboard.type("It names none.")
    press(bea, "Escape")
    bea.reload()
    assert bea.locator(".state.adjudicated").count() == 0
    assert first.locator("textarea").input_value() == "It names none."  # kept as a draft
    press(bea, "j", "2")
    saved(bea, "Settled: no.")
    assert first.locator(".state.adjudicated").is_visible()


def test_a_hostile_completion_is_text_on_a_whole_page(enter: Enter) -> None:
    page = enter("Dora")
    page.fill("#words", "document.title")
    page.wait_for_function("() => document.querySelectorAll('.row').length === 1")
    page.click(".row a")
    page.wait_for_selector(".card")
    assert page.title().startswith("Sample")
    assert page.locator(".cards .card").count() == 4
    assert page.locator("main img, main style, main script, base").count() == 0
    assert "onerror=" in page.inner_text(".completion")
    assert page.locator(".completion .sign").all_inner_texts() == [
        "U+202E",
        "U+202C",
        "U+200B",
        "U+001B",
    ]
    shot(page, "hostile")


def test_two_tabs_of_one_annotator_never_write_over_each_other(enter: Enter) -> None:
    page = enter("Eva")
    press(page, "s")
    page.wait_for_selector(".card")
    other = page.context.new_page()
    other.goto(page.url)
    press(page, "1")
    saved(page, "Saved: yes")
    press(other, "2")
    other.wait_for_selector("#c0 .stale")
    assert "You pressed: no" in other.inner_text("#c0 .stale")
    assert chosen(other) == ["yes"]
    shot(other, "stale")
    press(other, "2")  # seen, and meant
    saved(other, "Saved: no")
    page.reload()
    assert chosen(page) == ["no"]


def test_an_edited_criterion_is_checked_saved_and_graded_again(enter: Enter) -> None:
    page = enter("Ana")
    page.goto(page.url + "rubric?criterion=safe")
    page.fill("#yaml", "id: safe\nask: Does it?\nwieght: 2\n")
    press(page, "Control+Enter")
    page.wait_for_selector("#problems")
    told = page.inner_text("#problems")
    assert re.search(r"\d+:\d+", told), told
    assert "wieght" in told
    page.fill("#yaml", "id: safe\nask: Does the advice say when to see a doctor at once?\n")
    page.click("#rubric-form .main")
    page.wait_for_selector("#told:has-text('The rubric is saved')")
    page.click("text=Grade the labelled samples again")
    page.wait_for_selector(".before-after", timeout=60_000)
    shot(page, "rubric")


def test_a_kill_loses_nothing_and_the_open_page_goes_on(enter: Enter, server: Server) -> None:
    page = enter("Fay")
    press(page, "s")
    page.wait_for_selector(".card")
    press(page, "2")
    saved(page, "Saved: no")
    server.kill()
    press(page, "1")
    page.wait_for_selector("#trouble:has-text('the server does not answer')")
    shot(page, "no-server")
    server.start_again()
    press(page, "1")  # the focus stayed where nothing was saved
    saved(page, "Saved: yes")
    page.reload()
    assert chosen(page) == ["no", "yes"]


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("phone", {"viewport": {"width": 360, "height": 780}}),
        ("dark", {"viewport": {"width": 1200, "height": 900}, "color_scheme": "dark"}),
    ],
)
def test_pages_fit_the_screen(enter: Enter, name: str, look: dict[str, Any]) -> None:
    page = enter("Ana", **look)
    home = page.url
    paths = ("", "adjudicate", "rubric?criterion=tone", *(f"sample/{n}" for n in range(1, 7)))
    for path in paths:
        page.goto(home + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= look["viewport"]["width"], path
        shot(page, f"{name}-{re.sub(r'[^a-z0-9]+', '-', path) or 'queue'}")


def test_without_javascript_answers_comments_and_undo_work(enter: Enter) -> None:
    page = enter("Gus", java_script_enabled=False)
    page.click("#go")
    page.click("#k0 summary")
    page.fill("#t0", "a word")
    page.click("#c0 button[data-key='1']")
    assert page.url.endswith("#c1")
    assert page.locator("#c0 [aria-pressed=true]").inner_text().startswith("yes")
    assert page.input_value("#t0") == "a word"
    page.click("#undo button")
    page.click("#undo button")  # the answer, and the comment
    assert page.input_value("#t0") == ""
    assert page.locator("#c0 [aria-pressed=true]").count() == 0


def test_the_size_of_the_text_is_remembered(enter: Enter) -> None:
    page = enter("Ana")
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    before = page.evaluate(size)
    page.click("[aria-label='Larger text']")
    page.reload()
    assert page.evaluate(size) > before
