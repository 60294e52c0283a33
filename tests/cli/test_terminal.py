"""What others wrote cannot do anything to the terminal of the one who looks."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import PROGRAM, Program, Rlaif, sample, scripted, write_samples

HOSTILE = "[bold]a[/bold]\x1b[31mred\nnew line\x9b2J\u202eevil\x07"
SHOWN = r"[bold]a[/bold]\x1b[31mred\nnew line\x9b2J\u202eevil\x07"
SIGNS = "\x1b\x9b\u202e\x07"
GRADE = ("grade", "rubric.yaml", "samples.jsonl", "--out", "run", "--judge")
ASCII = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "PYTHONIOENCODING": ""}


def hostile_samples() -> None:
    row = sample(0, sample_id=HOSTILE, policy=HOSTILE, completion=f"hello {HOSTILE} hello")
    write_samples(Path("samples.jsonl"), [row])


def test_a_sample_id_is_shown_as_it_is_written(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile_samples()
    monkeypatch.setenv("COLUMNS", "300")
    rlaif(*GRADE, "scripted")
    shown = rlaif("show", "run").out
    assert shown.count(SHOWN) == 2
    assert not set(SIGNS) & set(shown)


def test_a_failure_message_is_shown_as_it_is_written(rlaif: Rlaif) -> None:
    hostile_samples()
    judge = scripted(Path("odd.yaml"), answers={"kind": "yes"})
    assert rlaif(*GRADE, judge).status == 1
    assert not set(SIGNS) & set(rlaif("show", "run").out)


def test_a_prompt_shows_control_signs_and_sends_none(rlaif: Rlaif) -> None:
    hostile_samples()
    shown = rlaif("prompt", "rubric.yaml", "samples.jsonl", "--judge", "scripted")
    assert shown.out.startswith(f"=== {SHOWN} / kind\n")
    assert not set(SIGNS) & set(shown.out)


def test_errors_send_no_control_signs(rlaif: Rlaif) -> None:
    write_samples(
        Path("samples.jsonl"), [sample(0, sample_id=HOSTILE), sample(1, sample_id=HOSTILE)]
    )
    for given in (
        (*GRADE, "scripted"),
        ("lint", HOSTILE),
        ("show", HOSTILE),
        (HOSTILE,),
        ("grade", "rubric.yaml", "samples.jsonl", "--map", HOSTILE),
    ):
        ran = rlaif(*given)
        assert ran.status == 2
        assert not set(SIGNS) & set(ran.err)


def test_a_rubric_cannot_colour_what_lint_says(rlaif: Rlaif) -> None:
    Path("odd.yaml").write_text('rubric: "a\\e[31mb"\nversion: 1.0.0\n"\\e[2Jkey": 1\n')
    ran = rlaif("lint", "odd.yaml")
    assert ran.status == 1
    assert not set(SIGNS) & set(ran.out)


@pytest.mark.parametrize(
    "given",
    [
        ("lint", "umlaut.yaml"),
        ("test", "umlaut.yaml"),
        ("show", "run"),
        ("--help",),
        ("rubrics",),
        ("lint", "bäd.yaml"),
    ],
)
def test_an_ascii_terminal_breaks_nothing(
    rlaif: Rlaif, program: Program, given: tuple[str, ...]
) -> None:
    Path("umlaut.yaml").write_text(
        "rubric: umlaut\nversion: 1.0.0\ntitle: Grüße → 世界\ncriteria:\n"
        "  - id: größe\n    ask: Ist die Größe richtig angegeben?\n",
        encoding="utf-8",
    )
    hostile_samples()
    rlaif(*GRADE, "scripted")
    ran = program(*given, **ASCII)
    assert ran.status in (0, 1, 2)
    assert ran.out + ran.err
    assert (ran.out + ran.err).isascii()


def test_standard_streams_may_be_closed() -> None:
    done = subprocess.run(f"'{PROGRAM}' rubrics >&- 2>&-", shell=True, check=False)  # noqa: S602
    assert done.returncode == 0


def on_a_terminal(*given: str, env: dict[str, str] | None = None) -> str:
    """What the program writes to a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    shell = {**os.environ, "COLUMNS": "100", "TERM": "xterm-256color", **(env or {})}
    with subprocess.Popen(
        [PROGRAM, *given], stdin=theirs, stdout=theirs, stderr=theirs, env=shell
    ) as job:
        os.close(theirs)
        written = bytearray()
        while chunk := _read(ours):
            written += chunk
    os.close(ours)
    assert job.returncode == 0
    return written.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


@pytest.mark.skipif(sys.platform != "linux", reason="reads a pseudo-terminal as Linux does")
class TestOnATerminal:
    def test_a_bar_shows_how_far_it_is_and_how_fast(self) -> None:
        write_samples(Path("samples.jsonl"), map(sample, range(700)))
        scripted(Path("slow.yaml"), latency_s=0.3)
        written = on_a_terminal(*GRADE, "slow.yaml")
        assert "grading" in written
        assert "━" in written
        assert "700/700" in written
        assert "verdicts/s" in written
        assert "700 of 700 samples graded" in written

    def test_colour_is_used_unless_it_is_not_wanted(self, rlaif: Rlaif) -> None:
        rlaif(*GRADE, "scripted")
        assert "\x1b[36m" in on_a_terminal("show", "run")
        assert "\x1b[36m" not in on_a_terminal("show", "run", env={"NO_COLOR": "1"})


def test_a_pipe_gets_lines_and_no_bar(rlaif: Rlaif) -> None:
    first, last = rlaif(*GRADE, "scripted").err.splitlines()
    assert first == "grading 8 samples"
    assert last.startswith("8 of 8 samples, ")
    assert last.endswith(" verdicts/s")


def test_failures_are_counted_by_their_stage(rlaif: Rlaif) -> None:
    judge = scripted(Path("broken.yaml"), failure_share=1.0)
    assert rlaif(*GRADE, judge).err.splitlines()[-1].endswith("failed (18 backend)")


def test_a_job_goes_on_when_nobody_reads_its_lines(rlaif: Rlaif) -> None:
    with subprocess.Popen(
        [PROGRAM, *GRADE, "scripted"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as job:
        assert job.stderr
        job.stderr.close()
        job.communicate()
    assert job.returncode == 0
    assert len(rlaif("export", "run").rows) == 8
