"""Which corrections teach and which are kept aside to measure what was taught: split by prompt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from rlaif.agreement.splitting import fitting_part
from rlaif.errors import InputError
from rlaif.records.correction import Correction
from rlaif.records.sample import prompt_digest
from rlaif.training.corrections.rows import sample_of

HELD_OUT = ".held-out"
"""In the name of the second file."""


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
        # The split is by the prompt alone, so that all completions of it stay together.
        prompt = prompt_digest(sample_of(correction, ""))
        return not fitting_part(prompt, self.seed, 1 - self.share)


def beside(out: str) -> str:
    """`rows.jsonl` -> `rows.held-out.jsonl`: where the rows kept aside go."""
    name = PurePosixPath(out.rstrip("/")).name
    stem, dot, endings = name.partition(".")
    head = out.rstrip("/")[: -len(name)] if name else out
    return f"{head}{stem}{HELD_OUT}{dot}{endings}"
