"""Garbage in every place of every command: exit status 2, one message, no traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.cli.conftest import Rlaif

NAMES = (
    *("empty.yaml", "noise.yaml", "noise.jsonl", "noise.parquet", "noise.gz", "noise.zst"),
    *("folder", "folder.yaml", "folder.parquet", "nul.yaml", "deep.yaml", "deep.jsonl"),
    *("list.jsonl", "loop", "dangling.yaml", "latin.yaml", "nowhere", "nowhere.yaml"),
    *("/", "x" * 5000, "https://localhost/x", "broken-run", "other-run", "folder-run", "\udcff"),
)
RUBRIC = "worked-math-solution"
PLACES = {
    "test": ("test", "@"),
    "test's judge": ("test", RUBRIC, "--judge", "@"),
    "prompt's rubric": ("prompt", "@", "samples.jsonl", "--judge", "scripted"),
    "prompt's judge": ("prompt", "rubric.yaml", "samples.jsonl", "--judge", "@"),
    "grade's rubric": ("grade", "@", "samples.jsonl", "--judge", "scripted", "--out", "new"),
    "grade's samples": ("grade", "rubric.yaml", "@", "--judge", "scripted", "--out", "new"),
    "grade's judge": ("grade", "rubric.yaml", "samples.jsonl", "--judge", "@", "--out", "new"),
    "score's rubric": ("score", "@", "answers.jsonl"),
    "show": ("show", "@"),
    "export": ("export", "@"),
    "a command": ("@",),
}


@pytest.fixture(autouse=True)
def garbage(in_a_folder: None) -> None:
    noise = random.Random(1).randbytes(20_000)  # noqa: S311 - the same noise every time
    for name in ("noise.yaml", "noise.jsonl", "noise.parquet", "noise.gz", "noise.zst"):
        Path(name).write_bytes(noise)
    for name in ("folder", "folder.yaml", "folder.parquet", "broken-run", "other-run"):
        Path(name).mkdir()
    Path("broken-run/manifest.json").write_bytes(noise)
    Path("other-run/manifest.json").write_text('{"name": "a web app"}')
    Path("folder-run/manifest.json").mkdir(parents=True)
    Path("empty.yaml").touch()
    Path("nul.yaml").write_bytes(bytes(100))
    Path("deep.yaml").write_text("[" * 100_000)
    Path("deep.jsonl").write_text("[" * 100_000)
    Path("list.jsonl").write_text('[1]\n3\n"x"\nnull\n{}\n')
    Path("latin.yaml").write_bytes("rubric: grün".encode("latin-1"))
    Path("loop").symlink_to("loop")
    Path("dangling.yaml").symlink_to("gone")
    Path("answers.jsonl").write_text('{"sample_id": "s0", "answers": {}}\n')


@pytest.mark.parametrize("place", PLACES)
def test_garbage_gets_a_message(rlaif: Rlaif, place: str) -> None:
    for name in NAMES:
        ran = rlaif(*(name if part == "@" else part for part in PLACES[place]))
        assert (name, ran.status, ran.out) == (name, 2, "")
        assert ran.err.strip(), name
        assert not any(word in ran.err for word in ("Error", "errno", "pydantic", "<class")), name


def test_a_run_cannot_be_made_of_garbage(rlaif: Rlaif) -> None:
    for name in ("noise.jsonl", "folder-run", "broken-run", "other-run", "loop", "noise.gz/run"):
        ran = rlaif("grade", "rubric.yaml", "samples.jsonl", "--judge", "scripted", "--out", name)
        assert (name, ran.status, ran.out) == (name, 2, "")
        assert name.partition("/")[0] in ran.err


def test_lint_calls_garbage_a_finding(rlaif: Rlaif) -> None:
    for name in ("noise.yaml", "empty.yaml", "nul.yaml", "deep.yaml", "latin.yaml", "folder"):
        ran = rlaif("lint", name)
        assert (name, ran.status) == (name, 1)
        assert ran.out.startswith(f"{name}:")
        assert ran.err == "1 error, 0 warnings\n"


def test_init_does_not_write_into_a_file(rlaif: Rlaif) -> None:
    for name in ("noise.yaml", "loop", "noise.gz/inside"):
        ran = rlaif("init", name)
        assert (name, ran.status, ran.out) == (name, 2, "")
