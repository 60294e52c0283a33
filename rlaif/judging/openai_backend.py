"""Judge by any server that speaks OpenAI's protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TypeVar
from zlib import crc32

from rlaif.errors import JudgeUnavailable
from rlaif.judging.http_doors import Door
from rlaif.judging.http_faults import Fell
from rlaif.judging.http_line import Line
from rlaif.judging.openai_ask import ask
from rlaif.judging.openai_completions import MOST_TOKENS, Completions
from rlaif.judging.openai_files import find_files
from rlaif.judging.openai_flow import Flow
from rlaif.judging.openai_manners import Manners
from rlaif.judging.openai_probe import WAYS, Way, Words
from rlaif.judging.openai_settle import Writing, fits, settle
from rlaif.judging.openai_survey import (
    Seen,
    alike,
    findings,
    look_again,
    survey,
    useless,
    way_for,
)
from rlaif.judging.openai_told import notes_of, served_as
from rlaif.judging.openai_write import WriteByText
from rlaif.ports import Answer, Decision, Generated, Request, TokenizerFiles
from rlaif.records.backends import OpenaiJudge
from rlaif.records.outcome import Failure

A = TypeVar("A")


class OpenaiBackend:
    """Finds out how the server is best asked, and asks it so."""

    def __init__(self, spec: OpenaiJudge, folder: Path | None = None) -> None:
        """Connect to nothing yet; relative paths start at `folder`."""
        self._spec, self._folder = spec, folder
        self._files: TokenizerFiles | None = None
        self._no_files = ""
        self._line: Line | None = None
        self._way: Way | None = None
        self._useless: Failure | None = None
        self._words: Words | None = None
        self._writing: Writing | None = None
        self._slots = asyncio.Semaphore(spec.concurrency)
        self.served = spec.model
        self.max_length: int | None = spec.max_length
        self.notes: tuple[str, ...] = ()

    def tokenizer(self) -> TokenizerFiles | None:
        """The tokenizer's files where prompts may go as token ids; after `start`, where they do.

        Raises: JudgeUnavailable where the judge file wants them and they cannot be had.
        """
        if self._spec.api not in ("auto", "completions") or self._no_files:
            return None
        if self._way is not None and not isinstance(self._way, Completions):
            return None
        if self._files is None:
            self._files, self._no_files = find_files(self._spec, self._folder)
        return self._files

    async def start(self) -> None:
        """Find out what the servers can do, waiting for them as long as the judge file says.

        Raises: JudgeUnavailable with what to change.
        """
        found = await self._survey(None, every=False)
        serves = alike(found)
        names = WAYS if self._spec.api == "auto" else (self._spec.api,)
        self._way = next((way for name in names if (way := way_for(found, name))), None)
        if self._way is None:
            self._useless = useless(found, self._spec)
        lengths = [self._spec.max_length, *(one.models.max_length for one in found)]
        self.max_length = min((n for n in lengths if n), default=None)
        for one in found:
            one.door.known = not one.away
        if self._spec.writes:
            await self._settled()
        self.served = served_as(self._spec, serves, self._way, self._writing)
        why = self._useless.message if self._useless else self._no_files
        self.notes = tuple(notes_of(self._spec, found, self._way, self._writing, why))
        if self._way is not None and self._line is not None:
            self._line.doors.admit_by(lambda door: self._admit(door, serves))

    async def _settled(self) -> Writing | None:
        """How texts are asked; found out once. Raises: JudgeUnavailable."""
        line, way = self._line, self._way
        if self._writing is None and line is not None and way is not None:
            doors = [door for door in line.doors.all if door.known]
            self._writing = await settle(line, doors, self._spec, way, self._words)
        return self._writing

    async def _admit(self, door: Door, serves: Sequence[str]) -> str:
        """Why a server that was away at the start cannot be asked yet; nothing where it can.

        Raises: JudgeUnavailable where it never can.
        """
        line, way = self._line, self._way
        if line is None or way is None:
            return "the judge is not started"
        try:
            models, told = await look_again(line, door, self._spec, way, self._words, serves)
            if not told and self._writing is not None:
                told = await fits(line, door, self._spec, self._writing)
        except Fell as fault:
            return str(fault)
        if models.max_length and models.max_length < (self.max_length or models.max_length):
            raise JudgeUnavailable(
                f"it takes {models.max_length} tokens, and the others {self.max_length}"
            )
        return told

    async def diagnosis(self) -> list[tuple[str, bool | None, str, str]]:
        """What each address can do, for people; see `findings`. Waits for none that is away.

        Raises: JudgeUnavailable where a key or the tokenizer is at fault.
        """
        try:
            found = await self._survey(0.0, every=True)
        finally:
            await self.aclose()
        return [*findings(found, self._spec), *self._on_files()]

    def _on_files(self) -> list[tuple[str, bool | None, str, str]]:
        if not self._no_files:
            return []
        return [("tokenizer", None, self._no_files, "name it by 'tokenizer' in the judge file")]

    async def decide(
        self, asked: AsyncIterator[Decision]
    ) -> AsyncIterator[tuple[int, Answer | Failure]]:
        """Answers as each request's are there."""
        way, line = self._way, self._line
        if way is None or line is None:
            async for one in asked:
                yield one.number, self._useless or Failure("backend", "the judge is not started")
            return

        async def run(
            batch: Sequence[Decision], home: int, give: Callable[[Decision, Answer | Failure], None]
        ) -> None:
            fit = _sifted(batch, give, self._unfit)
            if fit:
                await ask(line, way, fit, home, give)

        flow: Flow[Decision, Answer] = Flow(
            run,
            lambda one: one.number,
            lambda one: (one.prefix, self._home(one.prefix.hash)),
            lambda one: len(one.prefix.ids) + len(one.suffix_ids),
            slots=self._slots,
            most=way.most,
            most_size=MOST_TOKENS,
        )
        async for answered in flow.answers(asked):
            yield answered

    async def generate(
        self, asked: AsyncIterator[Request]
    ) -> AsyncIterator[tuple[int, Generated | Failure]]:
        """Texts as they are there, one a request."""
        line, writing = self._line, await self._settled()
        if writing is None or line is None:
            async for one in asked:
                yield one.number, self._useless or Failure("backend", "the judge is not started")
            return
        way = writing.way
        by_text = WriteByText(self._spec.model, Manners(self._spec.options))

        async def run(
            batch: Sequence[Request],
            home: int,
            give: Callable[[Request, Generated | Failure], None],
        ) -> None:
            fit = _sifted(batch, give, self._too_long)
            if fit:
                has_ids = fit[0].ids or isinstance(way, WriteByText)
                await ask(line, way if has_ids else by_text, fit, home, give)

        flow: Flow[Request, Generated] = Flow(
            run,
            lambda one: one.number,
            lambda one: (one.number, self._home(one.about or one.key)),
            lambda one: len(one.ids),
            slots=self._slots,
            most=1,
            most_size=MOST_TOKENS,
        )
        async for written in flow.answers(asked):
            yield written

    async def aclose(self) -> None:
        """Close every connection."""
        if self._line is not None:
            await self._line.aclose()
            self._line = None

    async def _survey(self, max_outage_s: float | None, *, every: bool) -> list[Seen]:
        self._line = Line(self._spec, max_outage_s)
        files = await asyncio.to_thread(self.tokenizer)
        self._words = await asyncio.to_thread(Words, files) if files else None
        manners = Manners(self._spec.options)
        return await survey(self._line, self._spec, manners, self._words, every=every)

    def _unfit(self, one: Decision) -> Failure | None:
        """A question that the model has no room for, or that lacks what its way needs."""
        if not isinstance(self._way, Completions):
            return None
        size = len(one.prefix.ids) + len(one.suffix_ids)
        if not size:
            return Failure("backend", "the server takes token ids, and the question has none")
        if self.max_length is not None and size >= self.max_length:
            return Failure("length", f"{size} tokens; the judge takes {self.max_length - 1}")
        return None

    def _too_long(self, one: Request) -> Failure | None:
        whole = len(one.ids) + one.max_tokens
        if not one.ids or self.max_length is None or whole <= self.max_length:
            return None
        told = f"prompt and text are {whole} tokens; the model takes {self.max_length}"
        return Failure("length", told)

    def _home(self, text: str) -> int:
        """The place of the address where everything with this text in common is asked."""
        count = len(self._spec.base_url)
        return crc32(text.encode()) % count if count > 1 else 0


def _sifted(
    batch: Sequence[A],
    give: Callable[[A, Failure], None],
    unfit: Callable[[A], Failure | None],
) -> list[A]:
    """What can be asked; the rest fails, and never reaches the server."""
    fit = []
    for one in batch:
        failure = unfit(one)
        if failure is None:
            fit.append(one)
        else:
            give(one, failure)
    return fit
