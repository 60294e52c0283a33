"""The parts of a report on criteria: how each was answered, and how they go together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from rlaif.records.figures import ItemFigures, OutcomeCount, Sums, Twins
from rlaif.reporting.report.blocks import Figure, Part, Plot, Table
from rlaif.reporting.report.criterion_words import Stated
from rlaif.reporting.report.gathered import Gathered
from rlaif.reporting.report.inference import fisher, kappa
from rlaif.reporting.report.words import NONE, named, number, share, span_of
from rlaif.reporting.text import count_of

MOST_ROWS = 60
_KINDS = {"virtue": "met is good: earns points", "fault": "met is bad: a fault that loses points"}
_ALIKE = 0.8
_FEW = 20
_SAME_SHARE = 0.98
_WEAK = 0.1


def criteria_part(found: Gathered, criteria: Mapping[str, Stated]) -> Part:
    """How each criterion was answered."""
    by_name: dict[str, list[OutcomeCount]] = defaultdict(list)
    for one in found.outcomes:
        by_name[one.criterion].append(one)
    rates = {name: _rate(by_name[name]) for name in found.criteria}
    rows = [_row(name, criteria.get(name), rates[name]) for name in found.criteria]
    known = [row for row in rows if row is not None][:MOST_ROWS]
    heads = ["criterion", "what is asked", "what it is worth", "mean value", "answers", "no answer"]
    table = Table(
        "Criteria",
        heads,
        [_cells(name, criteria.get(name), by_name[name], rates[name]) for name in found.criteria],
        prose=frozenset({0, 1, 2, 4, 5}),
    )
    lead = [
        "The mean value of a criterion: of a yes/no question the mean probability of yes, of a "
        "check the "
        "share that passed, of levels the mean from worst (0) to best (1). A fault is better "
        "low. A gate "
        "is marked by ◆."
    ]
    if not known:
        return Part("criteria", "Criteria", ["No criterion has an answer yet."], [table])
    used = {str(row["kind"]) for row in known}
    figure = Figure(
        "criteria-values",
        "Mean value of each criterion",
        _told(known),
        Plot("bars", known, "mean value", "", {k: v for k, v in _KINDS.items() if k in used}),
        table,
    )
    return Part("criteria", "Criteria", lead, [figure])


def _rate(counts: Sequence[OutcomeCount]) -> tuple[int, float]:
    verdicts = [one for one in counts if one.kind == "verdict"]
    return sum(one.count for one in verdicts), sum(one.total or 0.0 for one in verdicts)


def _row(name: str, told: Stated | None, rate: tuple[int, float]) -> dict[str, object] | None:
    count, total = rate
    if not count:
        return None
    return {
        "name": ("◆ " if told and told.gate else "") + named(name),
        "value": total / count,
        "label": number(total / count, 2),
        "kind": "fault" if told and told.fault else "virtue",
    }


def _told(rows: Sequence[Mapping[str, object]]) -> str:
    virtues = [row for row in rows if row["kind"] == "virtue"] or list(rows)
    lowest = min(virtues, key=lambda row: float(str(row["value"])))
    highest = max(virtues, key=lambda row: float(str(row["value"])))
    return (
        (
            f"{len(rows)} criteria. Met most: {highest['name']} ({highest['label']}); least: "
            f"{lowest['name']} ({lowest['label']})."
        )
        .replace("◆ ", "")
        .replace("1 criteria", "1 criterion")
    )


def _cells(
    name: str, told: Stated | None, counts: Sequence[OutcomeCount], rate: tuple[int, float]
) -> list[str]:
    answered = rate[0]
    answers = sorted((c for c in counts if c.kind == "verdict"), key=lambda c: (-c.count, c.told))
    rest = sorted((c for c in counts if c.kind != "verdict"), key=lambda c: (-c.count, c.told))
    shown = [f"{named(c.told)} {c.count:,} ({share(c.count, answered)})" for c in answers[:8]]
    missing = [f"{_word(c)} {c.count:,}" for c in rest[:8]]
    return [
        named(name),
        told.asks if told else "a criterion of the samples' own",
        told.worth if told else NONE,
        number(rate[1] / answered if answered else None),
        ", ".join(shown) or NONE,
        ", ".join(missing) or NONE,
    ]


def _word(one: OutcomeCount) -> str:
    if one.kind == "failure":
        return f"failed ({one.told})"
    words = {
        "gate": "not asked: a gate was unmet",
        "na": "does not apply",
        "when": "not asked of these",
    }
    return words.get(one.told, one.told.replace("prescreen:", "prescreened: "))


def items_part(found: Gathered, criteria: Mapping[str, Stated]) -> Part | None:
    """How criteria go with the rest of the score and with each other; None if none can be told."""
    items = {one.criterion: one for one in found.items}
    known = [items[name] for name in found.criteria if name in items and name in criteria]
    if len(known) < 2:
        return None
    heads = [
        "criterion",
        "correlation with the rest",
        "95% interval, about",
        "what to make of it",
        "samples",
        "prompts, about",
        "mean value",
        "deviation",
    ]
    rows = [_item(one, criteria[one.criterion], _prompts(one, found.spread.sums)) for one in known]
    blocks = [
        Table("Each criterion and the rest of the score", heads, rows, prose=frozenset({0, 3}))
    ]
    pairs = [pair for one in found.twins if (pair := _pair(one))]
    lead = [
        "A criterion that goes with the rest of the score pulls in the same direction as the "
        "others. One "
        "that goes against it, or that is always answered alike, deserves a second look: it may "
        "be badly "
        "worded, or simply measure something else.",
        f"{count_of(len(pairs), 'pair')} of criteria nearly always agree or disagree."
        if pairs
        else "No two criteria nearly always agree, as far as can be told.",
    ]
    if pairs:
        pairs_table = Table(
            "Pairs of criteria that say nearly the same",
            ["pair", "samples", "answered alike", "kappa", "in words"],
            pairs[:MOST_ROWS],
            max(0, len(pairs) - MOST_ROWS),
            frozenset({0, 4}),
        )
        blocks.append(pairs_table)
    seen = "" if found.every == 1 else f" Pairs were counted on one sample in {found.every}."
    how = [
        "Correlation with the rest: the corrected item-total correlation, Pearson's r of a "
        "criterion's value "
        "and \u03a3 w\u00b7v / \u03a3 max(w, 0) over the sample's other criteria, w their share "
        "of the whole rubric; over "
        "samples that the criteria scored (no gate, no prescreen, no failure). A good criterion "
        "that is a fault has a "
        "negative one. Its interval is approximate: Fisher's z, as if each prompt were one "
        "observation; "
        "where not all samples have the criterion, prompts are taken in proportion. Source: "
        "Henrysson, Psychometrika 28 (1963).",
        "Kappa is Cohen's: agreement beyond chance, met being a value of 0.5 or more. Listed "
        f"from {_ALIKE} up or "
        f"\u2212{_ALIKE} down, on {_FEW} samples or more. Source: Cohen 1960.{seen}",
    ]
    return Part("together", "Do the criteria pull together?", lead, blocks, how)


def _prompts(one: ItemFigures, scored: Sums) -> int:
    """About how many prompts the criterion's samples have: in proportion to those of all."""
    return min(one.count, round(one.count * scored.clusters / max(scored.count, 1)))


