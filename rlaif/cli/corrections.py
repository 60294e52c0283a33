"""`rlaif corrections`: what experts corrected, counted, exported, imported."""

from __future__ import annotations

from typing import Annotated, cast

import orjson
import typer

from rlaif.authoring.rubric_file import load_rubric
from rlaif.authoring.shipped import find_rubric
from rlaif.cli.console import tell
from rlaif.cli.corrections_options import (
    AdjudicatedOnly,
    Annotators,
    As,
    From,
    HeldOut,
    Seed,
    Source,
    refuse_misplaced,
)
from rlaif.cli.corrections_told import finish, finish_records, tell_examples, tell_imported
from rlaif.cli.judge_option import judge_of
from rlaif.cli.options import Map, TextOrJson, mapping_of
from rlaif.cli.row_options import Form
from rlaif.errors import InputError
from rlaif.records.rubric import Rubric
from rlaif.runs.corrections_examples import Choice, make_examples, put_into, write_examples
from rlaif.runs.corrections_export import Export, export_judge_rows, export_rows
from rlaif.runs.corrections_import import Import, import_corrections
from rlaif.runs.corrections_judge import JudgeRows
from rlaif.runs.corrections_list import corrections_said, said_in_words, said_row
from rlaif.runs.corrections_records import RecordForm, export_records
from rlaif.runs.corrections_source import Wanted
from rlaif.runs.corrections_split import Split, refuse_source
from rlaif.runs.editing import rubric_to_edit
from rlaif.storage.place_names import told
from rlaif.training.corrections.rows import RowKind

group = typer.Typer()


_LIST = "Count corrections, and say which criteria experts overrule most, and why."
_EXPORT = "Write corrections as training data, as examples, or for another tool."
_IMPORT = "Read corrections from Argilla, Label Studio, Prodigy or a spreadsheet."


@group.callback()
def run() -> None:
    """Use what experts corrected: list it, export it as training data, import it.

    Corrections are JSON lines, a file of the review app, or a run that was reviewed. Of lines with
    one id the newest counts.
    """


@group.command("list", short_help=_LIST, help=_LIST)
def list_(
    source: Source,
    annotator: Annotators = None,
    adjudicated_only: AdjudicatedOnly = False,
    format_: Annotated[TextOrJson, typer.Option("--format", help="How.")] = TextOrJson.text,
) -> None:
    """Say what corrections say."""
    found = corrections_said(source, _wanted(annotator, adjudicated_only))
    if format_ is TextOrJson.json:
        typer.echo(orjson.dumps(said_row(found), option=orjson.OPT_INDENT_2))
        return
    tell("\n".join(said_in_words(found)))


