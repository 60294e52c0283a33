"""Which corrections teach and which are kept aside to measure what was taught: split by prompt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rlaif.agreement.splitting import fitting_part, prompt_key
from rlaif.errors import InputError
from rlaif.records.correction import Correction
from rlaif.storage.place_names import told
from rlaif.storage.places import place_of
from rlaif.training.corrections.rows import sample_of

HELD_OUT = ".held-out"
"""In the name of the second file."""
_PACKED = (".gz", ".bz2", ".xz", ".zst")
"""Endings behind the one that says what a file holds."""


@dataclass(frozen=True, slots=True)
class Split:
    """A share of the prompts kept aside; the same ones for the same seed, whatever is written."""

    share: float = 0.0
    """In [0, 1): of the prompts, those that are kept aside."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises: InputError for a share out of bounds."""
        if not 0 <= self.share < 1:
            raise InputError(
                f"--held-out {self.share:g}: expected a share of the prompts, from 0 to below 1\n"
                "  hint: 0.3 keeps three of ten prompts aside"
            )

    def keeps_aside(self, correction: Correction) -> bool:
        """Whether the correction is kept to measure by."""
        if not self.share:
            return False
        # By the prompt alone, so that all completions of it stay together.
        return self.keeps_prompt_aside(prompt_key(sample_of(correction, "")))

    def keeps_prompt_aside(self, prompt: str) -> bool:
        """Whether the corrections of a prompt are. Args: `prompt`, its key."""
        return not fitting_part(prompt, self.seed, 1 - self.share)


def beside(out: str) -> str:
    """`rows.jsonl` -> `rows.held-out.jsonl`: where the rows kept aside go."""
    name = PurePosixPath(out.rstrip("/")).name
    head = out.rstrip("/")[: -len(name)] if name else out
    packed = next((end for end in _PACKED if name.endswith(end)), "")
    path = PurePosixPath(name.removesuffix(packed))
    return f"{head}{path.stem}{HELD_OUT}{path.suffix}{packed}"


def refuse_source(source: str, *outs: str) -> None:
    """Raises: InputError where the source itself would be written over."""
    for out in outs:
        if out != "-" and (out == source or _same(source, out)):
            raise InputError(
                f"--out {told(out)} is what is read: it would be written over\n  hint: another name"
            )


def _same(source: str, out: str) -> bool:
    inside, other = (Path(source), Path(source) / "review.sqlite"), Path(out)
    return other.exists() and any(one.exists() and one.samefile(other) for one in inside)


def refuse_stale(path: str) -> None:
    """Refuse to leave a file of an earlier export beside one that was split otherwise.

    Both together would hold prompts that one teaches and the other measures. Raises: InputError.
    """
    if place_of(path).kind():
        raise InputError(
            f"{told(path)} is of an earlier export, and this one does not write it anew\n"
            "  hint: what it holds may now be in the other file; delete it, or name another --out"
        )
