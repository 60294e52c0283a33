"""An audit as one page of HTML that stands alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rlaif.records.audit import AuditReport, ProbeReport
from rlaif.reporting.audit import words
from rlaif.reporting.report.words import named
from rlaif.reporting.text import in_a_line

_HERE = Path(__file__).parent
_STYLE = _HERE.parent / "report" / "page.css"
_OWN_STYLE = _HERE / "page.css"
WIDTH = 120
"""Of the small plot of an interval, in units of its own."""
_SCALES = (0.1, 0.25, 0.5)


@dataclass(frozen=True, slots=True)
class Bar:
    """The interval of a probe, as it is drawn."""

    low: float
    high: float
    middle: float


def bar_of(one: ProbeReport, scale: float) -> Bar | None:
    """Where mean and interval stand, in units of WIDTH; None where there is no change to draw."""
    middle = words.shown_change(one)
    if middle is None:
        return None
    low = middle if one.low is None else one.low
    high = middle if one.high is None else one.high
    return Bar(_at(low, scale), _at(high, scale), _at(middle, scale))


def scale_of(report: AuditReport) -> float:
    """What the plots reach to on either side: the least of a few that holds every interval."""
    shown = [(words.shown_change(one), one.low, one.high) for one in report.probes]
    most = max((abs(v) for values in shown for v in values if v is not None), default=0.0)
    return next((scale for scale in _SCALES if most <= scale), 1.0)


def _at(value: float, scale: float) -> float:
    return round((min(max(value / scale, -1.0), 1.0) + 1) / 2 * WIDTH, 2)


def audit_page(report: AuditReport) -> str:
    """The page as HTML; all text is escaped by the template, and no script runs."""
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = "\n".join(path.read_text(encoding="utf-8") for path in (_STYLE, _OWN_STYLE))
    scale = scale_of(report)
    template = environment.get_template("page.html.jinja2")
    return template.render(
        report=report,
        rows=[(one, words.PROBE_WORDS[one.probe], bar_of(one, scale)) for one in report.probes],
        lead=words.lead(report),
        tiles=_tiles(report),
        facts=_facts(report),
        remarks=words.probe_remarks,
        most_wrong=words.most_wrong,
        wrong_of=words.wrong_of,
        change_of=words.change_of,
        interval_of=words.interval_of,
        values_of=words.values_of,
        line=in_a_line,
        named=named,
        width=WIDTH,
        scale=f"{scale:g}",
        style=Markup(style),  # noqa: S704 - two files of ours
    )


def _tiles(report: AuditReport) -> list[tuple[str, str]]:
    found = []
    for word in ("fails", "leans", "holds", "too few answers", "no answer", "not tried"):
        count = sum(one.finding == word for one in report.probes)
        if count or word in ("fails", "holds"):
            found.append((word, f"{count}"))
    return found


def _facts(report: AuditReport) -> list[tuple[str, str]]:
    told = [
        ("Judge", report.judge),
        ("Model", report.served),
        ("Rubric", report.rubric),
        ("Completions", f"{report.samples:,}, {report.labelled:,} of them labelled"),
        ("Questions", f"about {report.questions:,}"),
        ("Seed", f"{report.seed}"),
        ("Left out", ", ".join((*report.checks, *report.left_out))),
    ]
    return [(name, named(value)) for name, value in told if value]
