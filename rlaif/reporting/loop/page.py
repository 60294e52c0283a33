"""All that is shown of a loop -> the parts of its page."""

from __future__ import annotations

from collections.abc import Iterator

from rlaif.records.loop_seen import LoopSeen, Series
from rlaif.reporting.loop.example_part import examples_part
from rlaif.reporting.loop.round_parts import criteria_part, curves_part, scores_part, texts_part
from rlaif.reporting.loop.words import TITLES
from rlaif.reporting.report.blocks import Page, Part, Tile
from rlaif.reporting.report.words import named, number, signed
from rlaif.reporting.text import count_of


def loop_page(seen: LoopSeen) -> Page:
    """The page as its parts."""
    parts = [
        scores_part(seen),
        examples_part(seen),
        criteria_part(seen),
        texts_part(seen),
        curves_part(seen),
    ]
    return Page(
        named(seen.title),
        _lead(seen),
        [(name, named(value)) for name, value in seen.facts],
        _warnings(seen),
        list(_tiles(seen)),
        [part for part in parts if isinstance(part, Part)],
        kind="Report of a loop",
        made="What was trained, by what, and who watched",
    )


def _lead(seen: LoopSeen) -> str:
    rounds = max((one.round for one in seen.history), default=0)
    so_far = f"{rounds} of {count_of(seen.planned, 'round')}"
    if seen.stop is not None:
        return f"Stopped after {so_far}. Take the model of round {seen.best}."
    if seen.done:
        return f"All {so_far} are done. The best model is that of round {seen.best}."
    return f"{so_far} done; this page is written again after every round."


def _warnings(seen: LoopSeen) -> list[str]:
    told = [f"{TITLES[seen.stop.name]}. {seen.stop.told}"] if seen.stop else []
    if not seen.history:
        return told
    last = seen.history[-1]
    if not last.panel:
        told.append(
            "There is no panel: nobody but the training judge has looked at these completions."
        )
    for one in (last.training, *last.panel):
        if one.failed:
            told.append(
                f"{named(one.name)}: {one.failed:,} of {one.samples:,} completions of round "
                f"{last.round} failed and have no score."
            )
    if 0 < len(last.training.scores) < 10:
        told.append("There are fewer than 10 held-out prompts: take all figures as impressions.")
    return told


def _tiles(seen: LoopSeen) -> Iterator[Tile]:
    for series in seen.scores[:4]:
        yield _change(series)
    if seen.stop is not None:
        yield Tile("Stopped by", seen.stop.name, f"in round {seen.stop.round}")


def _change(series: Series) -> Tile:
    first, last = series.points[0], series.points[-1]
    told = f"{number(first.value)} at the start, {signed(last.value - first.value)}"
    return Tile(f"Held-out score, {named(series.name)}", number(last.value), told)
