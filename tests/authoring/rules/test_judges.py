"""What lint doubts in judge files, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlaif.authoring.document import parse_document
from rlaif.authoring.judge_file import judge_of
from rlaif.authoring.rules.every import warnings_of_judge
from rlaif.authoring.shipped import shipped_folder, shipped_judges
from rlaif.errors import Problem
from rlaif.runs.lint import lint

HEAD = "judge: a\nversion: 1.0.0\n"
VLLM = f"{HEAD}backend: vllm\nmodel: m\n"
OPENAI = f"{HEAD}backend: openai\nmodel: m\n"
HERE = f"{OPENAI}base_url: http://127.0.0.1:8000/v1\n"


def warnings(text: str, folder: Path | None = None) -> list[Problem]:
    """The warnings of a sound judge file, beside the shipped ones or in `folder`."""
    document = parse_document(text, str((folder or shipped_folder("judges")) / "a.yaml"))
    read = judge_of(document)
    assert read.problems == ()
    return sorted(warnings_of_judge(document, read.judge))


def codes(text: str, folder: Path | None = None) -> list[str]:
    """The warnings by place and code."""
    return [f"{p.line}:{p.column} {p.code}" for p in warnings(text, folder)]


def test_what_ships_gives_no_warning() -> None:
    assert lint([shipped_folder("judges")]) == []
    assert len(shipped_judges()) > 10


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://example.org/v1", ["5:11 key-in-the-clear"]),
        ("[https://example.org/v1, http://10.0.0.5:8000/v1]", ["5:36 key-in-the-clear"]),
        ("https://example.org/v1", []),
        ("http://127.0.0.1:8000/v1", []),
        ("http://localhost:8000/v1", []),
        ("http://[::1]:8000/v1", []),
    ],
)
def test_a_key_is_not_sent_to_others_in_the_clear(url: str, found: list[str]) -> None:
    assert codes(f"{OPENAI}base_url: {url}\napi_key_env: RLAIF_OTHER_API_KEY\n") == found
    assert codes(f"{OPENAI}base_url: {url}\n") == []


@pytest.mark.parametrize("api", ["chat", "json"])
def test_a_text_only_way_of_asking_is_named(api: str) -> None:
    assert codes(f"{HERE}api: {api}\n") == ["6:6 text-only"]


@pytest.mark.parametrize("api", ["auto", "completions"])
def test_token_ids_are_no_doubt(api: str) -> None:
    assert codes(f"{HERE}api: {api}\n") == []


def test_a_verdict_needs_some_mass() -> None:
    assert codes(f"{VLLM}min_label_mass: 0\n") == ["5:17 no-label-mass"]
    assert codes(f"{VLLM}min_label_mass: 0.001\n") == []


def test_one_draw_is_told_from_votes_and_from_no_draw() -> None:
    written = f"{VLLM}verdict: generated\n"
    assert codes(f"{written}temperature: 0.7\n") == ["6:14 one-draw"]
    assert codes(f"{VLLM}thinking: true\ntemperature: 0.6\n") == ["6:14 one-draw"]
    assert codes(f"{written}temperature: 0.7\nvotes: 3\n") == []
    assert codes(f"{written}temperature: 0.7\nmost_votes: 3\n") == []
    assert codes(written) == []


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ("thinking_tokens: 100", "5:1"),
        ('thinking_ends: "</t>"', "5:1"),
        ("rationale_tokens: 9", "5:1"),
        ("temperature: 0.5", "5:1"),
        ("verdict: one_call\nmin_label_mass: 0.1", "6:1"),
    ],
)
def test_a_key_without_effect_is_named(keys: str, place: str) -> None:
    assert codes(f"{VLLM}{keys}\n") == [f"{place} no-effect"]


def test_a_key_with_an_effect_is_left_alone() -> None:
    every = "thinking: true\nthinking_tokens: 100\nverdict: generated\nrationale_tokens: 9\n"
    assert codes(f"{VLLM}{every}options: {{enforce_eager: true}}\n") == []


def test_an_even_jury_has_no_majority() -> None:
    two, three = "[scripted, scripted-hash]", "[scripted, scripted-hash, smollm2-135m]"
    assert codes(f"{HEAD}jury: {two}\nrule: majority\n") == ["4:7 even-jury"]
    assert codes(f"{HEAD}jury: {three}\nrule: majority\n") == []
    assert codes(f"{HEAD}jury: {two}\n") == []


def test_one_model_sits_on_a_jury_once() -> None:
    both = "[qwen3-8b, qwen3-8b-thinking]"
    assert codes(f"{HEAD}jury: {both}\n") == ["3:18 same-model"]
    assert codes(f"{HEAD}cascade: {both}\n") == []


def test_a_cascade_whose_first_judge_has_no_doubt_never_goes_on(tmp_path: Path) -> None:
    (tmp_path / "sure.yaml").write_text(f"{VLLM}verdict: generated\n".replace(": a", ": sure"))
    (tmp_path / "votes.yaml").write_text(
        f"{VLLM}verdict: generated\ntemperature: 1\nvotes: 3\n".replace(": a", ": votes")
    )
    assert codes(f"{HEAD}cascade: [sure.yaml, scripted]\n", tmp_path) == ["3:11 never-unsure"]
    assert codes(f"{HEAD}cascade: [votes.yaml, scripted]\n", tmp_path) == []
    assert codes(f"{HEAD}cascade: [scripted, sure.yaml]\n", tmp_path) == []


MAPS = "calibration:\n  others: {method: temperature, temperature: 2}\n"
FITTED = (
    "  fitted: {rubric: r@1.0.0, rubric_hash: a, judge: a@1.0.0, judge_hash: b, labels: c, "
    "rows: 1, annotators: 1, seed: 0, share: 0.5, on: 2030-01-01}\n"
)


def test_a_calibration_of_the_judge_that_it_was_is_not_used(tmp_path: Path) -> None:
    assert codes(f"{VLLM}{MAPS}") == []
    assert codes(f"{VLLM}{MAPS}{FITTED}") == ["5:1 not-calibrated"]
    text = f"{VLLM}{MAPS}{FITTED}"
    own = judge_of(parse_document(text, str(shipped_folder("judges") / "a.yaml"))).judge
    assert own is not None
    assert codes(text.replace("judge_hash: b", f"judge_hash: {own.asked_hash}")) == []


def test_a_member_of_a_panel_is_not_calibrated_by_itself(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(f"{VLLM}{MAPS}".replace(": a", ": one"))
    assert codes(f"{HEAD}jury: [scripted, one.yaml]\n", tmp_path) == ["3:18 not-calibrated"]
    assert codes(f"{HEAD}jury: [scripted, scripted-hash]\n{MAPS}", tmp_path) == []


def test_a_warning_is_switched_off_with_a_reason() -> None:
    assert codes(f"{HERE}api: chat\nlint_off: {{text-only: hosted}}\n") == []
    needless = codes(f"{HERE}lint_off: {{text-only: hosted}}\n")
    assert needless == ["6:12 needless-lint-off"]


def test_a_hidden_character_is_seen_in_judge_files_too() -> None:
    assert codes(f"{VLLM}about: a\u200bb\n") == ["5:9 invisible-character"]


def test_a_fault_of_a_template_is_told_of_a_member_too(tmp_path: Path) -> None:
    member = "judge: small\nversion: 1.0.0\nbackend: scripted\ntemplate: t.jinja2\n"
    (tmp_path / "small.yaml").write_text(member)
    (tmp_path / "t.jinja2").write_text("{% block system %}{% endblock %}\n")
    (tmp_path / "both.yaml").write_text(f"{HEAD}jury: [small.yaml, scripted]\n")
    found = lint([tmp_path / "both.yaml"])
    assert {Path(problem.path).name for problem in found} == {"t.jinja2"}
