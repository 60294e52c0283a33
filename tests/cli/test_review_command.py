"""`rlaif review`: what it refuses before it serves anything."""

import signal
import webbrowser
from pathlib import Path
from typing import Any

import pytest

from rlaif.cli import review as command
from tests.cli.conftest import Rlaif


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--names", "n.txt"), "--names hides names only together with --redact"),
        (("--annotator", " "), "no name that can be read"),
        (("--annotator", "a\u202eb"), "no name that can be read"),
        (("--annotator", "a" * 61), "at most 60 characters"),
        (("--host", "0.0.0.0"), "callers must know a token"),  # noqa: S104 - it is refused
    ],
)
def test_what_cannot_be_meant_is_told_at_once(
    rlaif: Rlaif, tmp_path: Path, given: tuple[str, ...], told: str
) -> None:
    ran = rlaif("review", str(tmp_path), *given)
    assert ran.status == 2
    assert told in ran.err


def test_a_folder_that_is_no_run_is_told(rlaif: Rlaif, tmp_path: Path) -> None:
    ran = rlaif("review", str(tmp_path / "none"))
    assert ran.status == 2
    assert "none" in ran.err


def test_the_browser_that_is_opened_is_not_told_the_token(
    rlaif: Rlaif, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, codes = list[str](), list[str]()
    token = "a-long-and-secret-token"  # noqa: S105 - of this test alone

    class Held:
        title = "a review"

    def serve(*given: Any, code: str) -> int:
        given[-1]("http://0.0.0.0:8200")
        codes.append(code)
        return signal.SIGTERM

    monkeypatch.setenv("RLAIF_TOKEN", token)
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(command, "load", lambda _: serve)
    monkeypatch.setattr(command, "open_review", lambda *_, **__: Held())
    given = ("--host", "0.0.0.0", "--token-env", "RLAIF_TOKEN", "--open")  # noqa: S104 - not served
    for _ in range(2):
        ran = rlaif("review", str(tmp_path), *given)
        assert ran.status == 0
        assert "/enter?token=$RLAIF_TOKEN" in ran.out
        assert token not in ran.out + ran.err
    assert opened == [f"http://127.0.0.1:8200/enter?code={code}" for code in codes]
    assert len(set(codes)) == 2
    assert min(map(len, codes)) >= 20
