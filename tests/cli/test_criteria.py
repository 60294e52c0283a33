"""`rlaif criteria`: what a run says of its criteria, without labels."""

from pathlib import Path
from statistics import correlation, mean
from typing import Any

import orjson
import pytest

from rlaif.errors import MissingExtra
from rlaif.runs import criteria as module
from tests.cli.conftest import Ran, Rlaif, sample, scripted, write_samples

CHECKS = {"alpha": "alpha", "copy": "alpha", "beta": "beta", "gamma": "gamma", "always": "answer"}
RUBRIC = """\
rubric: words
version: 1.0.0
title: Words that stand in it
criteria:
{checks}
- {{id: bad, check: contains, text: bad}}
- {{id: rude, check: contains, text: rude, weight: -1}}
- {{id: kind, ask: Is the answer kind to the reader?}}
"""


def words_of(number: int) -> list[str]:
    """Good samples have many of the good words, and some of every kind break the rule."""
    good = number % 10
    rule = {"alpha": good >= 3, "beta": good >= 5, "gamma": good >= 7}
    rule |= {"bad": good < 4, "rude": good < 2}
    broken = {"alpha": 7, "beta": 9, "gamma": 11, "bad": 13, "rude": 17}
    return [w for w, met in rule.items() if met != (number * 3 % broken[w] == 0)]


SAMPLES = [
    sample(n, prompt=f"Question {n}?", completion=f"The answer {n}: {' '.join(words_of(n))}.")
    for n in range(260)
]


def graded(rlaif: Rlaif, rubric: str, rows: list[dict[str, Any]], **judge: Any) -> None:
    Path("words.yaml").write_text(rubric)
    write_samples(Path("words.jsonl"), rows)
    scripted(Path("judge.yaml"), **judge)
    ran = rlaif("grade", "words.yaml", "words.jsonl", "-j", "judge.yaml", "-o", "run")
    assert ran.status in (0, 1), ran.err


def rubric() -> str:
    checks = [f"- {{id: {k}, check: contains, text: {v}}}" for k, v in CHECKS.items()]
    return RUBRIC.format(checks="\n".join(checks))


def found(ran: Ran) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    assert ran.status == 0, ran.err
    page = orjson.loads(ran.out)
    return page, {one["criterion"]: one for one in page["criteria"]}


def test_the_figures_are_those_of_the_answers(rlaif: Rlaif) -> None:
    graded(rlaif, rubric(), SAMPLES)
    page, by = found(rlaif("criteria", "run", "--format", "json"))
    assert page["samples"] == page["graded"] == page["model_samples"] == 260
    assert list(by) == [*CHECKS, "bad", "rude", "kind"]
    met = {c: [w in words_of(n) for n in range(260)] for c, w in CHECKS.items() if c != "always"}
    assert by["beta"]["prevalence"] == pytest.approx(mean(met["beta"]))
    exported = rlaif("export", "run", "-o", "-").rows
    values = [{o["criterion"]: o["value"] for o in row["outcomes"]} for row in exported]
    for name, sign in (("beta", 1), ("rude", -1)):
        rest = [
            sum(v * (-1 if c == "rude" else 1) for c, v in row.items() if c != name)
            for row in values
        ]
        expected = correlation([row[name] for row in values], rest)
        assert by[name]["discrimination"] == pytest.approx(expected, abs=1e-6)
        assert by[name]["slope"] * sign > 0
    unsure = mean(max(row["kind"], 1 - row["kind"]) < 0.65 for row in values)
    assert by["kind"]["ambiguity"] == pytest.approx(unsure)
    assert by["kind"]["questions"] == 1
    assert by["beta"]["questions"] is None
    assert by["beta"]["ambiguity"] is None
    assert by["rude"]["kinds"] == ["fault", "check"]

    assert by["alpha"]["redundant"] == [{"criterion": "copy", "alike": 1.0}]
    (same,) = (text for text in by["alpha"]["advice"] if "copy" in text)
    assert same.startswith("Agrees with 'copy' in 100% of the samples (chance alone would give 5")
    assert not [text for text in by["copy"]["advice"] if "alpha" in text]
    assert "Answered 'yes' in all of the samples" in by["always"]["advice"][0]
    assert by["always"]["slope"] is None
    assert "Goes against the rest of the rubric (correlation -" in by["bad"]["advice"][0]
    assert by["bad"]["slope"] < 0
    assert not by["rude"]["advice"]
    assert any("The judge is unsure in" in text for text in by["kind"]["advice"])

    text = rlaif("criteria", "run")
    assert text.status == 0
    assert "rude (fault, check)" in text.out
    assert "4 criteria of 8 to look at." in text.out
    assert max(map(len, text.out.splitlines())) <= 80


