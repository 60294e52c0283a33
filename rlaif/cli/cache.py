"""`rlaif cache`: verdicts of earlier runs."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer
from rich.table import Table

from rlaif.cli.console import print_table, tell
from rlaif.cli.options import TextOrJson
from rlaif.reporting.text import cell, count_of
from rlaif.runs.cache import Wanted, cache_stats, date_of, prune_cache, stats_row

group = typer.Typer()
_STATS = "Say what the cache holds, by judge, and how large it is."
_PRUNE = "Remove verdicts from the cache."
_OFF = "the verdict cache is off: RLAIF_VERDICT_CACHE says so"


@group.callback()
def run() -> None:
    """Look at the cache of verdicts, or make it smaller.

    Every verdict that a judge gives is kept by exactly what was asked, and not asked for again. The
    cache may be deleted at any time: it costs the verdicts, and nothing else.
    """


@group.command("stats", short_help=_STATS, help=_STATS)
def stats(
    format_: Annotated[TextOrJson, typer.Option("--format", help="How.")] = TextOrJson.text,
) -> None:
    """Say what the cache holds."""
    folder, held = cache_stats()
    if format_ is TextOrJson.json:
        row = stats_row(folder, held)
        typer.echo(orjson.dumps(row, option=orjson.OPT_INDENT_2))
        return
    if folder is None:
        tell(_OFF)
        return
    if held.judges:
        table = Table("judge", "verdicts", "oldest use", "newest use", box=None, pad_edge=False)
        table.columns[1].justify = "right"
        for one in held.judges:
            days = date_of(one.oldest), date_of(one.newest)
            table.add_row(cell(one.judge), f"{one.verdicts:,}", *days)
        print_table(table)
    tell(f"{count_of(held.verdicts, 'verdict')}, {_size(held.bytes)}, in {folder}")


@group.command(
    "prune",
    short_help=_PRUNE,
    help=f"{_PRUNE}\n\nWhat fits all of --older-than and --judge goes; then --max-size takes the "
    "longest unused. Jobs may go on meanwhile.",
)
def prune(
    older_than: Annotated[
        int | None,
        typer.Option("--older-than", min=0, metavar="DAYS", help="Not used for so many days."),
    ] = None,
    judge: Annotated[
        str | None, typer.Option("--judge", metavar="NAME@VERSION", help="Of this judge.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", metavar="", help="All of them.")] = False,
    max_size: Annotated[
        float | None,
        typer.Option(
            "--max-size", min=0, metavar="MB", help="The longest unused, until so much is left."
        ),
    ] = None,
) -> None:
    """Remove verdicts from the cache."""
    folder, gone = prune_cache(Wanted(older_than, judge, everything, max_size))
    for name, count in gone.removed.items():
        tell(f"removed {count_of(count, 'verdict')} of {name}")
    tell(
        f"{count_of(sum(gone.removed.values()), 'verdict')} removed; {folder} held "
        f"{_size(gone.bytes_before)} and now holds {_size(gone.bytes_after)}"
    )
    if not gone.shrunk:
        tell("A job uses the cache: its room is given back by a later `rlaif cache prune`.")


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
