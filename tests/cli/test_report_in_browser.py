"""The report in a real browser: drawn, readable at any size and light, and with no request made.

Screenshots lie in the folder that RLAIF_SCREENSHOTS names, or in the test's own.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PROGRAM, RUBRIC, sample, scripted, write_samples

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(find_spec("playwright") is None, reason="playwright is not installed"),
    pytest.mark.skipif(find_spec("vl_convert") is None, reason="vl-convert is not installed"),
]
EVIL = "</script><script>document.title = 'taken'</script><img src=x onerror=alert(1)>\u202e"
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1200, "height": 900}, "color_scheme": "light"},
    "phone": {"viewport": {"width": 375, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1200, "height": 900}, "color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of some hundred varied samples, held against another run."""
    folder = tmp_path_factory.mktemp("report")
    rows = [
        sample(
            n,
            completion=("" if n % 29 == 0 else "hello " * (n % 2)) + "more " * (n % 40) + str(n),
            policy=EVIL if n % 31 == 0 else f"policy-{n % 3}",
            group_id=f"g{n // 6}",
        )
        for n in range(180)
    ]
    write_samples(folder / "samples.jsonl", rows)
    (folder / "rubric.yaml").write_text(RUBRIC)
    for name, answers in (("run", "hash"), ("other", "best")):
        judge = scripted(folder / f"{name}.yaml", answers=answers)
        ran("grade", "rubric.yaml", "samples.jsonl", "-j", judge.name, "-o", name, cwd=folder)
    ran("report", "run", "--against", "other", "-o", "report.html", cwd=folder)
    return folder / "report.html"


def ran(*arguments: str, cwd: Path) -> None:
    done = subprocess.run(
        [PROGRAM, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def test_the_report_is_drawn_at_every_size_and_light_and_asks_for_nothing(
    report: Path, browser: Any, tmp_path: Path
) -> None:
    shots = Path(os.environ.get("RLAIF_SCREENSHOTS", tmp_path / "screenshots"))
    shots.mkdir(parents=True, exist_ok=True)
    for name, look in LOOKS.items():
        context = browser.new_context(**look)
        page = context.new_page()
        asked: list[str] = []
        told: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda message, told=told: told.append(message.text))
        page.on("pageerror", lambda error, told=told: told.append(str(error)))
        page.route(
            "**/*",
            lambda route: (
                route.continue_() if route.request.url == report.as_uri() else route.abort()
            ),
        )
        page.goto(report.as_uri())
        page.wait_for_selector("html[data-drawn]", state="attached", timeout=60_000)
        assert asked == [report.as_uri()]
        assert told == []
        assert page.title() != "taken"
        _is_all_drawn(page)
        width = look["viewport"]["width"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.screenshot(path=shots / f"{name}.png", full_page=True)
        if name == "desktop":
            _prints(page, shots)
        context.close()


def _is_all_drawn(page: Any) -> None:
    """Every figure has marks, a name, and a table with rows."""
    figures = page.query_selector_all("figure")
    assert len(figures) >= 8
    for figure in figures:
        marks = "svg .mark-rect path, svg .mark-symbol path, svg .mark-rule line"
        assert figure.query_selector_all(marks), figure.query_selector("h3").inner_text()
        assert figure.query_selector(".plot").get_attribute("aria-label")
        assert figure.query_selector_all("details.table tbody tr")
    assert page.query_selector_all(".undrawn") == []


def _prints(page: Any, shots: Path) -> None:
    """On paper, also without colour, with all tables open; what is folded is folded again after."""
    folded = "document.querySelectorAll('details.table:not([open])').length"
    before = page.evaluate(folded)
    assert before
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(folded) == 0
    page.emulate_media(media="print")
    page.evaluate("document.documentElement.style.filter = 'grayscale(1)'")
    page.screenshot(path=shots / "print-grey.png", full_page=True)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(folded) == before


def test_the_keyboard_opens_a_sample(report: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    card = page.locator("#samples details.card").first
    card.locator("summary").focus()
    page.keyboard.press("Enter")
    assert card.evaluate("card => card.open")


def test_text_stands_out_from_what_is_behind_it_in_both_lights(report: Path, browser: Any) -> None:
    """WCAG 2.2, 1.4.3: contrast of at least 4.5 for text; 1.4.11: of 3 for marks."""
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(report.as_uri())
        style = "getComputedStyle(document.documentElement).getPropertyValue('--{}').trim()"
        colour = {
            name: page.evaluate(style.format(name))
            for name in (
                "ink",
                "quiet",
                "first",
                "second",
                "third",
                "paper",
                "card",
                "soft",
                "note",
            )
        }
        for behind in ("paper", "card", "soft", "note"):
            for text in ("ink", "quiet"):
                assert contrast(colour[text], colour[behind]) >= 4.5, (scheme, text, behind)
        for mark in ("first", "second", "third"):
            assert contrast(colour[mark], colour["card"]) >= 4.5, (scheme, mark)
        page.close()


def contrast(one: str, other: str) -> float:
    """Relative luminances of two hex colours, the lighter to the darker."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
