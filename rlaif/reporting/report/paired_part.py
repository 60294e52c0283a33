"""The part of a report that holds two runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rlaif.records.figures import PairedCriterion
from rlaif.reporting.report.blocks import Cards, Figure, Part, Plot, Table
from rlaif.reporting.report.criterion_words import Stated
from rlaif.reporting.report.gathered import Against, Gathered
from rlaif.reporting.report.inference import DIFFERENCES, FEWEST, Estimate, estimate, holm, mcnemar
from rlaif.reporting.report.sample_cards import Cutter, moved_card
from rlaif.reporting.report.words import (
    NONE,
    chance,
    listed,
    moment,
    named,
    number,
    signed,
    signed_between,
)
from rlaif.reporting.text import count_of

_MOST_ROWS = 40
_FEW = 20
"""Samples, from which on a criterion is looked at for the widest gap."""
_RUNS = {"here": "this run", "there": "the other run"}
_MOVES = {"up": "higher in this run", "down": "lower in this run", "same": "equal"}

_HOW = (
    "Difference: this run less the other one, of samples with a score in both, matched by "
    "sample_id; its 95% "
    "interval is a paired t interval in which the samples of one prompt or group count as one "
    "observation.",
    "McNemar's exact test asks whether as many samples changed one way as the other: p = min(1, "
    "2\u00b7P(X \u2264 min(b, c))), "
    "X binomial of b + c and 1/2. It takes samples as independent; those of one prompt are not "
    "quite, so a p "
    "near the border means little. A criterion is met from a value of 0.5. Source: McNemar, "
    "Psychometrika 12 (1947).",
    "Where many criteria are tested some differ by chance: the last column is p made larger for "
    "their number. "
    "Source: Holm, Scandinavian Journal of Statistics 6 (1979).",
)


def paired_part(found: Gathered, criteria: Mapping[str, Stated], cutter: Cutter) -> Part | None:
    """None where there is no other run."""
    against = found.against
    if against is None:
        return None
    lead = [_what(against), _matched(against)]
    if not against.paired.scored:
        return Part(
            "against", "Against the other run", [*lead, "No sample has a score in both runs."]
        )
    mean = estimate(against.paired.difference, DIFFERENCES)
    lead.append(_verdict(mean))
    blocks: list[Figure | Table | Cards] = [
        _means(against, mean),
        _passes(against),
        _moves(against),
    ]
    if against.criteria:
        blocks.append(_criteria(against.criteria))
    if against.moved:
        told = "The samples whose score moved most, by this run's answers and the other one's."
        cards = [
            moved_card(one, here, there, criteria, cutter) for one, here, there in against.moved
        ]
        blocks.append(Cards("Moved most", told, cards))
    return Part("against", "Against the other run", lead, blocks, _HOW)


def _what(against: Against) -> str:
    run = against.run
    return (
        f"This run is held against {named(run.path)}: rubric {named(run.rubric_name)}, judge "
        f"{named(run.judge_name)}, {moment(run.created)}. A difference is this run less the other "
        "one."
    )


def _matched(against: Against) -> str:
    paired = against.paired
    told = [f"{count_of(paired.matched, 'sample')} of both runs were matched by their id"]
    if paired.other_content:
        told.append(f"{paired.other_content:,} of them have another prompt or completion there")
    if paired.only_here or paired.only_there:
        told.append(
            f"{paired.only_here:,} are only in this run and {paired.only_there:,} only in the other"
        )
    if paired.scored < paired.matched:
        told.append(
            f"{paired.matched - paired.scored:,} of the matched lack a score in one of the runs"
        )
    for names, where in ((against.only_here, "this run"), (against.only_there, "the other run")):
        if names:
            shown = listed([named(name) for name in names[:10]])
            told.append(
                f"only {where} has the criteria {shown}{' and others' if len(names) > 10 else ''}"
            )
    return "; ".join(told) + "."


def _verdict(mean: Estimate | None) -> str:
    if mean is None:
        return ""
    told = f"The mean score differs by {signed(mean.mean)}"
    if mean.low is None or mean.high is None:
        prompts = count_of(mean.clusters, "prompt")
        if mean.clusters < FEWEST:
            few = "is" if mean.clusters == 1 else "are"
            return f"{told}; {prompts} {few} too few for an interval."
        return f"{told}, on each of {prompts} alike: that gives no interval, and is no proof."
    told = f"{told} (95% interval {signed(mean.low)} to {signed(mean.high)})."
    if mean.low <= 0 <= mean.high:
        return f"{told} The interval holds 0: this may be chance."
    side = "higher" if mean.mean > 0 else "lower"
    if not mean.enough:
        few = f"{mean.clusters} prompts are few: take it as a hint that this run is {side}."
        return f"{told} The interval does not hold 0, but {few}"
    return f"{told} The interval does not hold 0: this run is {side} by more than chance explains."


def _means(against: Against, mean: Estimate | None) -> Table:
    paired = against.paired
    rows = [
        ["this run", number(paired.here), NONE],
        ["the other run", number(paired.there), NONE],
        ["difference", signed(mean.mean if mean else None), signed_between(mean)],
    ]
    count = (
        f"{count_of(paired.scored, 'sample')} of {count_of(mean.clusters if mean else 0, 'prompt')}"
    )
    return Table(f"Mean scores over {count}", ["run", "mean score", "95% interval"], rows)


def _passes(against: Against) -> Table:
    paired, least = against.paired, f"{against.threshold:g}"
    p = mcnemar(paired.passed_here, paired.passed_there)
    rows = [
        ["pass in both", f"{paired.passed_both:,}"],
        ["pass in this run alone", f"{paired.passed_here:,}"],
        ["pass in the other run alone", f"{paired.passed_there:,}"],
        ["pass in neither", f"{paired.passed_neither:,}"],
        ["McNemar's exact p", chance(p)],
    ]
    return Table(
        f"Samples that pass, with a score of {least} or more", ["samples that", "how many"], rows
    )


def _moves(against: Against) -> Figure:
    rows = []
    for one in against.moves:
        kind = "same" if one.place == 0 else "up" if one.place > 0 else "down"
        low = 0.0 if not one.place else (one.place - (one.place > 0)) / 10
        middle = (one.place - 0.5 * (1 if one.place > 0 else -1)) / 10 if one.place else 0.0
        told = "equal" if not one.place else f"{signed(low)[:-2]} to {signed(low + 0.1)[:-2]}"
        rows.append(
            {
                "from": middle - 0.045 if one.place else -0.012,
                "to": middle + 0.045 if one.place else 0.012,
                "kind": kind,
                "count": one.count,
                "range": told,
            }
        )
    used = {row["kind"] for row in rows}
    kinds = {kind: word for kind, word in _MOVES.items() if kind in used}
    up, down = (sum(b.count for b in against.moves if sign * b.place > 0) for sign in (1, -1))
    told = (
        f"{count_of(up, 'sample')} score{'s' if up == 1 else ''} higher in this run, {down:,} "
        f"lower, "
        f"{against.paired.scored - up - down:,} the same."
    )
    table = Table(
        "Samples by how far they moved",
        ["difference of the score", "samples"],
        [[str(r["range"]), f"{r['count']:,}"] for r in rows],
    )
    return Figure(
        "against-moves",
        "How far the scores moved",
        told,
        Plot("bins", rows, "score of this run less that of the other", "samples", kinds),
        table,
    )


def _criteria(criteria: Sequence[PairedCriterion]) -> Figure:
    chances = [mcnemar(one.met_here, one.met_there) for one in criteria]
    rows: list[dict[str, object]] = []
    for place, one in enumerate(criteria[:_MOST_ROWS]):
        for kind, value in (("here", one.here), ("there", one.there)):
            label = f"{number(value)} over {count_of(one.count, 'sample')}"
            name = named(one.criterion)
            rows.append({"key": place, "name": name, "kind": kind, "value": value, "label": label})
    cells = []
    for one, p, adjusted in zip(criteria, chances, holm(chances), strict=True):
        mean = estimate(one.difference, DIFFERENCES)
        cells.append(
            [
                named(one.criterion),
                signed(mean.mean if mean else None),
                signed_between(mean),
                f"{one.count:,}",
                f"{one.difference.clusters:,}",
                number(one.here),
                number(one.there),
                f"{one.met_here:,}",
                f"{one.met_there:,}",
                chance(p),
                chance(adjusted),
            ]
        )
    heads = [
        "criterion",
        "difference",
        "95% interval",
        "samples",
        "prompts",
        "this run",
        "the other",
        "met here alone",
        "met there alone",
        "McNemar's p",
        "p for so many",
    ]
    told = f"{count_of(len(criteria), 'criterion').replace('criterions', 'criteria')} of both runs."
    if wide := [one for one in criteria if one.count >= _FEW]:
        widest = max(wide, key=lambda one: abs(one.here - one.there))
        told += (
            f" The widest gap: {named(widest.criterion)}, {number(widest.here)} here and "
            f"{number(widest.there)} there, over {widest.count:,} samples."
        )
    return Figure(
        "against-criteria",
        "Mean value of each criterion in both runs",
        told,
        Plot("two_runs", rows, "mean value", "", _RUNS),
        Table("Criteria in both runs", heads, cells),
    )
