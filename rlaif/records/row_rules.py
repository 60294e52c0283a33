"""Which rows of training data a run gives: what a person states, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator

from rlaif.records.base import Fault, Record, fault, refuse
from rlaif.records.written import Flag, Number, Whole

Strategy = Literal["best_worst", "mean_minus_2sd", "margin", "per_criterion_gap"]
RowForm = Literal["jsonl", "parquet", "dataset"]
"""How rows are kept: JSON lines, a Parquet file, or a folder that `load_from_disk` reads."""

Reason = Literal[
    "not_graded",
    "not_compared",
    "promptless",
    "failed",
    "nothing_applies",
    "crowded",
    "alone",
    "tie",
    "same_text",
    "below_min_margin",
    "lengths",
    "other_policy",
    "outside_share",
    "below_threshold",
    "not_in_top",
    "dead_band",
]
"""Why something is in no row."""

RLCF_SHARE = 0.4
"""The top share of pairs that RLCF keeps (arXiv:2507.18624)."""


def _score(number: float) -> float:
    if not 0 <= number <= 1:
        hint = "scores, and so their differences, are"
        raise fault(f"{number:g} is not between 0 and 1", hint)
    return number


def _count(number: int) -> int:
    if number < 1:
        raise fault(f"{number} is too few", "1 at least")
    return number


def _ratio(number: float) -> float:
    if not 1 <= number <= 1000:
        hint = "between 1 and 1000: 1.2 lets the longer one be a fifth longer than the shorter one"
        raise fault(f"{number:g} is no ratio of lengths", hint)
    return number


def _part(number: float) -> float:
    if not 0 < number <= 1:
        raise fault(f"{number:g} is no share to keep", "above 0, and 1 at most, which keeps all")
    return number


Scored = Annotated[Number, AfterValidator(_score)]
Counted = Annotated[Whole, AfterValidator(_count)]


class PairRules(Record):
    """Which pairs of a prompt's completions are rows. Ties and failed grades never are."""

    strategy: Strategy = "best_worst"
    """How pairs are chosen; `training/pairs` states the arithmetic of each."""
    min_margin: Scored = 0.0
    """A pair's scores differ by at least this."""
    max_per_prompt: Counted | None = None
    """Most pairs of one prompt; None: 1, and all of them with `margin`."""
    length_matched: Annotated[Number, AfterValidator(_ratio)] | None = None
    """The longer completion has at most so many times the characters of the shorter one."""
    same_policy: Flag = False
    """Only pairs of which one policy is known to have written both completions."""
    top_share: Annotated[Number, AfterValidator(_part)] | None = None
    """Of all the run's pairs, only this share, those that lie furthest apart: by the largest gap on
    one criterion with `per_criterion_gap`, else by the margin. None: 0.4 with `per_criterion_gap`,
    as RLCF does, else all."""
    rows: Literal["dpo", "reward"] = "dpo"
    """Whose columns: `prompt, chosen, rejected`, or `chosen, rejected, prompt, margin`."""

    @property
    def most(self) -> int | None:
        """Most pairs of one prompt; None: all."""
        if self.max_per_prompt is not None or self.strategy == "margin":
            return self.max_per_prompt
        return 1

    @property
    def kept_share(self) -> float:
        """Of all pairs, the share that is kept."""
        if self.top_share is not None:
            return self.top_share
        return RLCF_SHARE if self.strategy == "per_criterion_gap" else 1.0

    def applied(self, *, compared: bool = False) -> dict[str, object]:
        """The rules by name, with what applies where nothing is stated; `all` for no bound.

        Args: `compared`, to a run of comparisons, whose pairs no strategy chooses.
        """
        most = self.max_per_prompt if compared else self.most
        told: dict[str, object] = {
            **self.model_dump(),
            "max_per_prompt": "all" if most is None else most,
            "top_share": self.kept_share,
        }
        if compared:
            del told["strategy"]
        return told


class SelectRules(Record):
    """Which completions are examples to imitate: the best of each prompt."""

    threshold: Scored = 0.0
    """The least score."""
    top_k: Counted = 1
    """Most completions of one prompt, the best ones."""
    dedupe: Flag = False
    """Of equal completions of one prompt only the first in order."""
    rows: Literal["completion", "messages"] = "completion"
    """Whose columns: `prompt, completion`, or `messages`."""


class UnpairedRules(Record):
    """Which completions are good and which are bad, each by itself; between lies a dead band."""

    good_from: Scored = 0.7
    """From this score on a completion is good."""
    bad_to: Scored = 0.3
    """Up to this score it is bad."""

    @model_validator(mode="after")
    def _a_band_between(self) -> Self:
        if self.bad_to >= self.good_from:
            message = f"bad_to ({self.bad_to:g}) is not below good_from ({self.good_from:g})"
            refuse([Fault(("bad_to",), message, "what lies between them is no row")])
        return self


RowRules = PairRules | SelectRules | UnpairedRules


@dataclass(frozen=True, slots=True)
class RowsMade:
    """What came of a run: rows kept, and all else under the reason why not.

    Of a run of grades, candidates are its samples; of a run of comparisons, its pairs.
    `sum(dropped.values())` and the candidates that were usable make up `candidates`; the same holds
    of `prompts` and `prompts_dropped` with the prompts that gave rows.
    """

    kept: int
    """Rows written."""
    candidates: int
    dropped: Mapping[Reason, int] = field(default_factory=dict)
    """Candidates that are in no row whatever the others are like, by reason. For rows of single
    completions: all that are in no row."""
    prompts: int = 0
    prompts_dropped: Mapping[Reason, int] = field(default_factory=dict)
    """Prompts that gave no row, by reason; for rows of single completions without one."""
    paths: tuple[str, ...] = ()
    """The rows, then their card; none where nothing was kept, and then nothing was written."""
    chosen_longer: float | None = None
    """Of pairs, the share whose chosen completion is the longer one; None for other rows."""
    notes: tuple[str, ...] = ()
    """What a person should know besides."""
