"""Agreement on a terminal: first in words, then in tables; nothing is cut in 60 columns."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table

from rlaif.records.agreement import CriterionAgreement
from rlaif.reporting.agree_found import Drawn, Found, judge_of
from rlaif.reporting.agree_words import number, percent, share, verdict, warnings
from rlaif.reporting.sheet import Line, Sheet
from rlaif.reporting.text import cell, count_of

WIDTH = 80
"""Columns of the text that goes to a file."""
_NARROW = 76
"""Below so many columns, intervals of kappa are left to the JSON."""
_TOGETHER = "all together"
_MORE = {
    "weighted_kappa": "w.kappa",
    "ac1": "AC1",
    "alpha": "alpha",
    "sensitivity": "sens.",
    "specificity": "spec.",
    "brier": "Brier",
    "ece": "ECE",
}
_LESS = ("alpha", "brier")
"""Left to the JSON where there is little room."""
_ONE = {"grades": "sample", "pairs": "pair"}


class AgreementView:
    """All of it, for a terminal of any width."""

    def __init__(self, found: Found) -> None:
        """Hold what was found."""
        self._found = found

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Words, tables, remarks."""
        found, wide = self._found, options.max_width >= _NARROW
        yield Sheet(_words(found))
        yield _agreement(found, wide)
        yield _more(found, wide)
        if found.pass_rates:
            yield _rates(found, wide)
        whole = found.together or found.criteria[0]
        if whole.reliability:
            yield _reliability(whole, found.together is not None)
        yield Sheet(_remarks(found))


