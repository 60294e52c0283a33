"""All that was counted -> one page of HTML that stands alone."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rlaif.reporting.report.blocks import Draw, Page, Part
from rlaif.reporting.report.criteria_parts import criteria_part, items_part
from rlaif.reporting.report.criterion_words import stated
from rlaif.reporting.report.gathered import Gathered
from rlaif.reporting.report.head import facts, lead, tiles, warnings
from rlaif.reporting.report.length_part import length_part
from rlaif.reporting.report.paired_part import paired_part
from rlaif.reporting.report.policy_part import policies_part
from rlaif.reporting.report.sample_cards import Cutter, samples_part
from rlaif.reporting.report.score_parts import groups_part, scores_part
from rlaif.reporting.report.trouble_parts import failures_part, masses_part, skipped_part
from rlaif.reporting.report.words import named

_HERE = Path(__file__).parent


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
        lead(found),
        facts(found, criteria),
        warnings(found, criteria),
        tiles(found),
        [part for part in parts if isinstance(part, Part)],
    )


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
