"""Why there is nothing to hold against each other."""

from __future__ import annotations

from collections.abc import Sequence

from rlaif.agreement.rated import MISSING
from rlaif.errors import InputError, RunError
from rlaif.runs.agree_read import Reading
from rlaif.runs.agree_rows import Rows

_UNANSWERED = (
    "nothing can be compared: the judge answered nothing that people did, in none of {of} "
    "labelled samples: they were gated, prescreened, failed or not graded\n"
    "  hint: `rlaif failures` tells what failed; else label samples that the judge was asked about"
)
_OTHER_TEXT = (
    "every correction is of another text than the run has under that sample's id\n"
    "  hint: name the run that was corrected"
)


def refuse_nothing(reading: Reading, used: Sequence[Rows]) -> None:
    """Raises: InputError where no label is left; RunError where none has an answer beside it."""
    if not used:
        raise InputError(_none_left(reading))
    if all(row.judge.place == MISSING for one in used for row in one.rows):
        samples = {row.sample for one in used for row in one.rows}
        raise RunError(_UNANSWERED.format(of=f"{len(samples):,}"))


def _none_left(reading: Reading) -> str:
    counted = reading.counted
    if not reading.looked_at and counted.fitted + counted.taught:
        how = [
            (counted.fitted, "that the judge was fitted on"),
            (counted.taught, "of which the rubric shows the judge an example"),
        ]
        told = " and ".join(f"{count:,} of prompts {why}" for count, why in how if count)
        return f"all labelled samples are left out: {told}\n  hint: label samples of other prompts"
    if not reading.looked_at and counted.other_content:
        return _OTHER_TEXT
    return "no label is left by --criterion and --annotator\n  hint: leave one of them out"
