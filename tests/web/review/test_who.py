"""Whose page a form came from, and what becomes of what was typed there."""

import threading

import pytest

from rlaif.web.review.app import ACTS
from rlaif.web.review.entrance import Key
from rlaif.web.review.forms import LONGEST_COMMENT
from rlaif.web.review.sample_page import MOST_EDITED
from tests.web.review.conftest import Browser, Open
from tests.web.review.reviewed import Reviewed

SAID = {"criterion": "kind", "answer": "a:no", "revision": "0", "comment": "typed <b>"}


async def two_names(opened: Open) -> tuple[Browser, dict[str, str]]:
    """A browser that is Bob's now, and what the forms of a page carry that Ann opened in it."""
    browser = opened(annotator="")
    await browser.post("/hello", name="Ann")
    form = await browser.form()
    await browser.post("/hello", name="Bob")
    return browser, form


async def test_a_page_of_another_name_writes_nothing_and_gives_back_what_was_typed(
    opened: Open,
) -> None:
    browser, form = await two_names(opened)
    told = await browser.client.post("/sample/1/criterion", data={**SAID, **form})
    assert told.status_code == 409
    assert "You are Bob in another tab; this page was opened by Ann" in told.text
    assert "typed &lt;b&gt;</textarea>" in told.text
    part = await browser.part("/sample/1/criterion", **SAID, **form)
    assert part.status_code == 409
    assert part.headers["hx-retarget"] == "#trouble"  # the form stays as it is
    assert "opened by Ann" in part.text
    assert browser.reviewed.acts == []


async def test_every_act_asks_whose_page_it_was(opened: Open) -> None:
    browser, form = await two_names(opened)
    for path in ACTS:
        told = await browser.client.post(path.format(number=1), data={**SAID, **form})
        assert told.status_code == 409, path


async def test_no_form_can_state_another_name_than_it_was_made_for(opened: Open) -> None:
    browser, form = await two_names(opened)
    forged = await browser.client.post("/sample/1/criterion", data={**SAID, **form, "who": "Bob"})
    assert forged.status_code == 403
    assert browser.reviewed.acts == []


async def test_an_answer_with_a_comment_that_is_too_long_is_not_written_and_says_so(
    opened: Open,
) -> None:
    browser = opened()
    long = {**SAID, "comment": "x" * (LONGEST_COMMENT + 1)}
    for send in (browser.part, browser.post):
        told = await send("/sample/1/criterion", **long)
        assert told.status_code == 422
        assert "The comment has 20,001 characters, and 20,000 are the most" in told.text
        assert "Nothing was written, no answer either." in told.text
    assert f"{long['comment']}</textarea>" in told.text
    assert browser.reviewed.acts == []


async def test_an_answer_whose_comment_was_changed_elsewhere_is_not_written_alone(
    opened: Open,
) -> None:
    browser = opened()
    browser.reviewed.comment(0, "ana", "of another tab", 9, "kind")
    told = await browser.part("/sample/1/criterion", **SAID)
    assert told.status_code == 409
    assert "Nothing was written" in told.text
    assert not browser.reviewed.item(0, "ana").criteria[0].answered


async def test_what_was_written_is_told_where_only_the_comment_could_be(opened: Open) -> None:
    browser = opened()
    browser.reviewed.answer(0, "ana", "kind", "yes", 0)
    told = await browser.part("/sample/1/criterion", **{**SAID, "answer": "none"})
    assert told.status_code == 409
    assert "The comment is saved. The answer was changed in another tab" in told.text
    said = browser.reviewed.item(0, "ana").criteria[0]
    assert (said.mine, said.comment) == ("yes", "typed <b>")


async def test_a_rewrite_without_end_is_refused_at_the_door(opened: Open) -> None:
    browser = opened()
    for path in ("/sample/1/rewrite", "/sample/1/changes"):
        told = await browser.part(path, text="x" * (MOST_EDITED + 1), revision="0")
        assert told.status_code == 422, path
        assert "200,000 are the most" in told.text
    assert browser.reviewed.acts == []


@pytest.mark.parametrize("kept", ["x" * (MOST_EDITED + 1), "", "hello you"])
async def test_whoever_has_rewritten_can_always_go_back_to_the_original(
    opened: Open, kept: str
) -> None:
    browser = opened("")
    assert "Back to the original" not in (await browser.get("/sample/1")).text
    browser.reviewed.rewrite(0, "ana", kept, 0)
    assert "Back to the original" in (await browser.get("/sample/1")).text
    await browser.post("/sample/1/rewrite", act="drop", revision="9")
    assert browser.reviewed.item(0, "ana").rewritten is None


async def test_a_settlement_over_another_one_is_refused_with_both_shown(opened: Open) -> None:
    browser = opened()
    browser.reviewed.settle(0, "zoe", "kind", "yes", 0, "zoe's reason")
    late = {**SAID, "others": "1"}
    for send in (browser.part, browser.post):
        told = await send("/adjudicate/1", **late)
        text = " ".join(told.text.split())
        assert told.status_code == 409
        assert "You pressed: <strong>no</strong>. It says now: <strong>yes</strong>" in text
        assert "zoe&#39;s reason" in text
        assert "typed &lt;b&gt;</textarea>" in text
        assert 'name="revision" value="1"' in text  # of what is seen now
    assert browser.reviewed.said[0, "", "settle", "kind"][0] == ("yes", "zoe's reason")
    hidden = await browser.part("/adjudicate/1", **SAID)
    assert hidden.status_code == 409
    assert "zoe" not in hidden.text  # not asked for


async def test_what_is_long_for_one_does_not_stop_the_others(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, threads = opened(), []
    item = Reviewed.item

    def seen(*given: object) -> object:
        threads.append(threading.current_thread())
        return item(*given)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(Reviewed, "item", seen)
    await browser.get("/sample/1")
    await browser.part("/sample/1/changes", text="x")
    assert len(threads) > 1
    assert threading.current_thread() not in threads


async def test_a_code_lets_one_browser_in_once_and_not_for_long(opened: Open) -> None:
    one, two = (opened(token="t" * 20, code="c0de") for _ in range(2))
    assert (await one.get("/enter?code=")).status_code == 401
    assert (await one.get("/enter?code=c0de")).status_code == 200
    assert (await one.get("/")).status_code == 200
    assert (await two.get("/enter?code=wrong")).status_code == 401
    two.client.cookies.clear()
    key = Key("t" * 20, "c0de")
    assert [key.fits("c0de"), key.fits("c0de"), key.fits("")] == [True, False, False]
    old = Key("t" * 20, "c0de", made=-1e6)
    assert not old.fits("c0de")
