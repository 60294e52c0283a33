"""What a job would ask, in figures and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from rlaif.reporting.money import money, span
from rlaif.reporting.text import count_of


@dataclass(frozen=True, slots=True)
class Timed:
    """What a few questions that were really asked say of the time that all take."""

    asked: int
    """Questions that were asked for it, the warm-up included."""
    rate: float
    """Questions a second, once the judge was warm."""
    slowest: float
    """The lowest rate of the stretches that it was measured in."""
    fastest: float
    kept: bool
    """Whether the answers are in the cache of verdicts now."""


@dataclass(slots=True)
class Estimate:
    """Counts of one dry run."""

    samples: int = 0
    done: int = 0
    """Samples that the run has graded before."""
    twins: int = 0
    """Samples with the content of another that is graded before them: nothing is asked."""
    prescreened: int = 0
    gated: int = 0
    """Samples that an unmet check gate settles before the judge."""
    checks: int = 0
    code: int = 0
    """Checks that run code, which a dry run does not."""
    asked_of: int = 0
    """Samples about which anything is asked."""
    questions: int = 0
    """What the judges' models are asked: votes and thoughts each by itself."""
    again: int = 0
    """Questions more, if no text that answers several at once could be read."""
    recalled: int = 0
    """Verdicts that the cache of earlier runs has."""
    tokens: int = 0
    """Of all prompts, each counted as a whole."""
    shared: int = 0
    """The same if what the questions of a sample have in common is counted once."""
    written: int = 0
    """Tokens that may be written at most; 0 where verdicts are read from labels."""
    about: bool = False
    """Tokens are estimated from the text, as no tokenizer is at hand."""
    cost_least: dict[str, float] = field(default_factory=dict)
    """By currency: what is in common is charged as computed before, and nothing but labels is
    written."""
    cost_most: dict[str, float] = field(default_factory=dict)
    """By currency: every prompt is computed, and all texts are as long as they may be."""
    failing: Counter[str] = field(default_factory=Counter)
    """Questions that cannot be asked, by the stage at which they fail."""
    bounds: Counter[str] = field(default_factory=Counter)
    """Why less may be asked, and how often that may be so."""
    notes: list[str] = field(default_factory=list)
    """What is not in the figures."""
    timed: Timed | None = None


WHY_LESS = {
    "gates": "the judge's own gates may settle more",
    "code": "gates that run code may settle more",
    "votes": "further votes are asked only where votes disagree",
    "cascade": "a later judge is asked only where the one before is unsure",
}
"""What an answer may save, by its name in `Estimate.bounds`."""


def estimate_text(found: Estimate) -> str:
    """A few lines for a person."""
    return "\n".join([*_samples(found), *_questions(found), *_spent(found), *_end(found)])


def code_line(checks: int) -> list[str]:
    """How many checks would run code; nothing where none would."""
    if not checks:
        return []
    told = "in the sandbox, at most: they are not run here, and their gates may settle more"
    return [f"{count_of(checks, 'check')} {told}"]


def _samples(found: Estimate) -> Iterator[str]:
    done = f", {found.done:,} of them graded before" if found.done else ""
    yield f"{count_of(found.samples, 'sample')}{done}; {found.prescreened:,} prescreened, scored 0"
    if found.twins:
        yield f"{count_of(found.twins, 'sample')} with the content of another one: asked once"
    yield (
        f"{count_of(found.checks, 'check')} by programs; "
        f"{count_of(found.gated, 'sample')} settled by their gates"
    )
    yield from code_line(found.code)


def _questions(found: Estimate) -> Iterator[str]:
    line = f"{count_of(found.questions, 'question')} to the judge"
    if found.questions:
        line += f" about {count_of(found.asked_of, 'sample')}"
    why = [told for name, told in WHY_LESS.items() if found.bounds[name]]
    if why:
        line += f", at most: {'; '.join(why)}"
    yield line
    if found.again:
        yield f"up to {found.again:,} more where a text that answers several cannot be read"
    if found.recalled:
        yield f"{count_of(found.recalled, 'verdict')} of earlier runs are in the cache"
    for stage, count in found.failing.most_common():
        yield f"{count_of(count, 'question')} cannot be asked and would fail ({stage})"


def _spent(found: Estimate) -> Iterator[str]:
    if found.tokens:
        about = "about " if found.about else ""
        yield (
            f"{about}{found.tokens:,} prompt tokens; {found.shared:,} of them to compute where a "
            "sample's text is computed once"
        )
    if found.written:
        yield f"{found.written:,} tokens to write, at most"
    if found.cost_most:
        least, most = money(found.cost_least), money(found.cost_most)
        yield f"cost: {most}" if least == most else f"cost: {least} to {most}"
    if found.timed:
        yield from _time(found.timed, found.questions)


def _time(timed: Timed, questions: int) -> Iterator[str]:
    left = questions - (timed.asked if timed.kept else 0)
    likely, least, most = (span(left / rate) for rate in (timed.rate, timed.fastest, timed.slowest))
    spread = "" if least == most else f" ({least} to {most})"
    yield f"time: {likely}{spread} at {timed.rate:,.1f} questions a second, loading not counted"
    kept = "their answers are in the cache" if timed.kept else "they will be asked again"
    yield f"{count_of(timed.asked, 'question')} asked to find that out: {kept}"


def _end(found: Estimate) -> Iterator[str]:
    yield from found.notes
    if found.timed is None:
        yield "Nothing was asked and nothing was written."