def _item(one: ItemFigures, told: Stated, prompts: int) -> list[str]:
    span = None if one.rest is None else fisher(one.rest, prompts)
    return [
        named(one.criterion),
        number(one.rest, 2),
        span_of(span),
        _remark(one, told, span),
        f"{one.count:,}",
        f"{prompts:,}",
        number(one.mean),
        number(one.sd),
    ]


def _remark(one: ItemFigures, told: Stated, span: tuple[float, float] | None) -> str:
    if one.count < _FEW:
        return "too few samples to tell"
    if one.mean >= _SAME_SHARE or one.mean <= 1 - _SAME_SHARE or one.rest is None:
        return "answered nearly alike everywhere: it hardly tells samples apart"
    if span is None:
        return "too few prompts to tell"
    if span[0] <= 0 <= span[1]:
        return "the interval holds 0: may have nothing to do with the rest"
    toward = -one.rest if told.fault else one.rest
    if toward <= -_WEAK:
        return "goes against the rest: samples that do well elsewhere do worse here"
    if toward < _WEAK:
        return "stands by itself: has little to do with the rest"
    return "goes with the rest"


def _pair(one: Twins) -> list[str] | None:
    found = kappa(one.both, one.only_first, one.only_second, one.count)
    if found is None or one.count < _FEW or abs(found) < _ALIKE:
        return None
    alike = one.count - one.only_first - one.only_second
    words = (
        "they nearly always agree: is one of them enough?"
        if found > 0
        else "one is met where the other is not: is one the reverse of the other?"
    )
    return [
        f"{named(one.first)} and {named(one.second)}",
        f"{one.count:,}",
        share(alike, one.count),
        number(found, 2),
        words,
    ]
