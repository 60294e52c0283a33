"""Corrections as rows of training data, in one file or in two: to teach, and to measure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

from rlaif.agreement.splitting import prompt_key
from rlaif.records.row_rules import RowForm
from rlaif.runs.corrections_judge import JudgeRows
from rlaif.runs.corrections_rows import OfJudge, OfTexts, Rows
from rlaif.runs.corrections_source import Wanted, spooled
from rlaif.runs.corrections_split import Split, beside, refuse_source, refuse_stale
from rlaif.storage.corrections.spool import Spooled
from rlaif.storage.row_files import Columns, name_of, write_rows_and_card
from rlaif.training.card import Making as HubMaking
from rlaif.training.card import hub_head
from rlaif.training.chat_rows import Shape
from rlaif.training.corrections.card import Count, Making, corrections_card
from rlaif.training.corrections.rows import RowKind, sample_of
from rlaif.training.corrections.settling import Settled, settled

_TITLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "sft": ("Outputs as experts wrote them", ("sft",)),
    "dpo": ("What experts wrote, over what the policy wrote", ("dpo",)),
    "kto": ("Outputs that experts wrote or found wrong", ("kto",)),
    "judge-sft": ("A judge's questions with experts' answers", ("sft", "judge")),
}
_DATA = "data-00000-of-00001.arrow"
Row = dict[str, Any]
_EVERYBODY, _ALL = Wanted(), Split()


@dataclass(frozen=True, slots=True)
class Export:
    """What is wanted of the rows."""

    source: str
    out: str
    wanted: Wanted = _EVERYBODY
    split: Split = _ALL
    form: RowForm = "jsonl"


@dataclass(frozen=True, slots=True)
class Written:
    """One part as it was written."""

    paths: tuple[str, ...]
    """The rows and their card; none where there was no row."""
    count: Count


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of it."""

    taught: Written
    held_out: Written | None = None
    """The part kept aside; None where none was asked for."""
    notes: tuple[str, ...] = field(default=())


def export_rows(export: Export, kind: RowKind, accepted_from: float | None = None) -> Exported:
    """Write rows for sft, dpo or kto; see `training/corrections/rows`.

    Raises: InputError, FileProblems for a source at fault; RunError where nothing can be written.
    """
    with spooled(export.source, export.wanted) as spool:
        made = OfTexts(kind, _shape(spool), accepted_from)
        return _both(export, kind, spool, made, {"accepted_from": accepted_from})


def export_judge_rows(export: Export, judge_rows: JudgeRows, balanced: bool) -> Exported:
    """Write rows that teach a judge; `balanced`: of each criterion as many of each label.

    Raises: as `export_rows`.
    """
    with spooled(export.source, export.wanted) as spool:
        made = OfJudge(judge_rows, balanced)
        found = _both(export, "judge-sft", spool, made, {"balanced": balanced})
        told = _taught_aside(spool, export.split, judge_rows)
        return replace(found, notes=(*told, *found.notes))


def _taught_aside(spool: Spooled, split: Split, judge_rows: JudgeRows) -> list[str]:
    """A warning where the rubric teaches a prompt that is kept aside to measure by."""
    aside = {key for key in judge_rows.taught_prompts if split.keeps_prompt_aside(key)}
    if not split.share or not aside:
        return []
    seen = {key for one in spool if (key := prompt_key(sample_of(one))) in aside}
    if not seen:
        return []
    prompts = "1 prompt" if len(seen) == 1 else f"{len(seen):,} prompts"
    return [
        f"{prompts} of the part kept aside: the rubric's examples teach the judge by them, so that "
        "this part measures it too well\n"
        "  hint: make the examples with the same --held-out and --seed"
    ]


def _both(
    export: Export, kind: str, spool: Spooled, made: Rows, rules: Mapping[str, object]
) -> Exported:
    split = export.split
    refuse_source(export.source, export.out, beside(export.out))
    held_out = None
    if split.share:
        # First, so that a stale one is refused before anything is written
        held_out = _part(export, kind, spool, made, rules, kept_aside=True)
    else:
        refuse_stale(beside(export.out))
    taught = _part(export, kind, spool, made, rules, kept_aside=False)
    notes = [] if split.share else [NONE_ASIDE]
    if split.share and held_out and not held_out.count.rows:
        notes.append("no row is kept aside: a larger --held-out, another --seed, or more prompts")
    if longest := max(taught.count.longest, held_out.count.longest if held_out else 0):
        notes.append(
            f"the longest row has {longest:,} tokens: train with max_length of that or more"
        )
    return Exported(taught, held_out, tuple(notes))


NONE_ASIDE = (
    "nothing is kept aside: whether this teaches anything cannot be measured on these corrections\n"
    "  hint: --held-out 0.3 writes a second file, split by prompt"
)


def _part(
    export: Export,
    kind: str,
    spool: Spooled,
    made: Rows,
    rules: Mapping[str, object],
    *,
    kept_aside: bool,
) -> Written:
    out = beside(export.out) if kept_aside else export.out
    count = Count()
    columns = Columns(made.kinds, made.shape.tools, made.shape.reasoning)
    samples = settled_samples(spool, export.split, made.asked, kept_aside=kept_aside)
    rows = made.of(_counted(samples, count), count)
    title, tags = _TITLES[kind]
    applied = {"as": kind, **rules, **_applied(export)}

    def card() -> str:
        date = datetime.datetime.now(datetime.UTC).date().isoformat()
        making = Making(
            title,
            ("rlaif", *tags),
            applied,
            tuple(made.kinds),
            name_of(out),
            name_of(export.source),
            _part_in_words(export.split, kept_aside=kept_aside),
            date,
            version("rlaif"),
        )
        head = HubMaking(
            title, making.tags, applied, making.columns, making.file, date, making.version
        )
        front = hub_head(head, count.rows, _DATA) if export.form == "dataset" else ""
        return front + corrections_card(making, count)

    paths = write_rows_and_card(rows, columns, out, export.form, card)
    if not paths:
        refuse_stale(out)
    return Written(paths, count)


def settled_samples(
    spool: Spooled, split: Split, asked: Mapping[str, str], *, kept_aside: bool
) -> Iterator[Settled]:
    """What people agree on about each sample of one part. Args: `asked` as in `settled`."""
    for corrections in spool.by_sample():
        if split.keeps_aside(corrections[0]) == kept_aside:
            yield settled(corrections, asked)


def _counted(samples: Iterable[Settled], count: Count) -> Iterator[Settled]:
    for one in samples:
        count.sample(one)
        yield one


def _applied(export: Export) -> dict[str, object]:
    return {
        "annotator": ", ".join(export.wanted.annotators) or "all",
        "adjudicated_only": export.wanted.adjudicated_only,
        "held_out": export.split.share,
        "seed": export.split.seed,
    }


def _part_in_words(split: Split, *, kept_aside: bool) -> str:
    if not split.share:
        return ""
    if kept_aside:
        return "This part was kept aside to measure by: never train on it."
    return f"About {split.share:.0%} of the prompts were kept aside and are not in this file."


def _shape(spool: Spooled) -> Shape:
    """The form that holds the texts of all corrections."""
    chat = tools = reasoning = False
    for one in spool:
        for side in (one.input, one.output, one.human_output):
            if side is not None and not isinstance(side, str):
                chat = True
                tools = tools or any(turn.tool_calls for turn in side)
                reasoning = reasoning or any(turn.reasoning for turn in side)
    return Shape(chat, tools, reasoning)