def agreement_text(found: Found) -> str:
    """The same as plain text, for a file."""
    console = Console(file=StringIO(), width=WIDTH, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(AgreementView(found))
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def _words(found: Found) -> Iterator[Line]:
    samples = count_of(found.samples, _ONE[found.kind])
    yield Line(f"{found.run}: {found.rubric} by {found.judge}, {samples}", style="bold")
    people = [name for name in found.annotators if name]
    named = f": {', '.join(people[:5])}{', ...' if len(people) > 5 else ''}" if people else ""
    who = f"{count_of(len(found.annotators), 'person')}{named}".replace("persons", "people")
    yield Line(f"{found.labelled:,} of them labelled by {who}.")
    for one in (*found.criteria, *([found.together] if found.together else [])):
        yield Line("")
        yield Line(one.criterion or _TOGETHER, style="bold")
        yield from (Line(told, depth=1) for told in verdict(one, judge_of(found, one)))
        if (side := found.sides.get(one.criterion)) and side.value is not None:
            told = f"Where people preferred one, it names that one in {share(side)}"
            yield Line(f"{told}; its tie counts half.", depth=1)
        yield from (Line(told, depth=1, style="yellow", mark="! ") for told in warnings(one))
        if alone := _drawn_alone(found, one):
            yield Line(alone, depth=1)
        if why := found.not_random.get(one.criterion):
            yield Line(f"{why[0].upper()}{why[1:]}.", depth=1, style="yellow", mark="! ")
    yield Line("")


def _drawn_alone(found: Found, one: CriterionAgreement) -> str:
    """What holds of the labels that were drawn at random; empty where that is all or none."""
    drawn = found.drawn
    if drawn is None or not drawn.others or one.criterion not in drawn.accuracy:
        return ""
    return (
        f"Of the samples drawn at random alone: {share(drawn.accuracy[one.criterion])}. The others "
        "were chosen, and say how it does where it is hard."
    )


def _every(found: Found) -> Iterator[tuple[str, CriterionAgreement]]:
    yield from ((one.criterion, one) for one in found.criteria)
    if found.together:
        yield _TOGETHER, found.together


def _agreement(found: Found, wide: bool) -> Table:
    table = _table("Agreement, with 95% intervals")
    _columns(table, "criterion", "labels", "agree", "kappa", "people")
    for name, one in _every(found):
        table.add_row(
            cell(name),
            f"{one.rows:,}",
            share(one.figures["accuracy"]),
            number(one.figures.get("kappa"), interval=wide),
            share(one.ceiling["accuracy"]) if "accuracy" in one.ceiling else "-",
        )
    return table


def _more(found: Found, wide: bool) -> Table:
    """Only the columns that some criterion has."""
    used = [name for name in _MORE if (wide or name not in _LESS) and _told(found, name)]
    table = _table("Other figures")
    _columns(table, "criterion", *(_MORE[name] for name in used))
    for name, one in _every(found):
        table.add_row(cell(name), *(number(one.figures.get(key)) for key in used))
    return table


def _told(found: Found, name: str) -> bool:
    """Whether any criterion has this figure, and it is not the same as another one."""
    same = 2 if name == "weighted_kappa" else 0
    kept = (one for _, one in _every(found) if len(one.categories) > same)
    figures = (one.figures.get(name) for one in kept)
    return any(figure is not None and figure.value is not None for figure in figures)


def _rates(found: Found, wide: bool) -> Table:
    answered = {found.samples - missing for missing in found.not_answered.values()}
    which = f"{answered.pop():,} samples" if len(answered) == 1 else "samples"
    table = _table(f"Of the {which} that the judge answered, corrected by the labels")
    _columns(table, "criterion", "judge", "labels", "corrected", "to halve")
    for one in found.pass_rates:
        table.add_row(
            cell(one.criterion),
            percent(one.judged.value) if one.judged.value is not None else "-",
            share(one.labelled) if wide else share(one.labelled).partition(" ")[0],
            share(one.ppi) if one.ppi.value is not None else "refused",
            "-" if one.halving is None else f"+{one.halving:,}",
        )
    return table


def _reliability(one: CriterionAgreement, together: bool) -> Table:
    which = " (all together)" if together else ""
    table = _table(f"How sure the judge is, and how often it is right{which}")
    named = [cell(row.answer) for row in one.reliability] if one.categories else []
    _columns(table, "it states", "it is right in", "answers", *(["of"] if named else []))
    for place, row in enumerate(one.reliability):
        right = f"{percent(row.seen)} ({row.low * 100:.0f}-{row.high * 100:.0f})"
        table.add_row(percent(row.stated), right, f"{row.rows:,}", *named[place : place + 1])
    return table


def _remarks(found: Found) -> Iterator[Line]:
    yield from _of_rates(found)
    for name, figure in found.swaps.items():
        yield Line(f"{name}: the two orders name opposite sides in {share(figure)}.")
    for again in found.retest:
        if again.rows:
            told = f"{share(again.rate)} of {count_of(again.rows, 'answer')}"
            yield Line(f"{again.criterion}: another answer in {found.again} in {told}.")
    yield from (Line(told) for told in _left_out(found))


def _of_rates(found: Found) -> Iterator[Line]:
    """What to know of the corrected figures."""
    for one in found.pass_rates:
        if one.refused:
            yield Line(f"{one.criterion}: no corrected figure, {one.refused}.", mark="! ")
    if any(one.halving for one in found.pass_rates):
        yield Line("to halve: how many more labels would halve the interval of the corrected one.")
    for name, missing in found.not_answered.items():
        if missing:
            told = f"{name}: of {count_of(missing, 'sample')} there is no answer of the judge"
            yield Line(f"{told}; its share is not of those.")
    if found.drawn and found.pass_rates:
        yield Line(_from_drawn(found.drawn))


def _from_drawn(drawn: Drawn) -> str:
    """Which labels the corrected figures are from."""
    labels = f"the {count_of(drawn.samples, 'labelled sample')}"
    told = f"The corrected figures are estimated from {labels} drawn at random"
    if not drawn.others:
        return f"{told}."
    others = "one was" if drawn.others == 1 else f"{drawn.others:,} were"
    return f"{told}; the other {others} chosen, as where the judge is unsure."


def _left_out(found: Found) -> Iterator[str]:
    out, one = found.left_out, _ONE[found.kind]
    if found.fitted:
        told = f"{count_of(out.fitted_samples, f'labelled {one}')} left out"
        yield f"{told}: the judge was fitted on {found.fitted.share:.0%} of the prompts."
    if out.taught_samples:
        told = count_of(out.taught_samples, f"labelled {one}")
        yield f"{told} left out: the rubric shows the judge an example of the same prompt."
    if out.unknown_samples:
        yield f"{count_of(out.unknown_samples, f'labelled {one}')} not in this run: left out."
    if out.other_content:
        told = count_of(out.other_content, "correction")
        yield f"{told} of another text than the run has under that id: left out."
    if out.not_graded:
        yield f"{count_of(out.not_graded, f'labelled {one}')} without a grade."
    if out.replaced:
        yield f"{count_of(out.replaced, 'correction')} replaced by a later one of the same id."
    if out.empty:
        yield f"{count_of(out.empty, 'line')} of the labels without an answer."


def _columns(table: Table, first: str, *others: str) -> None:
    table.add_column(first, overflow="fold", ratio=1, min_width=9)
    for name in others:
        table.add_column(name, justify="right", overflow="fold")


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
