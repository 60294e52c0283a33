"""A judge's model made ready to write free text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from rlaif.authoring.reading import read_text
from rlaif.authoring.shipped import shipped_folder
from rlaif.errors import InputError
from rlaif.grading.seat import Asker
from rlaif.ports import Generated, JudgeBackend, Request
from rlaif.prompting.codec import Codec
from rlaif.prompting.draft_prompt import DraftPrompter
from rlaif.records.judge import Judge, ask_fingerprint
from rlaif.records.outcome import Failure
from rlaif.runs.backends import backend_of
from rlaif.runs.judge import ready
from rlaif.runs.passing_on import Lent

DRAFT_TEMPLATE = "draft.jinja2"


@dataclass(frozen=True, slots=True)
class Writer:
    """A judge's model that writes criteria, and who writes its prompts."""

    judge: Judge
    fingerprint: str
    """Hash of what determines its texts, apart from the prompt."""
    prompter: DraftPrompter
    backend: JudgeBackend

    @property
    def max_length(self) -> int | None:
        """Most tokens of a prompt and its text together."""
        return self.backend.max_length

    async def texts(self, requests: Sequence[Request]) -> list[Generated | Failure]:
        """The text of each request, in their order."""
        found: dict[int, Generated | Failure] = {}

        async def asked() -> AsyncIterator[Request]:
            for request in requests:
                yield request

        stream: Any = self.backend.generate(asked())
        async with aclosing(stream):
            async for number, text in stream:
                found[number] = text
        unanswered = Failure("backend", "the model gave no answer")
        return [found.get(request.number, unanswered) for request in requests]

    def judging(self) -> AbstractAsyncContextManager[Asker]:
        """The same model as a judge that tries what was written; it is not loaded twice."""
        return ready(self.judge, Lent(self.backend))


@asynccontextmanager
async def writing(judge: Judge, backend: JudgeBackend | None = None) -> AsyncIterator[Writer]:
    """The judge's model, loaded and able to write; `backend` stands in for it, as in tests.

    Raises: InputError for a judge without a model of its own; JudgeUnavailable or MissingExtra,
    with what to change.
    """
    if judge.members:
        told = f"the judge '{judge.name}' has no model of its own that could write"
        raise InputError(f"{told}\n  hint: --judge names one of its members")
    used = backend or backend_of(judge)
    prompter, files = _prompter(used), used.tokenizer()
    try:
        await used.start()
        if used.tokenizer() is not files:  # it takes text after all
            prompter = _prompter(used)
        fingerprint = ask_fingerprint(judge.spec, used.served)
        yield Writer(judge, fingerprint, prompter, used)
    finally:
        await used.aclose()


def _prompter(backend: JudgeBackend) -> DraftPrompter:
    files = backend.tokenizer()
    template = read_text(shipped_folder("judges") / DRAFT_TEMPLATE)
    return DraftPrompter(template, Codec(files) if files else None)
