"""The tokenizer of a model that somebody else serves, as far as it can be had."""

from __future__ import annotations

from pathlib import Path

from rlaif.errors import JudgeUnavailable
from rlaif.judging.tokenizer_files import tokenizer_files
from rlaif.ports import TokenizerFiles
from rlaif.records.backends import OpenaiJudge


def find_files(spec: OpenaiJudge, folder: Path | None) -> tuple[TokenizerFiles | None, str]:
    """The files, or why there are none; relative paths start at `folder`.

    Raises: JudgeUnavailable where the judge file wants them and they cannot be had.
    """
    named = spec.tokenizer or spec.model
    if not spec.tokenizer and spec.api == "auto" and not _may_be_had(named, folder):
        return None, f"'{named}' is no folder and no name on the hub"
    try:
        return tokenizer_files(named, folder=folder), ""
    except JudgeUnavailable as error:
        if spec.tokenizer or spec.api == "completions":
            raise
        return None, str(error).partition("\n")[0]


def _may_be_had(named: str, folder: Path | None) -> bool:
    """Servers give their models any names; only those like the hub's are asked of it."""
    local = Path(named) if folder is None else folder / named
    return local.is_dir() or (named.count("/") == 1 and not named.startswith(("/", ".")))
