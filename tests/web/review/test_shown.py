"""How things are shown: strangers' words, colours, and what drafts are called by."""

import asyncio
import re
from dataclasses import replace

import pytest

from rlaif.records.review import Regraded, Undone
from rlaif.records.sample import Sample
from rlaif.web.review.files import file_of
from tests.web.review.conftest import Open
from tests.web.review.reviewed import KIND, Reviewed, sample

TURNED = "a\u202eb"


def seen(page: str) -> str:
    """The page without fields, whose text must stay as it is, and attributes of forms."""
    page = re.sub("<textarea.*?</textarea>", "", page, flags=re.DOTALL)
    return re.sub(r' (?:value|href|action|data-[a-z]+|hx-[a-z]+)="[^"]*"', "", page)


async def test_strangers_words_are_in_pieces_wherever_they_stand(opened: Open) -> None:
    reviewed = Reviewed([sample(0, TURNED)])
    reviewed.title = TURNED
    reviewed.criteria = (
        replace(
            KIND,
            answers=(TURNED, "yes"),
            judge=TURNED,
            ballots=((TURNED, TURNED),),
            earlier=f"Was it {TURNED}?",
        ),
    )
    reviewed.regraded = Regraded("kind", 4, 2, 3, 4, 1, 2, (f"why {TURNED}",), (f"id {TURNED}",))
    browser = opened(reviewed=reviewed)
    fields = {"criterion": "kind", "answer": f"a:{TURNED}", "revision": "0"}
    part = await browser.part("/sample/1/criterion", **fields)
    stale = await browser.part("/sample/1/criterion", **fields)
    assert (part.status_code, stale.status_code) == (200, 409)
    await browser.part("/rubric/again", criterion="kind")
    await asyncio.sleep(0)
    job = (await browser.get("/rubric/again?criterion=kind")).text
    assert "2 not asked" in job
    assert "1 failed" in job
    pages = [part.text, stale.text, job]
    pages += [(await browser.get(p)).text for p in ("/", "/sample/1", "/adjudicate?others=1")]
    for page in pages:
        assert "\u202e" not in seen(page)
        assert "U+202E</span>" in page


async def test_what_was_taken_back_is_told_in_pieces(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = opened()
    monkeypatch.setattr(browser.reviewed, "undo", lambda _: Undone(0, f"the answer on {TURNED}"))
    await browser.post("/undo")
    page = (await browser.get("/")).text
    assert "Taken back: the answer on a<span" in page
    assert "\u202e" not in page


async def test_an_answer_to_an_earlier_question_says_to_which(opened: Open) -> None:
    browser = opened()
    browser.reviewed.criteria = (replace(KIND, earlier="Was it <kind>?"),)
    page = (await browser.get("/sample/1")).text
    assert "You answered when the question was:" in page
    assert "Was it &lt;kind&gt;?" in page


async def test_drafts_are_called_by_review_number_and_text_and_never_by_what_is_shown(
    opened: Open,
) -> None:
    hidden = [Sample(sample_id="[hidden]", prompt="Hi", completion=text) for text in ("a", "b")]
    browser = opened(reviewed=Reviewed(hidden))
    names = []
    for number in (1, 2):
        page = (await browser.get(f"/sample/{number}")).text
        assert '<meta name="rlaif-review" content="r1">' in page
        names.append(re.findall(r'data-draft="([^"]*)"', page))
    assert len(names[0]) == 4
    assert not set(names[0]) & set(names[1])
    assert "hidden" not in str(names)
    dispute = (await browser.get("/adjudicate?others=1")).text
    assert re.search(r'data-draft="settle/0/[0-9a-f]{16}/kind"', dispute)


async def test_answers_are_buttons_that_are_pressed_or_not(opened: Open) -> None:
    page = (await opened().get("/sample/1")).text
    assert page.count('aria-pressed="false"') == 7
    assert "radio" not in page


def _light(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((_light(one), _light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_can_be_told_apart(scheme: int) -> None:
    style = bytes(file_of("page.css").body).decode()
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
    for text in ("ink", "quiet", "first", "second", "third"):
        for ground in ("card", "paper", "soft"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for edge, ground in (
        ("strong-line", "card"),
        ("strong-line", "paper"),
        ("strong-line", "soft"),
        ("first", "soft"),
        ("note-line", "note"),
        ("note-line", "card"),
    ):
        assert contrast(colours[edge], colours[ground]) >= 3, (edge, ground)
