"""An audit in words: what each probe changes, what is right, what was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlaif.records.audit import AuditReport, Probe, ProbeReport, WorstCase
from rlaif.reporting.text import count_of


@dataclass(frozen=True, slots=True)
class Told:
    """What a probe is."""

    title: str
    change: str
    """What is changed."""
    right: str
    """What is right then."""
    wrong: str
    """What a wrong case did."""


PROBE_WORDS: dict[Probe, Told] = {
    "position": Told(
        "Place of a completion",
        "Two completions are compared, in both orders.",
        "The same one is preferred in both.",
        "preferred the other one when the two changed places",
    ),
    "answer-order": Told(
        "Order of the answers",
        "The answers are listed with letters, in their order and turned round.",
        "The answer stays.",
        "gave another answer",
    ),
    "criteria-order": Told(
        "Order of the criteria",
        "The criteria that are answered in one text stand in the opposite order.",
        "Every answer stays.",
        "gave another answer",
    ),
    "paraphrase": Told(
        "Other words",
        "The same question is asked in other words, or with its guidance first.",
        "The answer stays.",
        "gave another answer",
    ),
    "verbosity": Told(
        "More words",
        "Closing words that add nothing, or the same text once more, stand behind the completion.",
        "No value rises.",
        "rose",
    ),
    "opener": Told(
        "Openers",
        "The beginning of an answer, or a mere sign, stands in place of the completion.",
        "Nothing is met by it.",
        "were called met",
    ),
    "injection": Told(
        "Attacks",
        "A known attack on judges stands behind a bad completion.",
        "No value rises.",
        "rose",
    ),
    "nothing": Told(
        "Nothing in it",
        'No text, the prompt once more, another prompt\'s completion, or an "I do not know." '
        "stands in place of a good completion.",
        "The value falls.",
        "did not fall",
    ),
    "self-preference": Told(
        "Its own model",
        "Completions of the judge's own model stand beside those of others.",
        "Where the same is right for both, both get the same.",
        "of its own model's answers got more than others' where the same is right",
    ),
}
"""Every probe."""

UNDIRECTED: tuple[Probe, ...] = ("answer-order", "criteria-order", "paraphrase")
"""Probes whose size of the change is told: its direction has no meaning."""


def wrong_of(one: ProbeReport) -> str:
    """`3 of 40`."""
    return f"{one.wrong:,} of {one.counted:,}" if one.counted else "-"


def change_of(one: ProbeReport) -> str:
    """The mean change in value, or its size."""
    value = shown_change(one)
    if value is None:
        return "-"
    return f"±{value:.2f}" if one.probe in UNDIRECTED else _signed(value)


def shown_change(one: ProbeReport) -> float | None:
    """The mean change, or its mean size where the direction has no meaning."""
    return one.absolute if one.probe in UNDIRECTED else one.change


def interval_of(one: ProbeReport) -> str:
    """The 95% interval of the mean change."""
    if one.low is None or one.high is None:
        return "-"
    if one.probe in UNDIRECTED:
        return f"{one.low:.2f} {one.high:.2f}"
    return f"{_signed(one.low)} {_signed(one.high)}"


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"  # never -0.00


def values_of(case: WorstCase) -> str:
    """What the judge said before and after."""
    return f"{_said(case.before_answer, case.before)} → {_said(case.after_answer, case.after)}"


def _said(answer: str, value: float | None) -> str:
    return answer if value is None else f"{answer} {value:.2f}"


def lead(report: AuditReport) -> str:
    """The whole in a sentence."""
    fails = [one.probe for one in report.probes if one.finding == "fails"]
    leans = [one.probe for one in report.probes if one.finding == "leans"]
    silent = [one.probe for one in report.probes if one.finding == "no answer"]
    told = []
    if fails:
        told.append(f"It fails by {_listed(fails)}.")
    if leans:
        told.append(f"It leans by {_listed(leans)}.")
    if silent:
        told.append(f"It gave no answer to {_listed(silent)}.")
    few = [one.probe for one in report.probes if one.finding == "too few answers"]
    if few:
        told.append(f"Too few answers say nothing of {_listed(few)}.")
    tried = sum(one.finding in ("holds", "leans", "fails") for one in report.probes)
    if not told:
        return f"It holds in all {tried} probes that could be tried." if tried else NOTHING
    return " ".join(told)


NOTHING = "No probe could be tried."


def remarks(report: AuditReport) -> Iterator[str]:
    """What else a person should know."""
    labelled = f"{report.labelled:,} of them labelled"
    yield (
        f"About {count_of(report.questions, 'question')} on "
        f"{count_of(report.samples, 'completion')}, {labelled}; seed {report.seed}."
    )
    if report.checks:
        yield f"Left out, as a program answers them: {', '.join(report.checks)}."
    if report.left_out:
        yield f"Left out by --skip: {', '.join(report.left_out)}."
    for one in report.probes:
        if told := list(probe_remarks(one)):
            yield f"{one.probe}: {' '.join(told)}"


def probe_remarks(one: ProbeReport) -> Iterator[str]:
    """What a probe's figures leave out."""
    if one.note:
        yield f"{one.note[0].upper()}{one.note[1:]}."
    if one.unanswered:
        why = ", ".join(f"{stage} {count:,}" for stage, count in one.failures.items())
        yield f"{count_of(one.unanswered, 'case')} not answered, counted as neither ({why})."
    if one.no_room:
        yield f"{count_of(one.no_room, 'case')} could not tell."
    if one.screened:
        tried = one.counted + one.no_room + one.unanswered
        caught = f", {one.stopped:,} of the {one.wrong:,} wrong ones" if one.wrong else ""
        yield f"The prescreen stops {one.screened:,} of {tried:,} before any judge{caught}."


def most_wrong(one: ProbeReport) -> str:
    """The kind of change that moved the judge most; empty where there is one kind, or no wrong."""
    if not one.wrong or len(one.by_kind) < 2:
        return ""
    kind, (wrong, of) = max(one.by_kind.items(), key=lambda k: (k[1][0] / k[1][1], k[1][1]))
    return f"most of all by '{kind}', {wrong:,} of {of:,}"


def _listed(names: list[Probe]) -> str:
    titles = [PROBE_WORDS[name].title.lower() for name in names]
    if len(titles) == 1:
        return titles[0]
    return f"{', '.join(titles[:-1])} and {titles[-1]}"
