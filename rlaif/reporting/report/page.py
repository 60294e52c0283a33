"""All that was counted -> one page of HTML that stands alone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rlaif.records.figures import Spread
from rlaif.reporting.report.blocks import Draw, Page, Part, Tile
from rlaif.reporting.report.criteria_parts import criteria_part, items_part
from rlaif.reporting.report.criterion_words import Stated, stated
from rlaif.reporting.report.gathered import Gathered, Run
from rlaif.reporting.report.inference import estimate
from rlaif.reporting.report.length_part import length_part
from rlaif.reporting.report.paired_part import paired_part
from rlaif.reporting.report.sample_cards import Cutter, samples_part
from rlaif.reporting.report.score_parts import groups_part, policies_part, scores_part
from rlaif.reporting.report.trouble_parts import failures_part, masses_part, skipped_part
from rlaif.reporting.report.words import NONE, between, named, number, share
from rlaif.reporting.text import count_of

_HERE = Path(__file__).parent
_SPENT = {
    "asked": "questions asked of the judge",
    "computed": "prompt tokens computed",
    "cached": "prompt tokens not computed again",
    "written": "tokens written by the judge",
    "recalled": "verdicts taken from the cache of earlier runs",
    "changed": "cached verdicts that came out otherwise when asked again",
}


def page_of(found: Gathered) -> Page:
    """The page as its parts."""
    run = found.run
    criteria = {one.name: one for one in stated(run.rubric.items)} if run.rubric else {}
    cutter = Cutter()
    parts = [
        paired_part(found, criteria, cutter),
        scores_part(found),
        policies_part(found),
        groups_part(found),
        criteria_part(found, criteria),
        items_part(found, criteria),
        length_part(found.lengths),
        masses_part(found),
        failures_part(found),
        skipped_part(found),
        samples_part(found.picked, criteria, cutter),
    ]
    title = run.rubric.title if run.rubric else run.rubric_name
    return Page(
        named(title),
        _lead(found),
        _facts(run, found.spread),
        _warnings(found, criteria),
        _tiles(found),
        [part for part in parts if isinstance(part, Part)],
    )


def _lead(found: Gathered) -> str:
    samples = count_of(found.spread.samples, "sample")
    return (
        f"{samples} graded by the rubric {named(found.run.rubric_name)} and the judge "
        f"{named(found.run.judge_name)}."
    )


def _facts(run: Run, spread: Spread) -> list[tuple[str, str]]:
    facts = [
        ("Rubric", named(run.rubric_name)),
        ("Judge", named(run.judge_name) + (f", model {named(run.model)}" if run.model else "")),
        ("Samples", f"{spread.samples:,}, from {named(run.source)}"),
        ("Begun", named(run.created.replace("T", " "))),
        ("Run", named(run.path)),
    ]
    spent = [f"{run.spent[key]:,} {word}" for key, word in _SPENT.items() if run.spent.get(key)]
    spent = [*(f"{cost:,.2f} {named(currency)}" for currency, cost in run.cost.items()), *spent]
    facts.append(("Cost", "; ".join(spent) or "nothing was asked of a model"))
    facts.append(("Made by", f"{named(run.command, NONE)} on {named(run.host, NONE)}"))
    facts.append(("Versions", ", ".join(f"{k} {named(v)}" for k, v in run.versions.items())))
    return facts


def _warnings(found: Gathered, criteria: Mapping[str, Stated]) -> list[str]:
    spread, told = found.spread, []
    if spread.missing:
        told.append(
            f"This run is not finished: {spread.missing:,} of "
            f"{count_of(spread.samples, 'sample')} are not graded. "
            "All figures are of the rest."
        )
    if spread.failed:
        told.append(
            f"{count_of(spread.failed, 'sample')} failed and have no score "
            f"({share(spread.failed, spread.samples)}). If what fails differs "
            "from the rest, the mean is off."
        )
    if 0 < spread.sums.clusters < 10:
        told.append("There are fewer than 10 prompts: take every figure as an impression.")
    if not criteria:
        told.append(
            "The rubric's own criteria are not known here, so weights and gates are not shown."
        )
    return [*told, *found.run.notes]


def _tiles(found: Gathered) -> list[Tile]:
    spread = found.spread
    mean = estimate(spread.sums)
    span = f"95% interval {between(mean)}" if mean and mean.low is not None else ""
    tiles = [
        Tile("Mean score", number(mean.mean if mean else None), span),
        Tile("Scored", f"{spread.sums.count:,}", f"of {count_of(spread.samples, 'sample')}"),
        Tile("Score 0", share(spread.zeros, spread.sums.count), f"{spread.zeros:,} of the scored"),
        Tile("Failed", f"{spread.failed:,}", "no score, never a zero"),
    ]
    if spread.missing:
        tiles.append(Tile("Not graded yet", f"{spread.missing:,}"))
    if found.groups:
        groups, level = sum(g.groups for g in found.groups), sum(g.level for g in found.groups)
        tiles.append(
            Tile("Groups without a difference", share(level, groups), f"{level:,} of {groups:,}")
        )
    return tiles


def render(page: Page, draw: Draw, library: str) -> str:
    """The page as HTML. Args: `library`, the JavaScript that draws what `draw` gives.

    All text is escaped by the template. The policy in the head lets nothing be loaded, and no
    script run but the two that stand in the page, by their hashes.
    """
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    scripts = [_script(library), _script((_HERE / "page.js").read_text(encoding="utf-8"))]
    figures = {figure.name: draw(figure.plot) for figure in page.figures}
    template = environment.get_template("page.html.jinja2")
    return template.render(
        page=page,
        figures=_data(figures),
        style=Markup((_HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - a file of ours
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - a library's and a file of ours
        hashes=" ".join(_hash(script) for script in scripts),
    )


def _script(text: str) -> str:
    """A script as it stands in the page: nothing in it may end it, or seem to begin another."""
    return f"\n{text}\n".replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _hash(script: str) -> str:
    """What the policy knows a script by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _data(content: object) -> Markup:
    """JSON that stands inside a script element: no sign of it can end the element."""
    text = orjson.dumps(content).decode()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - no sign of HTML is left in it
