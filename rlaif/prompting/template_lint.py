"""What is wrong with a judge's template, found by rendering every shape of prompt it can meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rlaif.errors import FileProblems, Problem
from rlaif.prompting.prompt import Prompter
from rlaif.prompting.template import NEEDED, JudgeTemplate
from rlaif.prompting.trial import block_problems
from rlaif.records.criterion import Judged
from rlaif.records.judge_base import Labels
from rlaif.records.scales import Level
from rlaif.records.subject import Subject, Turn

_ASK = "Is this the text of the question?"
_LEVELS = (Level(name="lowest"), Level(name="highest", description="as good as can be"))


def template_problems(source: str, path: str) -> list[Problem]:
    """Every problem of the template at `path`: language, unknown values, what it fails to show."""
    try:
        return unshown(JudgeTemplate(source, path), path)
    except FileProblems as refused:
        return list(refused.problems)


def unshown(template: JudgeTemplate, path: str) -> list[Problem]:
    """What a template that can be read fails to show.

    Blocks that not every template has are looked at where they are there.
    """
    try:
        prompter = Prompter(template, Labels(), None)
    except FileProblems as refused:
        return list(refused.problems)
    found: list[Problem] = []
    for attempt in _attempts(prompter, path):
        try:
            found += attempt()
        except FileProblems as refused:
            found += refused.problems
    further = dict.fromkeys(block for blocks in NEEDED.values() for block in blocks)
    for block in further:
        if template.has(block):
            found += block_problems(template, block)
    return list(dict.fromkeys(found))


def _attempts(prompter: Prompter, path: str) -> Iterator[Callable[[], list[Problem]]]:
    for subject in _subjects():
        yield lambda subject=subject: _sample(prompter, subject, path)  # type: ignore[misc]
    for criterion in _criteria():
        yield lambda criterion=criterion: _question(prompter, criterion, path)  # type: ignore[misc]


def _sample(prompter: Prompter, subject: Subject, path: str) -> list[Problem]:
    shown = prompter.prefix(subject).turns[-1].text
    texts = [("prompt", t.text) for t in subject.prompt]
    texts += [("completion", t.text) for t in subject.completion]
    texts += [("reference", subject.reference)] if subject.reference else []
    return [
        Problem(path, 0, 0, f"block 'sample' does not show the {what}")
        for what, text in texts
        if text not in shown
    ]


def _question(prompter: Prompter, criterion: Judged, path: str) -> list[Problem]:
    shown = prompter.question(criterion).text
    wanted = [("question", criterion.ask), ("guidance", criterion.guidance)]
    wanted += [("levels", level.name) for level in criterion.levels or ()]
    return [
        Problem(path, 0, 0, f"block 'question' does not show the {what}")
        for what, text in wanted
        if text not in shown
    ]


def _subjects() -> Iterator[Subject]:
    one = (Turn("user", "THE-PROMPT"),), (Turn("assistant", "THE-COMPLETION"),)
    chat = (
        (Turn("system", "THE-FIRST"), Turn("user", "THE-SECOND")),
        (Turn("tool call", "THE-CALL"), Turn("tool", "ITS-OUTPUT"), Turn("assistant", "THE-END")),
    )
    for prompt, completion in (one, chat):
        for reference in (None, "THE-REFERENCE"):
            yield Subject(prompt, completion, "", "", reference)


def _criteria() -> Iterator[Judged]:
    for levels in (None, _LEVELS):
        for na in (False, True):
            for guidance in ("", "THE-GUIDANCE"):
                yield Judged(id="a", ask=_ASK, guidance=guidance, levels=levels, allow_na=na)
