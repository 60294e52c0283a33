"""`rlaif report`: one page of a run, of any run, whatever its samples hold."""

import html
import re
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from rlaif.errors import MissingExtra
from rlaif.lazy import ADAPTERS
from rlaif.reporting.report import sample_cards
from rlaif.reporting.report.blocks import Plot
from rlaif.runs import report as report_module
from rlaif.storage import report_base
from tests.cli.conftest import Rlaif, sample, scripted, write_samples

BIDI = "\u202e"
EVIL = f"</script><script>alert(1)</script><img src=x onerror=alert(2)>{BIDI}{{{{ 7 * 7 }}}}"


def draw(plot: Plot) -> dict[str, Any]:
    return {"rows": list(plot.rows), "kind": plot.kind}


@pytest.fixture(autouse=True)
def no_library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for what draws, which takes seconds; test_report_in_browser.py has that."""
    made = {
        ADAPTERS["charts"]: draw,
        ADAPTERS["chart_library"]: lambda: "// </script> <!-- library",
    }
    monkeypatch.setattr(report_module, "load", made.__getitem__)


def graded(rlaif: Rlaif, rows: list[dict[str, Any]], out: str = "run", **judge: Any) -> None:
    write_samples(Path(f"{out}.jsonl"), rows)
    scripted(Path(f"{out}-judge.yaml"), **judge)
    ran = rlaif("grade", "rubric.yaml", f"{out}.jsonl", "-j", f"{out}-judge.yaml", "-o", out)
    assert ran.status in (0, 1), ran.err


def page(rlaif: Rlaif, *more: object) -> str:
    ran = rlaif("report", "run", "-o", "report.html", *more)
    assert ran.status == 0, ran.err
    return Path("report.html").read_text()


def words(text: str) -> str:
    """What a reader reads of a page."""
    body = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_the_mean_of_a_report_is_that_of_the_exported_scores(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n, group_id=f"g{n // 4}", policy=f"p{n % 2}") for n in range(40)])
    scores = [row["score"] for row in rlaif("export", "run").rows]
    told = words(page(rlaif))
    assert f"Mean score {mean(scores):.3f}" in told
    assert f"{sum(score == 0 for score in scores)} of the scored" in told
    for name in ("p0", "p1"):
        of_policy = [s for n, s in enumerate(scores) if f"p{n % 2}" == name]
        assert f"{name} 20 {mean(of_policy):.3f}" in told


def test_groups_whose_scores_are_all_equal_are_counted(rlaif: Rlaif) -> None:
    rows = [sample(n, group_id=f"g{n // 2}") for n in range(6)]
    rows += [
        {"sample_id": f"t{n}", "prompt": "Greet.", "completion": "no", "group_id": "same"}
        for n in range(3)
    ]
    graded(rlaif, rows)
    assert "4 groups. In 1 of them (25%) all scores are equal." in words(page(rlaif))


def test_criteria_say_what_they_are_worth_in_words(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n) for n in range(8)])
    told = words(page(rlaif))
    assert "a gate: when unmet, the score is 0" in told
    assert "a fault: loses 1 point when met" in told
    assert "earns 2 points when met" in told


def test_every_plot_has_its_table_and_a_description(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n, policy=f"p{n % 3}") for n in range(12)])
    text = page(rlaif)
    figures = re.findall(r"<figure>.*?</figure>", text, flags=re.DOTALL)
    assert len(figures) >= 5
    for figure in figures:
        told = re.search(r'role="img" aria-label="[^"]+" aria-describedby="([^"]+)"', figure)
        assert told
        assert f'id="{told[1]}"' in figure
        assert re.search(
            r"<details class=\"table\">.*<table>.*<th scope=\"row\"", figure, re.DOTALL
        )


def test_headings_never_leave_out_a_step_and_ids_are_unique(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n) for n in range(8)])
    text = page(rlaif)
    steps = [int(step) for step in re.findall(r"<h([1-6])\b", text)]
    assert steps[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(steps))
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_hostile_texts_stay_texts(rlaif: Rlaif) -> None:
    rows = [
        sample(0, prompt=EVIL, policy=EVIL, group_id=EVIL),
        {"sample_id": f"<i>{EVIL}</i>", "prompt": EVIL, "completion": f"hello {EVIL} \x00 \x1b[2J"},
        sample(2, completion="hello " + "<" * 1_000_000),
        sample(3, completion=[{"role": "assistant", "content": f"hello <!--<script>{EVIL}"}]),
    ]
    graded(rlaif, rows)
    text = page(rlaif)
    assert "<script>alert" not in text
    assert "<img" not in text
    assert BIDI not in text
    assert "\\u202e" in text
    assert "7 * 7" in text
    assert "\x1b" not in text
    assert text.count("</script>") == 3
    assert "980,006 more characters" in text
    assert len(text) < 1_000_000


def test_a_page_full_of_long_texts_stays_small(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_cards, "MOST_BYTES", 50_000)
    graded(rlaif, [sample(n, completion=f"hello {n} " + "&" * 20_000) for n in range(12)])
    assert len(page(rlaif)) < 300_000


def test_a_page_may_load_nothing(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n) for n in range(4)])
    text = page(rlaif)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert len(re.findall("sha256-", policy[1])) == 2
    assert "unsafe-eval" not in policy[1]
    assert not re.search(r"<(link|img|iframe|object|embed|base)\b|\bsrc=|@import|url\((?!#)", text)


def test_a_run_that_is_not_finished_says_so(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n) for n in range(8)])
    for part in Path("run/parts").iterdir():
        part.unlink()
    told = words(page(rlaif))
    assert "This run is not finished: 8 of 8 samples are not graded." in told
    assert "Nothing is graded yet." in told


def test_a_run_in_which_all_failed_shows_why(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n, completion=f"hello {n}") for n in range(5)], failure_share=1.0)
    told = words(page(rlaif))
    assert "5 samples failed and have no score (100%)." in told
    assert "Every grade failed." in told
    assert "Failures, the most frequent first" in told


def test_a_run_of_one_sample_without_a_policy_has_a_report(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(0)])
    told = words(page(rlaif))
    assert "1 sample graded by" in told
    assert "There are fewer than 10 prompts" in told
    assert "Policies" not in told


def test_without_the_kept_rubric_the_rest_is_still_shown(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n) for n in range(8)])
    next(Path("run").glob("rubric-*")).unlink()
    told = words(page(rlaif))
    assert "weights and gates are not shown" in told
    assert "Mean value of each criterion" in told


def test_samples_of_all_parts_are_read_in_several_batches(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_base, "AT_ONCE", 1)
    graded(rlaif, [sample(n) for n in range(4)])
    write_samples(Path("run.jsonl"), [sample(n) for n in range(9)])
    rlaif("grade", "rubric.yaml", "run.jsonl", "-j", "run-judge.yaml", "-o", "run")
    assert len(list(Path("run/parts").iterdir())) == 2
    assert "Scored 9 of 9 samples" in words(page(rlaif))


def test_two_runs_are_held_side_by_side_by_sample_id(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n) for n in range(30)])
    graded(rlaif, [sample(n) for n in range(5, 40)], "other", answers="best")
    here = {row["sample_id"]: row["score"] for row in rlaif("export", "run").rows}
    there = {row["sample_id"]: row["score"] for row in rlaif("export", "other").rows}
    both = sorted(here.keys() & there.keys())
    gap = mean(here[name] - there[name] for name in both)
    told = words(page(rlaif, "--against", "other", "--threshold", "0.6"))
    assert "25 samples of both runs were matched by their id" in told
    assert "5 are only in this run and 10 only in the other" in told
    assert f"The mean score differs by {gap:+.3f}".replace("-", "\u2212") in told
    only = sum(here[name] < 0.6 <= there[name] for name in both)
    assert f"pass in the other run alone {only}" in told
    assert "with a score of 0.6 or more" in told


def test_a_renamed_criterion_is_held_against_its_old_name(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n) for n in range(10)], "other")
    text = Path("rubric.yaml").read_text()
    Path("rubric.yaml").write_text(
        text.replace("kind:", "gentle:").replace("id: kind", "id: gentle")
    )
    graded(rlaif, [sample(n) for n in range(10)])
    told = words(page(rlaif, "--against", "other"))
    assert re.search(r"gentle \S+ \S+ \d+ 1 0\.\d+ 0\.\d+", told)
    assert "only this run has" not in told


def test_a_run_against_itself_is_refused(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(0)])
    ran = rlaif("report", "run", "--against", "run")
    assert ran.status == 2
    assert "held against itself" in ran.err


def test_a_run_of_pairs_is_refused_with_what_reads_one(rlaif: Rlaif, tmp_path: Path) -> None:
    graded(rlaif, [sample(0)])
    shutil.rmtree("run/samples")
    Path("run/manifest.json").rename("run/pairs.json")
    ran = rlaif("report", "run")
    assert ran.status == 2
    assert "a run of pairs, which has no scores" in ran.err


def test_without_the_extra_the_command_that_installs_it_is_named(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(target: str) -> Any:
        raise MissingExtra("'altair' is not installed; run: pip install 'rlaif[report]'")

    monkeypatch.setattr(report_module, "load", absent)
    ran = rlaif("report", "run")
    assert (ran.status, "pip install 'rlaif[report]'" in ran.err) == (2, True)


def test_policies_of_one_prompt_are_compared_prompt_by_prompt(rlaif: Rlaif) -> None:
    rows = [
        sample(n, sample_id=f"{name}{n}", prompt=f"Greet {n}.", policy=name)
        for name in ("a", "b")
        for n in range(24)
    ]
    graded(rlaif, rows)
    scores = {row["sample_id"]: row["score"] for row in rlaif("export", "run").rows}
    gap = mean(scores[f"b{n}"] - scores[f"a{n}"] for n in range(24))
    told = words(page(rlaif))
    assert "Each policy less the first (a), on the prompts that both answered" in told
    assert f" b {gap:+.3f}".replace("-", "\u2212") in told


def test_the_reasoning_of_a_chat_is_no_length_of_it(rlaif: Rlaif) -> None:
    thought = f"<think>{'x' * 5000}</think>"
    texts = [f"{thought}hello {'y' * n}" for n in range(4)]
    chats = [[{"role": "assistant", "content": text}] for text in texts]
    graded(rlaif, [sample(n, completion=chat) for n, chat in enumerate(chats)])
    table = words(page(rlaif)).partition("Table: Mean score by length")[2]
    assert "5," not in table.partition("Correlation of score")[0]


def test_a_run_without_a_grade_says_that_none_is_graded(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(0)])
    for part in Path("run/parts").iterdir():
        part.unlink()
    told = words(page(rlaif))
    assert "0 of 1 sample graded by" in told
    assert "1 of 1 sample is not graded" in told
    assert re.search(r"Begun \d{1,2} [A-Z][a-z]+ 20\d\d, \d\d:\d\d UTC", told)


def test_verdicts_that_the_run_did_not_ask_for_have_a_cost_that_is_not_known(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded(rlaif, [sample(n) for n in range(4)])
    stated = report_module._stated
    monkeypatch.setattr(report_module, "_stated", lambda run: replace(stated(run), spent={}))
    assert "came into the run without a question from it" in words(page(rlaif))


def test_a_page_goes_to_standard_output(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(0)])
    ran = rlaif("report", "run", "-o", "-")
    assert (ran.status, ran.out[:15], ran.err) == (0, "<!doctype html>", "")
    assert not Path("-").exists()


def test_a_page_whose_later_texts_are_cut_says_so(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_cards, "MOST_BYTES", 2_000)
    graded(rlaif, [sample(n, completion="hello " * 300) for n in range(3)])
    assert "is cut to 500 characters each" in words(page(rlaif))


def test_what_a_gate_did_not_decide_has_a_mean_of_its_own(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n) for n in range(40)])
    rows = rlaif("export", "run").rows
    alone = [row["score"] for row in rows if not row["reason"]]
    assert f"Mean of those scored by criteria {mean(alone):.3f}" in words(page(rlaif))


def test_every_cell_bears_the_heading_of_its_column(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n) for n in range(4)])
    cells = re.findall(r"<td[^>]*>", page(rlaif))
    assert cells
    assert all('data-label="' in cell for cell in cells)


def test_two_runs_begin_with_what_lies_between_them(rlaif: Rlaif) -> None:
    graded(rlaif, [sample(n) for n in range(8)])
    graded(rlaif, [sample(n) for n in range(8)], "other", answers="best")
    tiles = words(page(rlaif, "--against", "other").partition('class="tiles">')[2])
    assert tiles.startswith("This run less the other \u2212")
    assert "Pass at 0.5" in tiles
