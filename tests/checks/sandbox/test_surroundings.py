"""What a program finds around it."""

from __future__ import annotations

import errno
import signal

import pytest

from rlaif.checks.sandbox import surroundings
from rlaif.checks.sandbox.interpreter import interpreter
from rlaif.checks.sandbox.launch import READ, Flavour
from rlaif.records.jobs import Limits, ProgramJob

PLAIN = Flavour("landlock")


def test_python_is_the_one_that_the_sandbox_uses() -> None:
    assert surroundings.command(("python3", "a.py")) == [interpreter().path, "a.py"]
    assert surroundings.command(("python", "a.py")) == [interpreter().path, "a.py"]
    assert surroundings.command(("./python3",)) == ["./python3"]


def test_the_scratch_folder_is_home_and_nothing_of_ours_is_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_KEY", "x")
    found = surroundings.environment(PLAIN, "/scratch")
    assert (found["HOME"], found["TMPDIR"]) == ("/scratch", "/scratch")
    assert found["PYTHONHASHSEED"] == "0"
    assert not {"SECRET_KEY", "PYTHONPATH", "USER"} & set(found)


def test_packages_can_be_found_where_there_are_some() -> None:
    found = surroundings.environment(Flavour("landlock", ("numpy",)), "/scratch")
    assert found["PYTHONPATH"].split(":") == list(interpreter().packages)


def test_folders_that_a_person_adds_are_searched_for_commands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(READ, "/opt/jdk:/opt/go")
    path = surroundings.environment(PLAIN, "/scratch")["PATH"].split(":")
    assert path[-4:] == ["/opt/jdk/bin", "/opt/jdk", "/opt/go/bin", "/opt/go"]


def test_a_missing_command_names_what_can_be_seen() -> None:
    told = surroundings.absent(PLAIN, "javac", errno.ENOENT)
    assert told.startswith("'javac' does not exist in the sandbox, which shows these folders: /usr")
    assert told.endswith("the environment variable RLAIF_SANDBOX_READ names further ones")


def test_signals_are_told_by_name_and_with_their_cause() -> None:
    limits = Limits(scratch=2**21)
    assert surroundings.signal_told(signal.SIGSEGV, limits) == "it was ended by SIGSEGV"
    assert surroundings.signal_told(signal.SIGXFSZ, limits) == (
        "it was ended by SIGXFSZ: it wrote more than 2 MB into one file or output"
    )
    assert surroundings.signal_told(40, limits) == "it was ended by 40"


def test_input_is_counted_in_whole_pages() -> None:
    limits = Limits(scratch=2**14)
    fits = ProgramJob(("true",), {str(i): b"x" for i in range(4)}, limits=limits)
    large = ProgramJob(("true",), {str(i): b"x" for i in range(5)}, limits=limits)
    assert surroundings.too_large(fits) == ""
    assert "scratch folder" in surroundings.too_large(large)
