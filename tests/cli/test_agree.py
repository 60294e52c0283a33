"""`rlaif agree` as people and programs see it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

pytest.importorskip("krippendorff")

from tests.cli.conftest import RUBRIC, Rlaif, sample, scripted, write_samples

GOLDEN = Path(__file__).parent / "golden_agree"


def held_to(name: str, text: str) -> None:
    """Compare with the golden file. RLAIF_GOLDEN=write writes it anew."""
    path = GOLDEN / name
    if os.environ.get("RLAIF_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


def answers(number: int, annotator: str) -> dict[str, Any]:
    other = annotator == "ben" and number % 5 == 0
    return {
        "sample_id": f"s{number}",
        "annotator": annotator,
        "answers": {
            "says-hello": "no" if number % 4 == 1 else "yes",
            "kind": "yes" if number % 3 or other else "no",
            "warm": ("cold", "mild", "warm")[(number + other) % 3],
        },
    }


@pytest.fixture
def run(rlaif: Rlaif) -> str:
    """A run of 48 samples in 16 prompts, and labels of 36 by two people."""
    rows = [sample(i, prompt=f"Greet number {i % 16}.") for i in range(48)]
    write_samples(Path("samples.jsonl"), rows)
    rlaif("grade", "rubric.yaml", "samples.jsonl", "--out", "run", "--judge", "scripted-hash")
    write_samples(Path("ann.jsonl"), [answers(i, "ann") for i in range(36)])
    write_samples(Path("ben.jsonl"), [answers(i, "ben") for i in range(0, 36, 2)])
    return "run"


def test_the_text_at_two_widths_and_the_json(
    rlaif: Rlaif, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = ("agree", run, "ann.jsonl", "ben.jsonl", "--resamples", 200)
    for width in (80, 60):
        monkeypatch.setenv("COLUMNS", str(width))
        ran = rlaif(*told)
        assert (ran.status, ran.err) == (0, "")
        assert all(len(line) <= width for line in ran.out.splitlines())
        held_to(f"{width}.txt", "\n".join(x.rstrip() for x in ran.out.splitlines()) + "\n")
    held_to("figures.json", _rounded(rlaif(*told, "--format", "json").out))
    rlaif(*told, "--out", "agreement.txt")
    assert Path("agreement.txt").read_text() == (GOLDEN / "80.txt").read_text()


def _rounded(text: str) -> str:
    """Figures to six digits: the last ones differ between machines."""

    def plain(value: Any) -> Any:
        if isinstance(value, float):
            return round(value, 6)
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    return orjson.dumps(plain(orjson.loads(text)), option=orjson.OPT_INDENT_2).decode() + "\n"


def test_pairs_are_held_against_what_people_preferred(rlaif: Rlaif) -> None:
    Path("of.yaml").write_text(RUBRIC)
    rows = [
        {
            "pair_id": f"p{i}",
            "prompt": f"Greet number {i}.",
            "completion_a": f"hello to you, {i}",
            "completion_b": f"hello there, dear {i}",
            "human": ("a", "b", "tie")[i % 3],
        }
        for i in range(12)
    ]
    write_samples(Path("pairs.jsonl"), rows)
    judge = scripted(Path("judge.json"))
    rlaif("compare", "of.yaml", "pairs.jsonl", "--out", "pairs", "--judge", judge)
    ran = rlaif("agree", "pairs")
    assert ran.status == 0
    assert "(overall): the two orders name opposite sides in" in ran.out


def test_wrong_labels_are_told_at_their_lines(rlaif: Rlaif, run: str) -> None:
    write_samples(Path("bad.jsonl"), [{"sample_id": "s0", "answers": {"knid": "yes"}}])
    ran = rlaif("agree", run, "bad.jsonl")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "bad.jsonl:1:1: no criterion 'knid'\n  hint: did you mean 'kind'?\n"


def test_a_run_of_grades_needs_labels(rlaif: Rlaif, run: str) -> None:
    ran = rlaif("agree", run)
    assert (ran.status, ran.err.splitlines()[0]) == (
        2,
        "rlaif: name the people's answers: rlaif agree RUN LABELS",
    )
