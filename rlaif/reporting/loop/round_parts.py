"""Figures over the rounds: scores, criteria, texts, and what the trainer logged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rlaif.records.loop_figures import mean_of
from rlaif.records.loop_seen import LoopSeen, Point, Series
from rlaif.reporting.report.blocks import Figure, Part, Plot, Table
from rlaif.reporting.report.words import NONE, named, number, share, signed

_MOST_LINES = 3
_MOST_CRITERIA = 100


def scores_part(seen: LoopSeen) -> Part | None:
    """The held-out score and the panel's, round by round."""
    if not seen.scores:
        return None
    lead = [
        "Every round is evaluated on the same held-out prompts, which are never trained on. The "
        "training score is by the rubric and the judge that train. The panel never makes a reward: "
        "where the training score rises and the panel falls, the policy has learnt to please the "
        "judge and not to be good."
    ]
    lines = _to_draw(seen)
    told = "Means over held-out prompts, with their 95% intervals."
    if len(lines) < len(seen.scores):
        told += " Members that are not drawn stand in the table."
    figure = Figure(
        "rounds-scores",
        "Held-out scores by round",
        told,
        Plot("rounds", _rows(lines), "round", "mean score", {s.name: named(s.name) for s in lines}),
        _table("Held-out scores", seen.scores, seen),
    )
    how = [
        "A prompt counts once, by the mean over its completions. An interval is of prompts drawn "
        "again with replacement (2,000 times or more), its ends widened for few prompts as by "
        "Hesterberg (arXiv:1411.5279); from fewer than 5 prompts there is none.",
        "The loop stops where the difference to the best round, paired by prompt, lies below what "
        "the file allows with its whole interval; where it rises while a member of the panel "
        "falls, each with its whole interval; and where it rises, no member follows, and length, "
        "repetition or sameness leave their band. Intervals that decide are surer than 95%, so "
        "that over all rounds about 5% of loops without a fault are stopped, or fewer.",
    ]
    return Part("scores", "Scores on held-out prompts", lead, [figure], how)


def criteria_part(seen: LoopSeen) -> Part | None:
    """The mean value of each criterion of the training rubric, round by round."""
    history = seen.history
    names = list(dict.fromkeys(name for one in history for name in one.training.criteria))
    if not names:
        return None

    def moved(name: str) -> float:
        first, last = (one.training.criteria.get(name) for one in (history[0], history[-1]))
        return 0.0 if first is None or last is None else last - first

    names.sort(key=lambda name: (-abs(moved(name)), name))
    rows = [
        [
            named(name),
            *(number(one.training.criteria.get(name), 2) for one in history),
            signed(moved(name)),
        ]
        for name in names[:_MOST_CRITERIA]
    ]
    heads = ["criterion", *(f"round {one.round}" for one in history), "change"]
    table = Table("Mean value by round", heads, rows, max(0, len(names) - _MOST_CRITERIA))
    lead = [
        "Mean values over the held-out completions, the criterion that moved most first. A score "
        "that rises by one criterion alone deserves a look at what the policy does for it."
    ]
    return Part("criteria", "Criteria of the training rubric", lead, [table])


def texts_part(seen: LoopSeen) -> Part | None:
    """Length, repetition and sameness, round by round."""
    rows = []
    for one in seen.history:
        if one.text is None:
            continue
        rows.append(
            [
                f"round {one.round}",
                number(mean_of(one.text.length), 1),
                share(mean_of(one.text.repetition) or 0.0, 1),
                NONE if one.text.distinct is None else share(one.text.distinct, 1),
                share(one.text.opening_share, 1),
                named(one.text.opening, NONE),
            ]
        )
    if not rows:
        return None
    heads = [
        *("round", "words", "repeated", "different", "same opening"),
        "the most common opening",
    ]
    table = Table("Texts of held-out completions", heads, rows, prose=frozenset({0, 5}))
    figures = [
        Figure(
            f"texts-{place}",
            series.name,
            "Means over held-out prompts.",
            Plot("rounds", _rows([series]), "round", "", {series.name: series.name}),
            _table(series.name, [series], seen),
        )
        for place, series in enumerate(seen.texts)
    ]
    lead = [
        "What a text gives away with no judge: how many words it has, the share of runs of four "
        "words that it says again, the share of different completions of one prompt, and how many "
        "completions begin with the same four words."
    ]
    return Part("texts", "Length, repetition, sameness", lead, [table, *figures])


def curves_part(seen: LoopSeen) -> Part | None:
    """What the trainer logged, over the steps of all rounds."""
    blocks = [
        Figure(
            f"curve-{place}",
            named(series.name),
            "By steps of the optimiser, counted on from round to round.",
            Plot("rounds", _rows([series]), "step", "", {series.name: named(series.name)}),
            Table(
                named(series.name),
                ["step", "value"],
                [[f"{point.at:,.0f}", number(point.value, 4)] for point in series.points],
            ),
        )
        for place, series in enumerate(seen.curves)
    ]
    if not blocks:
        return None
    return Part("training", "Training", ["Figures as the trainer logged them."], blocks)


def _to_draw(seen: LoopSeen) -> list[Series]:
    """The training score, and those of the panel to look at: the blamed, then the fallen."""
    blamed = seen.stop.members if seen.stop else ()

    def rank(series: Series) -> tuple[bool, float]:
        return series.name not in blamed, series.points[-1].value - series.points[0].value

    return [*seen.scores[:1], *sorted(seen.scores[1:], key=rank)[: _MOST_LINES - 1]]


def _rows(lines: Sequence[Series]) -> list[dict[str, Any]]:
    return [_row(series, point) for series in lines for point in series.points]


def _row(series: Series, point: Point) -> dict[str, Any]:
    told = f"{named(series.name)}, {point.at:,.0f}: {number(point.value)}"
    row: dict[str, Any] = {
        "at": point.at,
        "value": point.value,
        "kind": series.name,
        "told": f"{told} ({_between(point)})" if point.low is not None else told,
    }
    if point.low is not None and point.high is not None:
        row |= {"low": point.low, "high": point.high}
    return row


def _between(point: Point) -> str:
    if point.low is None or point.high is None:
        return NONE
    return f"{number(point.low)} to {number(point.high)}"


def _table(caption: str, series: Sequence[Series], seen: LoopSeen) -> Table:
    """A row a round, and of each series the mean and its interval."""
    heads = ["round"]
    for one in series:
        heads += [named(one.name), "95% interval"]
    rows = []
    for figures in seen.history:
        row = [f"round {figures.round}"]
        for one in series:
            at = next((p for p in one.points if p.at == figures.round), None)
            row += [number(at.value if at else None), _between(at) if at else NONE]
        rows.append(row)
    return Table(caption, heads, rows)
