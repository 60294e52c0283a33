"""A judge made ready: its backend, its prompts and its fingerprint."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from rlaif.authoring.judge_file import load_judge
from rlaif.errors import FileProblems
from rlaif.grading.engine import Asker
from rlaif.judging.scripted import ScriptedBackend
from rlaif.lazy import BACKENDS, load
from rlaif.ports import JudgeBackend
from rlaif.prompting.codec import Codec
from rlaif.prompting.prompt import Prompter
from rlaif.prompting.template import JudgeTemplate
from rlaif.prompting.template_lint import template_problems
from rlaif.records.criterion import Item, Judged, leaves
from rlaif.records.judge import Judge, ScriptedJudge, TransformersJudge, ask_fingerprint


def backend_of(judge: Judge) -> JudgeBackend:
    """The backend that the judge file names, not yet started.

    Raises: MissingExtra when the package it needs is not installed.
    """
    backend: JudgeBackend = load(BACKENDS[judge.spec.backend])(judge.spec, judge.folder)
    return backend


def prompter_of(judge: Judge, backend: JudgeBackend) -> Prompter:
    """Who writes the judge's prompts; the model need not be loaded.

    Raises: FileProblems for a template at fault, JudgeUnavailable for labels of several tokens.
    """
    files = backend.tokenizer()
    if problems := template_problems(judge.template, judge.spec.template):
        raise FileProblems(problems)
    template = JudgeTemplate(judge.template, judge.spec.template)
    return Prompter(template, judge.spec.labels, Codec(files) if files else None)


_NOTHING = ScriptedJudge(judge="none", version="1.0.0", backend="scripted", answers={})
NO_JUDGE_NAMED = (
    "there are questions for a judge; name one\n"
    "  hint: --judge smollm2-135m to try things out; `rlaif judges` lists the shipped ones"
)


def no_judge() -> Judge:
    """What stands for the judge where nothing is asked of one; it answers nothing."""
    return Judge(_NOTHING, load_judge("scripted").template)


def asks_judge(items: Sequence[Item]) -> bool:
    """Whether any of the items is a question for the judge."""
    return any(isinstance(c, Judged) for c in leaves(items))


@asynccontextmanager
async def ready(
    judge: Judge, backend: JudgeBackend | None = None, *, asks: bool = True
) -> AsyncIterator[Asker]:
    """The judge, loaded and able to answer; `backend` stands in for the one that its file names.

    Where a rubric asks nothing of a judge (`asks` false), none is loaded.

    Raises: JudgeUnavailable, MissingExtra or FileProblems, each with what to change.
    """
    used = backend or (backend_of(judge) if asks else ScriptedBackend(_NOTHING))
    prompter = prompter_of(judge, used)
    try:
        await used.start()
        yield asker_of(judge, used, prompter)
    finally:
        await used.aclose()


def asker_of(judge: Judge, backend: JudgeBackend, prompter: Prompter) -> Asker:
    """The judge as the grading engine takes it."""
    spec = judge.spec
    longest = backend.max_length
    stated = spec.max_completion if isinstance(spec, TransformersJudge) else None
    limits = [n for n in (stated or (longest or 0) // 2, longest) if n]
    return Asker(
        name=judge.name,
        prompter=prompter,
        backend=backend,
        fingerprint=ask_fingerprint(spec, backend.served),
        min_label_mass=spec.min_label_mass,
        max_length=longest,
        max_completion=min(limits, default=None),
    )
