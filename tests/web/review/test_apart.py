"""Annotators apart from each other and from a hidden judge, over a real review, page by page.

The whole source of every page is searched: what is folded away can be read there too.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlaif.ports import Reviewing
from rlaif.runs.review import open_review
from tests.runs.reviewed import a_run, samples
from tests.web.review.conftest import Browser, Open

PAGES = ("/", "/adjudicate", "/rubric", "/rubric?criterion=right", "/?state=disputed")
ANSWERS = {"right": "a:yes", "clear": "a:fair", "unit": "na", "four": "a:no"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("apart")
    a_run(folder, samples(2))
    return folder


@pytest.fixture
def blind(graded: Path, tmp_path: Path) -> Iterator[Reviewing]:
    shutil.copytree(graded, tmp_path / "here")
    review = open_review(tmp_path / "here" / "run", blind=True)
    yield review
    review.close()


async def source(browser: Browser, *more: str) -> str:
    """All that a browser can read."""
    pages = (*PAGES, "/sample/1", "/sample/2", *more)
    return "\n".join([(await browser.get(page)).text for page in pages])


async def finish(browser: Browser, review: Reviewing, who: str, right: str) -> None:
    """Every criterion of the first sample answered, with a comment and a rewrite, by the pages."""
    for name, answer in ANSWERS.items():
        said = {"criterion": name, "answer": right if name == "right" else answer}
        revision = str(review.item(0, who).revision)
        done = await browser.post(
            "/sample/1/criterion", revision=revision, comment=f"{who} thinks", **said
        )
        assert done.status_code == 303, done.text
    revision = str(review.item(0, who).revision)
    await browser.post("/sample/1/rewrite", text=f"{who} would write", revision=revision)


async def test_nothing_of_one_annotator_is_in_any_page_of_another_who_is_not_done(
    opened: Open, blind: Reviewing
) -> None:
    ana, bea, cleo = (opened(reviewed=blind, annotator=name) for name in ("Ana", "Bea", "Cleo"))
    before = await source(cleo)
    await finish(ana, blind, "Ana", "a:yes")
    seen = await source(bea)
    assert "Ana thinks" not in seen
    assert "Ana would" not in seen
    await finish(bea, blind, "Bea", "a:no")
    for browser, other in ((ana, "Bea"), (bea, "Ana")):  # both are done, and disagree
        assert f"{other} thinks" in (await browser.get("/adjudicate")).text
        assert 'class="count"' in (await browser.get("/")).text
        assert f"{other} thinks" not in (await browser.get("/sample/1")).text
    seen = await source(cleo)
    for word in ("thinks", "would write", 'class="count"', 'class="state disputed"', "votes"):
        assert word not in seen, word
    assert seen.count("<article") == before.count("<article") == 0
    asked = (await cleo.get("/adjudicate?others=1")).text
    assert "Ana thinks" in asked
    assert "Bea thinks" in asked


async def test_a_hidden_judge_is_in_no_page_of_who_has_not_answered(
    opened: Open, blind: Reviewing
) -> None:
    ana, bea, cleo = (opened(reviewed=blind, annotator=name) for name in ("Ana", "Bea", "Cleo"))
    await finish(ana, blind, "Ana", "a:yes")
    await finish(bea, blind, "Bea", "a:no")
    seen = await source(cleo, "/adjudicate?others=1")
    assert "hidden until you have answered" in seen
    for trace in (
        'class="by"',
        "The judge's answer\"",
        "The judge: <strong>",
        'class="shares"',
        'class="judges"',
        "Why, in its words",
        "the judge's score",
        "the judge agrees",
        "· score",
    ):
        assert trace not in seen, trace
    assert not re.search(r"\d%", seen)
    shown = (await ana.get("/sample/1")).text
    assert 'class="by"' in shown  # the search above would have found it
    assert 'class="judges"' in (await ana.get("/adjudicate")).text
