"""Samples on a report: their texts, answers, and what the judge wrote about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from rlaif.records.figures import Moved, Seen
from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.records.sample import Sample, TextOrChat
from rlaif.reporting.report.blocks import Card, Cards, Part, Table, Turn
from rlaif.reporting.report.criterion_words import Stated
from rlaif.reporting.report.gathered import Picked
from rlaif.reporting.report.words import NONE, named, number, signed
from rlaif.reporting.text import harmless

MOST_CHARACTERS = 20_000
"""Of one text."""

MOST_BYTES = 2_500_000
"""Of all texts together, as they stand in the page."""

_MOST_AFTER = 500
_MOST_ROWS = 100
_MOST_TURNS = 60
_UNSURE = "Most unsure"
_HEADS = ["criterion", "answer", "probability", "value", "what it is worth"]
_PROSE = frozenset({0, 1, 4})


class Cutter:
    """Cuts long texts, and all of them to little once the page holds MOST_BYTES of them."""

    def __init__(self) -> None:
        """Begin with all of the room."""
        self._room = MOST_BYTES
        self.crowded = False
        """Whether a text was cut because too many came before it."""

    def turn(self, by: str, text: str) -> Turn:
        """One text, harmless, with how much of it is left out."""
        kept = harmless(text[:MOST_CHARACTERS])
        size = len(escape(kept).encode())
        if size > self._room:
            shorter = text[:_MOST_AFTER]
            self.crowded |= len(text) > _MOST_AFTER
            return Turn(by, harmless(shorter), len(text) - len(shorter))
        self._room -= size
        return Turn(by, kept, max(0, len(text) - MOST_CHARACTERS))


def samples_part(picked: Picked, criteria: Mapping[str, Stated], cutter: Cutter) -> Part | None:
    """The samples to look at; None where there are none."""
    kinds = (
        (
            "Lowest scores",
            "Where several share a score, one of each reason comes first.",
            picked.lowest,
        ),
        (
            "Highest scores",
            "Is it really so good? A policy that has found a way to cheat shows here.",
            picked.highest,
        ),
        (
            "Most unsure",
            "One of the judge's verdicts lies nearest to the threshold between two answers.",
            picked.unsure,
        ),
        ("Failed", "These have no score, through no fault of theirs.", picked.failed),
    )
    blocks = [
        Cards(title, told, [card(one, criteria, cutter, title == _UNSURE) for one in seen])
        for title, told, seen in kinds
        if seen
    ]
    if not blocks:
        return None
    lead = [
        "Figures hide what a judge gets wrong. Read a few of each kind; open one to see all of it."
    ]
    if cutter.crowded:
        lead.append(
            f"{MOST_BYTES / 1e6:.1f} MB of texts stand in this page; what came after them, in the "
            f"order of the page, is cut to {_MOST_AFTER} characters each."
        )
    return Part("samples", "Samples to look at", lead, blocks)


def card(seen: Seen, criteria: Mapping[str, Stated], cutter: Cutter, unsure: bool = False) -> Card:
    """One sample with its grade. Args: `unsure`, whether to name the most divided verdict."""
    grade = seen.grade
    rows = [answer_row(one, criteria) for one in (grade.outcomes if grade else ())]
    table = Table("Answers", _HEADS, rows[:_MOST_ROWS], max(0, len(rows) - _MOST_ROWS), _PROSE)
    return Card(
        named(seen.sample.sample_id),
        number(grade.score if grade else None),
        [*(_divided(grade, criteria) if grade and unsure else ()), *_facts(seen.sample, grade)],
        turns(seen.sample, cutter),
        table,
        [turn for one in (grade.outcomes if grade else ()) for turn in _wrote(one, cutter)][
            :_MOST_TURNS
        ],
    )


def _divided(grade: Grade, criteria: Mapping[str, Stated]) -> list[str]:
    """The judge's verdict with the two likeliest answers nearest to each other, as a fact."""
    gaps = []
    for one in grade.outcomes:
        told, outcome = criteria.get(one.criterion), one.outcome
        if (
            isinstance(outcome, Verdict)
            and one.probability is not None
            and not (told and told.by_check)
        ):
            *_, second, first = sorted((0.0, *outcome.distribution))
            gaps.append(
                (
                    first - second,
                    f"{named(one.criterion)}: {named(one.answer, NONE)} "
                    f"{number(one.probability, 2)}",
                )
            )
    return [min(gaps)[1]] if gaps else []