@group.command(
    "export",
    short_help=_EXPORT,
    help=f"{_EXPORT}\n\nWhere annotators disagree, the adjudicated answer counts, else that of more"
    " than half of them, else none. With --held-out a second file gets the prompts kept aside.\n\n"
    "Exit status 1 where there is no row.",
)
def export(
    source: Source,
    as_: Annotated[As, typer.Option("--as", help="As what.")],
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="PATH", help="Where; - with --as jsonl.")
    ] = None,
    annotator: Annotators = None,
    adjudicated_only: AdjudicatedOnly = False,
    held_out: HeldOut = 0.0,
    seed: Seed = 0,
    form: Annotated[
        Form | None,
        typer.Option("--format", help="How rows are kept; jsonl where nothing is said."),
    ] = None,
    rubric: Annotated[
        str | None,
        typer.Option("--rubric", metavar="R", help="For judge-sft and rubric-examples."),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option("--judge", metavar="J", help="For judge-sft: who is taught."),
    ] = None,
    accepted_from: Annotated[
        float | None,
        typer.Option(
            "--accepted-from",
            metavar="S",
            help="For sft and kto: also outputs that nobody rewrote, whose score by the experts' "
            "answers is at least this; 1 is nothing wrong.",
        ),
    ] = None,
    balanced: Annotated[
        bool,
        typer.Option(
            "--balanced",
            metavar="",
            help="For judge-sft: as many rows of each label, by criterion.",
        ),
    ] = False,
    per_criterion: Annotated[
        int | None,
        typer.Option(
            "--per-criterion", min=1, metavar="N", help="For rubric-examples: how many; 4."
        ),
    ] = None,
    longest: Annotated[
        int | None,
        typer.Option(
            "--longest",
            min=1,
            metavar="N",
            help="For rubric-examples: most characters of one; 4000.",
        ),
    ] = None,
    teach: Annotated[
        bool,
        typer.Option(
            "--teach",
            metavar="",
            help="For rubric-examples: show them to the judge; no tests then.",
        ),
    ] = False,
    into: Annotated[
        str | None,
        typer.Option(
            "--into", metavar="FILE", help="For rubric-examples: put them into this rubric file."
        ),
    ] = None,
) -> None:
    """Write corrections in another form."""
    wanted, split = _wanted(annotator, adjudicated_only), Split(held_out, seed)
    refuse_misplaced(as_, locals())
    if as_ is As.rubric_examples:
        choice = Choice(per_criterion or 4, longest or 4000, teach)
        _examples(source, rubric, into, out, choice, wanted, split)
        return
    if out is None:
        raise InputError("--out is missing: name a file")
    if as_ in (As.argilla, As.label_studio, As.jsonl):
        record_form = cast("RecordForm", as_.value)
        finish_records(export_records(source, record_form, out, wanted, split))
        return
    order = Export(source, out, wanted, split, "jsonl" if form is None else form.value)
    if as_ is As.judge_sft:
        if judge is None or rubric is None:
            raise InputError(
                "--as judge-sft needs --rubric R and --judge J: who is asked, and what"
            )
        named = judge_of(judge)
        assert named is not None  # noqa: S101 - a name was given
        finish(
            export_judge_rows(order, JudgeRows(load_rubric(find_rubric(rubric)), named), balanced)
        )
        return
    finish(export_rows(order, cast("RowKind", as_.value), accepted_from))


def _examples(
    source: str,
    rubric: str | None,
    into: str | None,
    out: str | None,
    choice: Choice,
    wanted: Wanted,
    split: Split,
) -> None:
    if (into is None) == (out is None):
        raise InputError("--as rubric-examples needs --out FILE, or --into a rubric file")
    path = rubric_to_edit(into) if into else None
    if path is None and rubric is None:
        raise InputError("--as rubric-examples needs --rubric R, whose examples they will be")
    refuse_source(source, out or str(path))
    known = load_rubric(path or find_rubric(rubric or ""))
    made = make_examples(source, known, choice, wanted, split)
    if path is not None:
        put_into(made, path)
    else:
        write_examples(made, out or "")
    tell_examples(made, str(path or told(out or "")))


@group.command("import", short_help=_IMPORT, help=_IMPORT)
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What the tool exported.")],
    from_: Annotated[From, typer.Option("--from", help="Which tool.")],
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="PATH", help="The corrections, as JSON lines.")
    ],
    samples: Annotated[
        str | None,
        typer.Option(
            "--samples", metavar="S", help="What was labelled: found by its id, else by its text."
        ),
    ] = None,
    rubric: Annotated[
        str | None,
        typer.Option("--rubric", metavar="R", help="Whose criteria the answers are to."),
    ] = None,
    map_: Map = None,
) -> None:
    """Read the records of another tool."""
    known: Rubric | None = load_rubric(find_rubric(rubric)) if rubric else None
    order = Import(file, from_.value, out, samples, known, mapping_of(map_))
    found = import_corrections(order)
    tell_imported(found, out)
    if not found.all_read or not found.corrections:
        raise typer.Exit(1)


def _wanted(annotators: list[str] | None, adjudicated_only: bool) -> Wanted:
    return Wanted(tuple(annotators or ()), adjudicated_only)