def test_what_fails_or_is_skipped_is_told_and_has_no_figures(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        "- {id: gate, check: contains, text: nowhere, gate: true}",
        "- {id: after, ask: Is the answer kind to the reader?}",
    ]
    text = RUBRIC.format(checks="\n".join(rows))
    graded(rlaif, text, SAMPLES[:30])
    monkeypatch.setenv("COLUMNS", "40")
    _, by = found(rlaif("criteria", "run", "--format", "json"))
    assert by["after"]["answered"] == 0
    assert by["after"]["prevalence"] is None
    assert by["after"]["advice"] == [
        "Never asked: skipped on all 30 samples (mostly: a gate was unmet)."
    ]
    assert "As a gate it may do its work" in by["gate"]["advice"][0]
    told = rlaif("criteria", "run").out
    assert max(map(len, told.splitlines())) <= 40


def test_a_judge_that_always_fails_is_told_with_the_stage(rlaif: Rlaif) -> None:
    graded(rlaif, rubric(), SAMPLES[:25], failure_share=1.0)
    page, by = found(rlaif("criteria", "run", "--format", "json"))
    assert by["kind"]["failed"] == 25
    assert by["kind"]["advice"][0].startswith("Never answered: it failed on all 25 samples")
    assert "mostly backend: the judge did not answer" in by["kind"]["advice"][0]
    assert page["notes"] == ["No slopes: they take at least 100 graded samples."]


def test_without_the_extra_all_but_slopes_is_there(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded(rlaif, rubric(), SAMPLES[:25])

    def absent(_: str) -> object:
        raise MissingExtra("'scipy' is not installed; run: pip install 'rlaif[agree]'")

    monkeypatch.setattr(module, "load", absent)
    page, by = found(rlaif("criteria", "run", "--format", "json"))
    assert page["notes"][0].startswith("No slopes: 'scipy' is not installed")
    assert by["beta"]["discrimination"] is not None


def test_criteria_of_the_samples_own_are_listed_by_frequency(rlaif: Rlaif) -> None:
    def own(n: int) -> list[dict[str, Any]]:
        ids = ["shared", *(["odd"] if n % 2 else []), f"only-{n}"]
        return [{"id": i, "check": "contains", "text": "alpha"} for i in ids]

    text = "rubric: own\nversion: 1.0.0\ntitle: Their own\ncriteria: per-sample\n"
    graded(rlaif, text, [{**one, "criteria": own(n)} for n, one in enumerate(SAMPLES[:60])])
    page, by = found(rlaif("criteria", "run", "--format", "json"))
    assert list(by)[:2] == ["shared", "odd"]
    assert len(by) == module._MOST_OWN
    assert page["left_out"] == 62 - module._MOST_OWN
    assert by["shared"]["answered"] == 60
    assert by["shared"]["kinds"] == ["own"]
    assert by["odd"]["answered"] == 30


def test_a_run_without_grades_is_refused(rlaif: Rlaif) -> None:
    ran = rlaif("criteria", "nowhere")
    assert ran.status == 2
    assert "nowhere: no such folder" in ran.err
