"""`rlaif audit` as people start it: the table, the page, the exit status."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.records.audit import AuditReport, ProbeReport
from rlaif.reporting.audit.page import bar_of, scale_of
from rlaif.reporting.audit.words import interval_of, lead
from tests.cli.conftest import Rlaif, sample, scripted, write_samples

CHROMIUM = shutil.which("chromium")
EVIL = "</div><script>document.title = 'taken'</script><img src=x onerror=alert(1)>\u202e"
HASH = ("audit", "scripted-hash", "-r", "rubric.yaml")


@pytest.mark.parametrize("width", [60, 80])
def test_the_table_fits_the_terminal(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    ran = rlaif(*HASH)
    assert ran.status == 1  # answers by hash hold nowhere
    assert max(map(len, ran.out.splitlines())) <= width
    for probe in ("position", "answer-order", "self-preference  not tried"):
        assert f"\n {probe}" in ran.out
    assert "Left out, as a program answers them: says-hello." in ran.out
    assert "questions for scripted-hash@1.0.0, on 2 completions" in ran.err


def test_what_is_asked_is_said_and_not_done_in_a_dry_run(rlaif: Rlaif) -> None:
    ran = rlaif(*HASH, "--dry-run", "--samples", 1, "--probe", "opener")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "about 9 questions for scripted-hash@1.0.0, on 1 completion\n"


def test_json_holds_every_probe_and_a_judge_that_holds_leaves_with_0(rlaif: Rlaif) -> None:
    ran = rlaif(*HASH, "--format", "json", "samples.jsonl", "--samples", 3)
    report = AuditReport.model_validate_json(ran.out)
    assert (ran.status, len(report.probes), report.samples) == (1, 9, 5)
    assert orjson.loads(ran.out)["probes"][0]["probe"] == "position"
    scripted(Path("best.yaml"), answers="best")
    held = rlaif("audit", "best.yaml", "-r", "rubric.yaml", "--probe", "paraphrase")
    assert held.status == 0
    assert "It holds in all 1 probes" in held.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("audit", "scripted"), "an audit needs a rubric"),
        ((*HASH, "--probe", "opner"), "no such probe\n  hint: did you mean 'opener'?"),
        ((*HASH, "--labels", "l.jsonl"), "--labels are of SAMPLES"),
    ],
)
def test_a_fault_is_told_with_its_mend(rlaif: Rlaif, arguments: Any, told: str) -> None:
    ran = rlaif(*arguments)
    assert ran.status == 2
    assert told in ran.err


def hostile_page(rlaif: Rlaif) -> str:
    rows = [sample(n, completion=f"{EVIL} {n}", prompt=f"{EVIL} {n // 2}") for n in range(4)]
    write_samples(Path("evil.jsonl"), [{**r, "sample_id": f"{EVIL}{r['sample_id']}"} for r in rows])
    rlaif(*HASH, "evil.jsonl", "-o", "audit.html")
    return Path("audit.html").read_text(encoding="utf-8")


def test_the_page_loads_nothing_and_escapes_what_others_wrote(rlaif: Rlaif) -> None:
    page = hostile_page(rlaif)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.skipif(find_spec("playwright") is None, reason="playwright is not installed")
def test_the_page_fits_a_phone_and_asks_for_nothing(rlaif: Rlaif) -> None:
    from playwright.sync_api import sync_playwright

    hostile_page(rlaif)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 375, "height": 800})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(Path("audit.html").resolve().as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert len(asked) == 1
        assert page.title() == "scripted-hash@1.0.0 – audit"
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        browser.close()


def report_of(*probes: ProbeReport) -> AuditReport:
    stated = {"rubric": "r@1", "rubric_hash": "", "judge": "j@1", "served": "", "seed": 0}
    return AuditReport(**stated, samples=1, labelled=0, questions=1, probes=probes)


def test_an_interval_is_drawn_within_the_least_scale_that_holds_it() -> None:
    one = ProbeReport(
        probe="verbosity", finding="leans", counted=9, change=0.1, low=-0.002, high=0.2
    )
    report = report_of(one)
    assert scale_of(report) == 0.25
    bar = bar_of(one, scale_of(report))
    assert bar is not None
    assert (bar.middle, bar.high) == (84.0, 108.0)
    assert interval_of(one) == "+0.00 +0.20"
    assert lead(report) == "It leans by more words."
    assert report.sound
