"""Content that changed since the last commit, under a version that did not."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from rlaif.authoring.reading import MOST_BYTES
from rlaif.authoring.rubric_file import read_rubric
from rlaif.authoring.rules.look import Finding, Look
from rlaif.records.rubric import Rubric

_TIMEOUT_S = 5.0


def same_version(look: Look) -> Iterator[Finding]:
    """A rubric that scores otherwise than the committed one, and calls itself the same version.

    Comments, examples that do not teach, and what else no score depends on may change. Nothing is
    said without git, outside a repository, of a new file, or where the committed one is not sound.
    What an included file, or one that a check names, held at that commit is not looked up.
    """
    before = _committed(Path(look.document.path), look.document.text)
    now = look.rubric
    if (
        before is not None
        and isinstance(now, Rubric)
        and before.version == now.version
        and before.content_hash != now.content_hash
    ):
        message = (
            f"the content is not that of the last commit, and the version is still {now.version}: "
            "two kinds of scores would bear one name"
        )
        hint = "give it a new version"
        yield look.warn("same-version", ("version",), message, hint)


def _committed(path: Path, text: str) -> Rubric | None:
    folder = path.absolute().parent
    if not any((place / ".git").exists() for place in (folder, *folder.parents)):
        return None
    written = _blob(folder, path.name)
    if written is None or written == text:
        return None
    return read_rubric(path, written).rubric


def _blob(folder: Path, name: str) -> str | None:
    """The file as of the last commit; None where git does not give it.

    `cat-file` runs no filter, hook or pager. What a git hook sets (GIT_DIR, ...) names places that
    are relative to where the hook runs, so it is not handed on.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the name is part of one argument
            ["git", "cat-file", "blob", f"HEAD:./{name}"],  # noqa: S607 - the user's own git
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    if done.returncode != 0 or len(done.stdout) > MOST_BYTES:
        return None
    try:
        return done.stdout.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None