def _facts(sample: Sample, grade: Grade | None) -> list[str]:
    facts = []
    if sample.policy:
        facts.append(f"policy {named(sample.policy)}")
    if sample.group_id:
        facts.append(f"group {named(sample.group_id)}")
    if grade is not None and grade.reason:
        facts.append(named(grade.reason).replace(":", ": ", 1))
    if grade is not None and grade.truncated:
        facts.append("cut by its length limit")
    return facts


def turns(sample: Sample, cutter: Cutter) -> list[Turn]:
    """The texts of a sample, completion last."""
    found = [*_texts("prompt", sample.prompt), *_texts("completion", sample.completion)]
    if sample.reference:
        found.insert(
            -1 if isinstance(sample.completion, str) else 0, ("reference", sample.reference)
        )
    shown = [cutter.turn(by, text) for by, text in found[:_MOST_TURNS]]
    if len(found) > _MOST_TURNS:
        shown.append(Turn("further turns are left out", f"{len(found) - _MOST_TURNS:,} more"))
    return shown


def _texts(what: str, text: TextOrChat) -> list[tuple[str, str]]:
    if isinstance(text, str):
        return [(what, text)]
    found = []
    for message in text:
        calls = "".join(f"\n[calls {one.name} {one.arguments}]" for one in message.tool_calls)
        found.append((f"{what}, {message.role}", f"{message.content}{calls}"))
    return found


def answer_row(one: Answered, criteria: Mapping[str, Stated]) -> Sequence[str]:
    """A row of _HEADS."""
    told = criteria.get(one.criterion)
    return [
        named(one.criterion),
        answer_of(one),
        number(one.probability, 2),
        number(one.value, 2),
        told.worth if told else NONE,
    ]


def answer_of(one: Answered) -> str:
    """The answer, or why there is none."""
    outcome = one.outcome
    if isinstance(outcome, Failure):
        return f"failed, {outcome.stage}: {named(outcome.message)}"
    if isinstance(outcome, Skipped):
        return {"na": "does not apply", "when": "not asked of this sample"}.get(
            outcome.reason, "not asked"
        )
    return named(one.answer, NONE)


def _wrote(one: Answered, cutter: Cutter) -> list[Turn]:
    outcome = one.outcome
    verdict = outcome.verdict if isinstance(outcome, Skipped) else outcome
    if not isinstance(verdict, Verdict):
        return []
    found = []
    if verdict.rationale:
        found.append(cutter.turn(f"{one.criterion}: what stands behind it", verdict.rationale))
    for quote in verdict.evidence:
        mark = "quotes" if quote.found else "quotes what does NOT stand there"
        found.append(cutter.turn(f"{one.criterion}: {mark}", quote.text))
    for case in verdict.cases[:10]:
        mark = "passed" if case.passed else "not passed"
        found.append(cutter.turn(f"{one.criterion}: {named(case.name)} {mark}", case.message))
    return [turn for turn in found if turn.text]


def moved_card(
    one: Moved, here: Seen, there: Seen, criteria: Mapping[str, Stated], cutter: Cutter
) -> Card:
    """A sample of both runs, with this run's text and the answers of both."""
    mine = card(here, criteria, cutter)
    others = {a.criterion: a for a in (there.grade.outcomes if there.grade else ())}
    rows = []
    for answered in here.grade.outcomes if here.grade else ():
        other = others.get(answered.criterion)
        rows.append(
            [
                named(answered.criterion),
                answer_of(answered),
                number(answered.value, 2),
                answer_of(other) if other else NONE,
                number(other.value if other else None, 2),
            ]
        )
    table = Table(
        "Answers in both runs",
        ["criterion", "this run", "value", "the other", "value"],
        rows,
        prose=frozenset({0, 1, 3}),
    )
    facts = [f"{number(one.there)} in the other run, {signed(one.here - one.there)}", *mine.facts]
    if here.sample.completion != there.sample.completion:
        facts.append("the completion differs there; this run's is shown")
    return Card(mine.name, mine.score, facts, mine.turns, table, mine.remarks)
