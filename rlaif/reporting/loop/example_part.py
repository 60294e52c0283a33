"""Completions side by side: an earlier round's and the last round's, and what each says of them."""

from __future__ import annotations

from rlaif.records.loop_seen import Example, LoopSeen, Shown
from rlaif.reporting.report.blocks import Card, Cards, Part, Table
from rlaif.reporting.report.sample_cards import Cutter
from rlaif.reporting.report.words import named, number, signed


def examples_part(seen: LoopSeen) -> Part | None:
    """The prompts where judge and panel part the most; None where there is nothing to compare."""
    if not seen.examples:
        return None
    last = seen.history[-1].round
    cutter = Cutter()
    hacked = seen.stop is not None and seen.stop.hacking
    told = (
        f"Of each prompt the completion that the training judge scored highest, in round "
        f"{seen.against} and in round {last}. First come those whose training score rose most "
        "beside what the panel gained."
    )
    if seen.stop is not None and not hacked:
        told = f"Prompts whose score fell the most from round {seen.against} to round {last}."
    cards = [_card(one, seen.against, last, cutter) for one in seen.examples]
    lead = ["Read these. Whether a score is earned shows in the texts, and nowhere else."]
    title = "What raised the score" if hacked else "Side by side"
    return Part("examples", title, lead, [Cards("Completions of both rounds", told, cards)])


def _card(one: Example, then: int, now: int, cutter: Cutter) -> Card:
    before, after = one.before, one.after
    members = list(dict.fromkeys([*before.panel, *after.panel]))
    rows = [["training", *_scores(before.score, after.score)]]
    rows += [
        [f"panel: {named(name)}", *_scores(before.panel.get(name), after.panel.get(name))]
        for name in members
    ]
    heads = ["by", f"round {then}", f"round {now}", "change"]
    change = _scores(before.score, after.score)[-1]
    return Card(
        named(after.sample_id),
        number(after.score),
        [f"{change} since round {then}"],
        [
            cutter.turn("prompt", one.prompt),
            cutter.turn(_by(before, then), before.text),
            cutter.turn(_by(after, now), after.text),
        ],
        Table("Scores of both", heads, rows),
    )


def _by(shown: Shown, number_: int) -> str:
    return f"round {number_}, {named(shown.sample_id)}"


def _scores(before: float | None, after: float | None) -> list[str]:
    both = before is not None and after is not None
    change = after - before if before is not None and after is not None else None
    return [number(before), number(after), signed(change if both else None)]
