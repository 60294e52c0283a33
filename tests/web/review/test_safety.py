"""Who may come in, which forms are taken, and what hostile texts can do: nothing."""

import re

import pytest

from rlaif.web.review.app import ACTS
from rlaif.web.review.texts import MOST_SHOWN, shown
from tests.web.review.conftest import Open

TOKEN = "correct-horse-battery"  # noqa: S105 - of these tests alone
EVIL = (
    "<script>alert(1)</script></textarea></div><img src=x onerror=alert(1)>"
    '" onclick="alert(1)" \u202egpj.exe \x1b[31m\x00 {{ 7*7 }} zero\u200bwidth\udc80'
)


async def test_every_answer_has_the_headers_that_shut_the_page_in(opened: Open) -> None:
    browser = opened(token="")
    for path in ("/", "/sample/1", "/nothing", "/static/keys.js", "/hello"):
        headers = (await browser.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "no-store" in headers["cache-control"] or path.startswith("/static")


async def test_a_form_without_this_browsers_secret_writes_nothing(opened: Open) -> None:
    browser = opened()
    fields = {"criterion": "kind", "answer": "a:yes", "revision": "0"}
    for secret in ("", "0" * 43):
        refused = await browser.client.post(
            "/sample/1/criterion", data={**fields, "secret": secret}
        )
        assert refused.status_code == 403
    await browser.form()
    refused = await browser.client.post("/sample/1/criterion", data={**fields, "secret": "x"})
    assert refused.status_code == 403
    assert "could not be done" in refused.text
    assert browser.reviewed.acts == []


async def test_every_act_asks_for_the_secret(opened: Open) -> None:
    browser = opened()
    await browser.form()
    for path in [*ACTS, "/hello"]:
        refused = await browser.client.post(path.format(number=1), data={"secret": "wrong"})
        assert refused.status_code == 403, path


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:8200"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:8200"}, 200),
    ],
)
async def test_other_names_and_other_sites_are_refused(
    opened: Open, headers: dict[str, str], status: int
) -> None:
    browser = opened(names=("127.0.0.1", "localhost"))
    answer = await browser.get("/", headers=headers)
    assert answer.status_code == status
    if status != 200:
        assert "could not be done" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_with_a_token_nobody_sees_a_page_without_it(opened: Open) -> None:
    browser = opened(token=TOKEN)
    for path in ("/", "/sample/1", "/rubric", "/hello", "/go"):
        assert (await browser.get(path)).status_code == 401
    assert (await browser.client.post("/undo", data={})).status_code == 401
    wrong = await browser.get("/enter?token=correct-horse")
    assert wrong.status_code == 401
    assert "not the token" in wrong.text
    entered = await browser.get(f"/enter?token={TOKEN}")
    assert entered.status_code == 200
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert (await browser.get("/")).status_code == 200


async def test_a_form_can_bring_the_token_too(opened: Open) -> None:
    browser = opened(token=TOKEN)
    said = await browser.client.post("/enter", data={"token": TOKEN})
    assert said.status_code == 200
    assert (await browser.get("/")).status_code == 200


async def test_hostile_completions_are_text_and_nothing_else(opened: Open) -> None:
    browser = opened(EVIL.replace("\udc80", ""))
    await browser.post("/sample/1/comment", text=EVIL.replace("\udc80", ""), revision="0")
    for path in ("/", "/sample/1", "/adjudicate?others=1"):
        page = (await browser.get(path)).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert '" onclick="' not in page
        assert "\u202e" not in re.sub("<textarea.*?</textarea>", "", page, flags=re.DOTALL)
        assert "{{ 7*7 }}" in page or path == "/"  # there it is cut off before
        assert 'title="right-to-left override">U+202E</span>' in page


def test_half_characters_and_unseen_signs_are_seen() -> None:
    pieces = shown("a\udc80b\u200b\u200b\u200bc\r\nd\x1be").pieces
    assert [piece.text for piece in pieces] == ["a?b", "U+200B \u00d73", "c\nd", "U+001B", "e"]
    assert [piece.sign for piece in pieces][1::2] == ["zero width space", "control character"]


def test_joiners_that_a_script_is_written_with_are_left_alone() -> None:
    for text in (
        "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\U0001f469\u200d\U0001f4bb",
    ):
        assert [piece.text for piece in shown(text).pieces] == [text]
    assert len(shown("a\u200db").pieces) == 3


async def test_a_text_of_a_megabyte_is_cut_on_the_page_and_whole_behind_a_link(
    opened: Open,
) -> None:
    browser = opened("A" * 1_200_000)
    page = (await browser.get("/sample/1")).text
    assert f"{1_200_000 - MOST_SHOWN:,} more characters" in page
    assert len(page) < 3 * MOST_SHOWN
    assert "too long to be rewritten here" in page
    whole = await browser.get("/sample/1/text?part=completion&turn=0")
    assert whole.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(whole.text) == 1_200_000


def test_lines_may_break_in_a_word_without_end() -> None:
    pieces = shown(f"short {'b' * 250} end").pieces
    assert [len(piece.text) for piece in pieces] == [106, 100, 54]


def test_a_text_of_nothing_but_unseen_signs_is_short_on_the_page() -> None:
    assert len(shown("\u200b\u200c" * 10_000).pieces) <= 2_000


async def test_a_form_that_is_too_large_is_refused_calmly(opened: Open) -> None:
    browser = opened(most_bytes=2_000)
    told = await browser.post("/sample/1/comment", text="x" * 3_000, revision="0")
    assert told.status_code == 413
    assert "too long to be sent" in told.text
    assert browser.reviewed.acts == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(50)), "application/x-www-form-urlencoded"),
    ],
)
async def test_bodies_that_are_no_form_of_ours_are_refused(
    opened: Open, body: bytes, kind: str
) -> None:
    answer = await opened().client.post("/undo", content=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 415)
    assert "could not be done" in answer.text


@pytest.mark.parametrize(
    "path", ["/sample/0", "/sample/99", "/sample/x", "/static/../app.py", "/no"]
)
async def test_what_is_not_there_is_a_calm_page(opened: Open, path: str) -> None:
    answer = await opened().get(path)
    assert answer.status_code in (400, 404)
    assert "To the queue" in answer.text


async def test_a_fault_of_ours_is_told_without_its_insides(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = opened()

    def broken(*_: object) -> None:
        raise ValueError("secret path /home/ana")

    monkeypatch.setattr(browser.reviewed, "item", broken)
    answer = await browser.get("/sample/1")
    assert answer.status_code == 500
    assert "a fault of rlaif itself" in answer.text.lower()
    assert "/home/ana" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_pages_have_no_script_or_style_of_their_own(opened: Open) -> None:
    browser = opened()
    for path in ("/", "/sample/1", "/adjudicate", "/rubric?criterion=kind", "/hello", "/nothing"):
        page = (await browser.get(path)).text
        assert page.count("<script") == page.count('<script src="/static/')
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
