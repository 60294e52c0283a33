"""`rlaif review`: what it refuses before it serves anything."""

from pathlib import Path

import pytest

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
