"""`rlaif compare`."""

from __future__ import annotations

import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Annotated, TextIO

import typer

from rlaif.cli.console import print_table, tell
from rlaif.cli.judge_option import judge_of
from rlaif.cli.options import (
    AcceptForgeable,
    DryRun,
    JudgeName,
    Map,
    MaxOutage,
    NoCache,
    Recheck,
    RetryFailed,
    RubricName,
    RunOut,
    UnsafeNoSandbox,
    mapping_of,
)
from rlaif.errors import InputError
from rlaif.records.preference import Preference
from rlaif.reporting.pairs import failure_of, pairs_view, summarise_pairs
from rlaif.reporting.text import count_of, harmless
from rlaif.runs.compare import PairOrder, compare_run
from rlaif.runs.compare_estimate import estimate_pairs
from rlaif.runs.files import rubric_and_text
from rlaif.storage.pair_folder import open_pairs
from rlaif.storage.pair_rows import read_human
from rlaif.storage.place_names import told


def run(
    rubric: RubricName,
    pairs: Annotated[
        str,
        typer.Argument(
            metavar="PAIRS",
            help="JSON lines (- reads stdin) or Parquet: {prompt, completion_a, completion_b, "
            "pair_id?, ...}, or {prompt, chosen, rejected}.",
        ),
    ],
    judge: JudgeName = None,
    out: RunOut = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="L",
            help="What people preferred: JSON lines {pair_id, annotator?, human: a|b|tie}.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first N pairs.")
    ] = None,
    map_: Map = None,
    retry_failed: RetryFailed = False,
    dry_run: DryRun = False,
    accept_forgeable: AcceptForgeable = None,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    no_cache: NoCache = False,
    recheck: Recheck = None,
    max_outage: MaxOutage = None,
) -> None:
    """Compare pairs of completions.

    Every criterion is asked in both orders, and counts by default only where both name the same
    side. Start the same command again and it compares only what is missing. Where people's
    preferences are known, from `human` in the rows or from --labels, says how often they agree.
    Exit status 1 when some pairs failed.
    """
    loaded, text = rubric_and_text(rubric)
    order = PairOrder(
        rubric=loaded,
        rubric_text=text,
        judge=judge_of(judge, max_outage),
        pairs=pairs,
        out=out or Path(),
        mapping=mapping_of(map_),
        limit=limit,
        retry_failed=retry_failed,
        command=[told(argument) for argument in sys.argv[1:]],
        unsafe_no_sandbox=unsafe_no_sandbox,
        accept_forgeable=accept_forgeable or (),
        cache=not no_cache,
        recheck=recheck,
    )
    if dry_run:
        tell(estimate_pairs(order).text())
        return
    if out is None:
        raise InputError("say where the run goes: --out RUN")
    human = read_human(labels) if labels is not None else None
    counts = compare_run(order, _Lines(sys.stderr))
    print_table(pairs_view(summarise_pairs(open_pairs(out).compared_pairs(), human)))
    tell(f"The run lies in {out}; look at it with: rlaif show {out}")
    if counts.failed:
        tell("Ask again what failed by the same command with --retry-failed.")
        raise typer.Exit(1)


class _Lines:
    """How the job goes: a line a minute, on a terminal every few seconds."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`."""
        self._out = out
        self._every_s = 5.0 if out.isatty() else 60.0
        self._pairs = self._done = self._new = 0
        self._failures: Counter[str] = Counter()
        self._began = self._said = time.monotonic()

    def note(self, text: str) -> None:
        """One line; a job whose log nobody reads any more goes on."""
        with suppress(BrokenPipeError):
            self._out.write(f"{harmless(text)}\n")
            self._out.flush()

    def begin(self, pairs: int, done: int) -> None:
        """Say what is to be done."""
        self._pairs, self._done = pairs, done
        self._began = self._said = time.monotonic()
        before = f", {done:,} of them done before" if done else ""
        self.note(f"comparing {count_of(pairs, 'pair')}{before}")

    def compared(self, preference: Preference) -> None:
        """Count, and now and then say so."""
        self._done += 1
        self._new += 1
        if failure := failure_of(preference):
            self._failures[failure.stage] += 1
        now = time.monotonic()
        if now - self._said >= self._every_s or self._done == self._pairs:
            self._said = now
            self.note(self._line(now))

    def _line(self, now: float) -> str:
        rate = self._new / max(now - self._began, 1e-9)
        failed = ", ".join(f"{n:,} {stage}" for stage, n in self._failures.most_common())
        told = f"{self._done:,} of {count_of(self._pairs, 'pair')}, {rate:,.1f} pairs/s"
        return told + (f" (failed: {failed})" if failed else "")
