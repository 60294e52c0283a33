"""`rlaif pairs`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from rlaif.cli.options import RunPath
from rlaif.cli.row_options import Form, RowsFormat, RowsOut, finish, rules_of
from rlaif.records.row_rules import PairRules
from rlaif.runs.pairs import make_pairs
from rlaif.storage.pair_folder import is_of_pairs


class Strategies(StrEnum):
    """How pairs are chosen."""

    best_worst = "best_worst"
    mean_minus_2sd = "mean_minus_2sd"
    margin = "margin"
    per_criterion_gap = "per_criterion_gap"


class For(StrEnum):
    """Whose columns."""

    dpo = "dpo"
    reward = "reward"


def run(
    folder: RunPath,
    out: RowsOut,
    strategy: Annotated[
        Strategies,
        typer.Option(
            "--strategy",
            metavar="STRATEGY",  # the choices in its place would be broken inside their names
            help="best_worst: rejected is the worst; mean_minus_2sd: the one nearest to the mean "
            "less two standard deviations; margin: all pairs, the widest first; "
            "per_criterion_gap: the pair that lies furthest apart on one criterion.",
        ),
    ] = Strategies.best_worst,
    min_margin: Annotated[
        float | None,
        typer.Option("--min-margin", metavar="M", help="The scores differ by at least this."),
    ] = None,
    max_per_prompt: Annotated[
        int | None,
        typer.Option(
            "--max-per-prompt",
            metavar="N",
            help="Most pairs of one prompt; if not given 1, and all with --strategy margin.",
        ),
    ] = None,
    length_matched: Annotated[
        float | None,
        typer.Option(
            "--length-matched",
            metavar="R",
            help="The longer completion has at most R times the characters of the shorter one, "
            "such as 1.2.",
        ),
    ] = None,
    same_policy: Annotated[
        bool,
        typer.Option(
            "--same-policy", metavar="", help="Only pairs of completions of one known policy."
        ),
    ] = False,
    top_share: Annotated[
        float | None,
        typer.Option(
            "--top-share",
            metavar="SHARE",
            help="Of all pairs of the run only this share, those furthest apart; if not given 0.4 "
            "with --strategy per_criterion_gap, else all.",
        ),
    ] = None,
    as_: Annotated[
        For, typer.Option("--as", help="Rows for DPO, or for a reward model.")
    ] = For.dpo,
    form: RowsFormat = Form.jsonl,
) -> None:
    """Write preference pairs of a run, in the columns of TRL, with a card of how they were made.

    Of a run of grades, pairs of completions of one prompt; ties and failed grades are left out, and
    counted. Of a run of comparisons, every pair whose preference is decided. Exit status 1 where no
    pair is kept.
    """
    options = {
        "strategy": strategy.value,
        "min_margin": min_margin,
        "max_per_prompt": max_per_prompt,
        "length_matched": length_matched,
        "same_policy": same_policy,
        "top_share": top_share,
        "rows": as_.value,
    }
    made = make_pairs(folder, rules_of(PairRules, options), out, form.value)
    finish(made, folder, "pair", "compared pair" if is_of_pairs(folder) else "sample")
