"""A judge made ready: its backend, its prompts and its fingerprint."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from rlaif.authoring.judge_file import load_judge
from rlaif.errors import FileProblems, Problem
from rlaif.grading.completion import prepare
from rlaif.grading.engine import Asker
from rlaif.grading.verdict import place_of_label
from rlaif.judging.scripted import ScriptedBackend
from rlaif.lazy import BACKENDS, load
from rlaif.ports import JudgeBackend
from rlaif.prompting.codec import Codec
from rlaif.prompting.prompt import Prompter
from rlaif.prompting.question import Taught
from rlaif.prompting.template import JudgeTemplate
from rlaif.prompting.template_lint import template_problems
from rlaif.records.backends import ScriptedJudge, TransformersJudge
from rlaif.records.criterion import Item, Judged, leaves
from rlaif.records.judge import Judge, ask_fingerprint
from rlaif.records.rubric import Rubric


def backend_of(judge: Judge) -> JudgeBackend:
    """The backend that the judge file names, not yet started.

    Raises: MissingExtra when the package it needs is not installed.
    """
    backend: JudgeBackend = load(BACKENDS[judge.spec.backend])(judge.spec, judge.folder)
    return backend


def prompter_of(judge: Judge, backend: JudgeBackend, rubric: Rubric | None = None) -> Prompter:
    """Who writes the judge's prompts, in the rubric's language; the model need not be loaded.

    Raises: FileProblems for a template at fault or without what the rubric needs; JudgeUnavailable
    for labels of several tokens.
    """
    if rubric is not None:
        judge = judge.speaking(rubric.language)
    files = backend.tokenizer()
    if problems := template_problems(judge.template, judge.spec.template):
        raise FileProblems(problems)
    template = JudgeTemplate(judge.template, judge.spec.template)
    codec = Codec(files) if files else None
    prompter = Prompter(template, judge.spec.labels, codec, _taught(rubric) if rubric else ())
    if rubric is not None:
        _ask_once(prompter, rubric, judge.spec.template)
    return prompter


def _taught(rubric: Rubric) -> list[Taught]:
    """The examples that the judge is shown, with the answers of judged criteria.

    Those stand in the order of their questions' text: neither another order of `expect` or of the
    criteria nor another id is to change what the judge reads.
    """
    found = []
    for place, example in enumerate(rubric.taught, 1):
        known = {c.id: c for c in leaves((*rubric.items, *example.criteria))}
        labels = [(known[name], label) for name, label in example.expect.items()]
        answers = [(c, place_of_label(c, label)) for c, label in labels if isinstance(c, Judged)]
        answers.sort(key=lambda one: (one[0].ask, one[0].answers))
        subject = prepare(example.sample(f"example {place}"), rubric.reasoning)
        if answers:
            found.append(Taught(subject, tuple(answers)))
    return found


def _ask_once(prompter: Prompter, rubric: Rubric, template: str) -> None:
    """A kind of question that the template cannot ask shows now, not at every sample."""
    for criterion in leaves(rubric.items):
        if isinstance(criterion, Judged) and criterion.choices:
            try:
                prompter.question(criterion)
            except ValueError as error:
                raise FileProblems([Problem(template, 0, 0, str(error))]) from error


def language_note(judge: Judge, rubric: Rubric) -> str:
    """What to tell a person whose rubric is in a language that no template of the judge speaks."""
    if judge.speaks(rubric.language):
        return ""
    return (
        f"the rubric is in '{rubric.language}', and the judge has no template in it: the words "
        f"around the questions are those of {judge.spec.template}"
    )


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
    judge: Judge,
    backend: JudgeBackend | None = None,
    *,
    asks: bool = True,
    rubric: Rubric | None = None,
) -> AsyncIterator[Asker]:
    """The judge, loaded and able to answer; `backend` stands in for the one that its file names.

    The rubric brings the language of the prompts, and the examples that teach.

    Where a rubric asks nothing of a judge (`asks` false), none is loaded.

    Raises: JudgeUnavailable, MissingExtra or FileProblems, each with what to change.
    """
    used = backend or (backend_of(judge) if asks else ScriptedBackend(_NOTHING))
    prompter = prompter_of(judge, used, rubric)
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
