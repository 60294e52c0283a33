"""What `rlaif corrections` says when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import typer

from rlaif.cli.console import tell
from rlaif.reporting.text import count_of
from rlaif.runs.corrections_examples import Made
from rlaif.runs.corrections_export import Exported
from rlaif.runs.corrections_import import Imported
from rlaif.storage.place_names import told
from rlaif.training.corrections.card import left_out


def tell_examples(made: Made, where: str) -> None:
    """Say which examples were made, and what was left out."""
    tell(f"{count_of(len(made.examples), 'example')} in {where}", err=True)
    for name, labels in made.labelled.items():
        tell(
            f"{name}: {', '.join(f'{count} {label}' for label, count in labels.items())}", err=True
        )
    for reason, count in made.left_out.items():
        tell(f"left out {count_of(count, 'sample')} {reason}", err=True)
    for note in made.notes:
        tell(note, err=True)


def finish(made: Exported) -> None:
    """Say what was written; no row at all is exit status 1. Raises: typer.Exit."""
    for part, of_it in ((made.taught, ""), (made.held_out, ", kept aside")):
        if part is None:
            continue
        if part.paths:
            rows, card = (told(path) for path in part.paths)
            tell(
                f"{count_of(part.count.rows, 'row')}{of_it} in {rows}, with their card in {card}",
                err=True,
            )
        else:
            tell(f"no row{of_it}: nothing was written for it", err=True)
        for phrase in left_out(part.count):
            tell(f"  {phrase}", err=True)
    for note in made.notes:
        tell(note, err=True)
    if not made.taught.count.rows:
        raise typer.Exit(1)


def finish_records(written: Iterable[tuple[str, int]]) -> None:
    """Say what was written; no record in the first file is exit status 1. Raises: typer.Exit."""
    counts = []
    for path, count in written:
        tell(f"{count_of(count, 'record')} in {told(path)}", err=True)
        counts.append(count)
    if not counts[0]:
        raise typer.Exit(1)


def _doubts(found: Imported) -> Iterator[str]:
    """What the records do not say."""
    if found.nameless:
        yield (
            f"{count_of(found.nameless, 'correction')} by nobody named: each counts as another "
            "person's\n  hint: --map annotator=NAME"
        )
    if found.unstated:
        yield (
            f"{count_of(found.unstated, 'response')} without a status: drafts cannot be told from "
            "submitted ones\n"
            "  hint: export only records whose response.status is submitted"
        )
    if found.unscored:
        yield (
            f"{count_of(found.unscored, 'correction')} without a score: --accepted-from takes none "
            "of them (a score needs --rubric, and every question answered)"
        )


def tell_imported(found: Imported, out: str) -> None:
    """Say what was read, and what was not."""
    for problem in found.problems:
        tell(str(problem), err=True)
    written = f" in {told(out)}" if found.corrections else ": nothing was written"
    records = count_of(found.records, "record")
    tell(f"{count_of(found.corrections, 'correction')} of {records}{written}", err=True)
    for line in _doubts(found):
        tell(line, err=True)
    if found.silent:
        tell(f"{count_of(found.silent, 'time')} somebody said nothing, or did not submit", err=True)
    for question, count in sorted(found.unknown.items()):
        if count:
            tell(
                f"{count_of(count, 'answer')} to '{question}', which is no criterion: left out",
                err=True,
            )
    for line in found.unmatched:
        tell(f"not matched: {line}", err=True)
    if more := found.unmatched_count - len(found.unmatched):
        tell(f"not matched: {count_of(more, 'more record')}", err=True)
