"""How a job goes, in words: for a line of a log, and for what stands below a bar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rlaif.reporting.money import money, span
from rlaif.reporting.text import count_of
from rlaif.runs.pace import View

_QUIET_S = 60.0
"""A job without a grade for so long says so."""


def line(view: View, *, last: bool = False) -> str:
    """All of it in one line. `last`: the job is over, and its pace is the mean one."""
    if not view.begun:
        return ", ".join(facts(view))
    done = f"{view.done:,} of {count_of(view.samples, 'sample')}"
    return ", ".join([done, *facts(view, last=last)])


def facts(view: View, *, last: bool = False) -> list[str]:
    """What there is to say besides how many samples are done, the most wanted first."""
    if not view.begun:
        return [f"starting, {span(view.elapsed_s)} so far"]
    return [*_pace(view, last=last), *_judge(view, last=last), *_failed(view)]


def _pace(view: View, *, last: bool) -> Iterator[str]:
    rate = view.mean_verdicts_per_s if last else view.verdicts_per_s
    if rate is not None and view.new:
        yield f"{rate:,.1f} verdicts/s"
    if last or view.done >= view.samples:
        return
    if view.idle_s >= _QUIET_S:
        yield f"no grade for {span(view.idle_s)}"
    if view.left_s is not None:
        yield f"{span(view.left_s)} left"


def _judge(view: View, *, last: bool) -> Iterator[str]:
    """What the judge computed and cost."""
    rate = view.prompt_tokens_per_s
    if last and view.prompt_tokens:
        rate = view.prompt_tokens / max(view.elapsed_s, 1e-9)
    before = f"{view.computed_before:.0%} computed before" if view.usage.cached else ""
    if rate is not None:
        share = f" ({before})" if before else ""
        yield f"{rate:,.0f} prompt tokens/s{share}"
    elif view.prompt_tokens:
        share = f", {before}" if before else ""
        yield f"{view.prompt_tokens:,} prompt tokens{share}"
    if view.usage.recalled:
        yield f"{count_of(view.usage.recalled, 'verdict')} recalled"
    if view.usage.cost:
        whole = {} if last else view.expected_cost
        yield money(view.usage.cost) + (f" of about {money(whole)}" if whole else "")


def _failed(view: View) -> Iterator[str]:
    if not view.failed and not view.stages:
        return
    told = f"{view.failed:,} failed" if view.failed else "none failed"
    stages = ", ".join(f"{n:,} {stage}" for stage, n in Counter(view.stages).most_common())
    yield f"{told} ({stages})" if stages else told
