"""Judges made ready to compare."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rlaif.errors import InputError
from rlaif.grading.pair_asking import Comparer
from rlaif.grading.pair_combine import Rule
from rlaif.ports import JudgeBackend
from rlaif.prompting.pair_prompt import PairPrompter
from rlaif.records.judge import Judge
from rlaif.records.panel import JuryJudge
from rlaif.runs.backends import started
from rlaif.runs.judge import asker_of, codec_of, no_judge, template_of
from rlaif.runs.remembering import NOTHING_REMEMBERED, Remembering


def pair_prompter_of(judge: Judge, backend: JudgeBackend) -> PairPrompter:
    """Who writes the judge's prompts of pairs; the model need not be loaded.

    Raises: FileProblems for a template at fault or without the blocks of a pair; JudgeUnavailable
    for labels of several tokens.
    """
    return PairPrompter(template_of(judge), judge.own.labels, codec_of(judge, backend))


@asynccontextmanager
async def ready_to_compare(
    judge: Judge,
    backend: JudgeBackend | None = None,
    *,
    asks: bool = True,
    memory: Remembering = NOTHING_REMEMBERED,
    rule: Rule | None = None,
) -> AsyncIterator[Comparer]:
    """The judge, loaded and able to compare; `backend` stands in for the one its file names.

    Where nothing is asked (`asks` false), none is loaded. `rule` stands in for its `pairwise`.
    Raises: JudgeUnavailable, MissingExtra, FileProblems or InputError, each with what to change.
    """
    judge = judge if asks else no_judge()
    refuse_written(judge)
    async with started(judge, backend, pair_prompter_of) as (backends, prompters):
        asker = asker_of(judge, backends, prompters, memory)
        yield Comparer(asker, tuple(prompters), rule or judge.spec.pairwise)


def refuse_written(judge: Judge) -> None:
    """Raise InputError where a judge's verdict on a pair could not be read."""
    for seat in judge.seats:
        if seat.own.verdict != "label_probability":
            raise InputError(
                f"{seat.name}: a judge that compares reads its verdict from the labels' "
                f"probabilities, not by '{seat.own.verdict}'\n"
                "  hint: verdict: label_probability, with thinking: true where it is to reason"
            )
    if isinstance(judge.spec, JuryJudge) and judge.spec.rule == "minimum":
        raise InputError(
            f"{judge.name}: of two completions none has a least value; a jury that compares has "
            "rule: mean or majority"
        )
