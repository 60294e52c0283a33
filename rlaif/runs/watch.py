"""The edit loop: at every save of a rubric, grade again what changed, and say what moved."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rlaif.authoring.rubric_file import RubricFile, read_rubric
from rlaif.authoring.shipped import find_rubric
from rlaif.errors import FileProblems, InputError, Problem
from rlaif.grading.engine import Asker
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample, sample_digest
from rlaif.reporting.edit import Edit
from rlaif.runs.backends import backend_of, sharing
from rlaif.runs.examples import tested
from rlaif.runs.fitting import FittingRows
from rlaif.runs.judge import NO_JUDGE_NAMED, asker_of, judge_notes, no_judge, prompter_of
from rlaif.runs.lint import lint
from rlaif.runs.needs import Needs
from rlaif.runs.remembered import Counted, Memory
from rlaif.runs.sandbox import OnDemand
from rlaif.runs.saves import Saves
from rlaif.runs.standing import Pass, edit_of, one_pass
from rlaif.storage.lines import STANDARD_INPUT
from rlaif.storage.place_names import is_url
from rlaif.storage.samples import Row, only_samples, read_rows

_PAUSE_S = 0.2


class Onlooker(Protocol):
    """Whoever edits, and wants to know what a save did."""

    def note(self, text: str) -> None:
        """One line for a person."""

    def problems(self, problems: Sequence[Problem], kept: str) -> None:
        """What lint found; `kept` names the state that holds on where the file is invalid."""

    def begin(self, samples: int) -> None:
        """Grading starts, of so many samples and examples."""

    def graded(self) -> None:
        """One more of them is under way."""

    def edited(self, edit: Edit) -> None:
        """What the save did."""


@dataclass(frozen=True, slots=True)
class WatchOrder:
    """What to watch, and by what judge to grade."""

    rubric: str
    """A path, or a shipped name."""
    samples: str
    judge: Judge | None = None
    """None where nothing is asked of one."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None
    unsafe_no_sandbox: bool = False
    """Run the policy's code as the user, where it can do harm."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a single pass ended."""

    findings: int
    """Problems that lint found, and labels that are not met."""
    failed: int
    """Samples without a score, because something failed."""


def watch(order: WatchOrder, onlooker: Onlooker, *, once: bool = False) -> Ended:
    """Grade, and again at every save, until it is interrupted; with `once`, a single time.

    Raises: UnknownName, MissingExtra, JudgeUnavailable, SandboxUnavailable; with `once` also
    FileProblems and InputError for a rubric or samples at fault, which else are told while the last
    good state holds; KeyboardInterrupt, once the judge has let go.
    """
    return asyncio.run(Watching(order, onlooker, once).run())


class Watching:
    """One rubric under the eyes of its author. The judge stays loaded, verdicts are remembered."""

    def __init__(self, order: WatchOrder, onlooker: Onlooker, once: bool = False) -> None:
        """Nothing is read or loaded yet. Raises: UnknownName, MissingExtra."""
        self._order, self._onlooker, self._once = order, onlooker, once
        self._rubric = find_rubric(order.rubric)
        self._judge = order.judge or no_judge()
        self._backends = [Counted(backend_of(seat)) for seat in sharing(self._judge.seats)]
        self._sandbox = OnDemand(unsafe=order.unsafe_no_sandbox)
        self._started = False
        self._language_note = ""
        self._memory = Memory()
        self._samples = _Samples(order)
        self.saves = Saves([self._rubric, *self._samples.files])
        self._last: Pass | None = None
        self._told: tuple[Problem, ...] = ()

    async def run(self) -> Ended:
        """A round at every save; with `once`, a single one."""
        try:
            while True:
                findings = await self.round()
                if self._once:
                    standing = self._last.standing if self._last else None
                    unmet = standing.labels - standing.met if standing else 0
                    return Ended(findings + unmet, standing.failed if standing else 0)
                while not self.saves.saved():  # noqa: ASYNC110 - a file tells nobody of its save
                    await asyncio.sleep(_PAUSE_S)
        finally:
            for backend in self._backends:
                await backend.aclose()
            await self._sandbox.aclose()

    async def round(self) -> int:
        """Read, lint and grade what was saved; the number of lint's findings."""
        seen = self.saves.take()
        problems: tuple[Problem, ...] = ()
        try:
            read = read_rubric(self._rubric)
            if self.saves.also(read.included):
                read = read_rubric(self._rubric)
            problems = self._linted(read)
            rubric = self._sound(read, problems)
            if rubric is not None:
                await self._grade(rubric, self._samples.fitting(rubric, seen))
        except (InputError, OSError) as error:
            told = isinstance(error, FileProblems) or self._last is not None
            if self._once or not told:
                raise
            self._tell_error(error)
        return len(problems)

    def _linted(self, read: RubricFile) -> tuple[Problem, ...]:
        """All problems of the rubric file; of one that is gone, that it is."""
        return tuple(lint([self._rubric])) if self._rubric.is_file() else read.problems

    def _sound(self, read: RubricFile, problems: tuple[Problem, ...]) -> Rubric | None:
        """The rubric, or None where the file is invalid; its problems are told, if they are new."""
        problems = problems or read.problems
        if read.rubric is None and self._once:
            raise FileProblems(problems)
        if read.rubric is None:
            self._onlooker.problems(problems, self._kept())
        elif problems != self._told:
            self._onlooker.problems(problems, "")
        self._told = problems
        return read.rubric

    def _tell_error(self, error: Exception) -> None:
        if isinstance(error, FileProblems):
            self._onlooker.problems(error.problems, self._kept())
        else:
            self._onlooker.note(f"{error}\n{self._kept()}")

    def _kept(self) -> str:
        if self._last is None:
            return "nothing is graded yet; save again to go on"
        return f"nothing was graded; the last good state is kept: {self._last.standing.rubric}"

    async def _grade(self, rubric: Rubric, fitting: tuple[list[Sample], Needs]) -> None:
        samples, needs = fitting
        if needs.judge and self._order.judge is None:
            raise InputError(NO_JUDGE_NAMED)
        await self._open_sandbox(needs, rubric)
        asker = await self._asker(rubric)
        self._onlooker.begin(len(samples) + len(tested(rubric)))

        def go_on() -> bool:
            self._onlooker.graded()
            return self._once or not self.saves.saved()

        made = await one_pass(samples, rubric, asker, self._memory, go_on, self._sandbox)
        if made is None:
            self._onlooker.note("saved again meanwhile: starting over")
            return
        self._onlooker.edited(edit_of(self._last, made))
        self._last = made

    async def _open_sandbox(self, needs: Needs, rubric: Rubric) -> None:
        """Start it when it is first needed, by samples or examples."""
        for _, example in tested(rubric):
            needs.add(example.criteria)
        if needs.code and not self._sandbox.started:
            await self._sandbox.start()
            for text in self._sandbox.notes:
                self._onlooker.note(text)

    async def _asker(self, rubric: Rubric) -> Asker:
        """The judge, loaded when it is first needed, with the prompts of this rubric."""
        both = list(zip(self._judge.seats, self._backends, strict=True))
        prompters = [prompter_of(*one, rubric) for one in both]
        if not self._started:
            for backend in self._backends:
                await backend.start()
                for text in backend.notes:
                    self._onlooker.note(text)
            self._started = True
            prompters = [prompter_of(*one, rubric) for one in both]  # one may take text after all
        note = "; ".join(judge_notes(self._judge, rubric)) if self._order.judge else ""
        if note and note != self._language_note:
            self._onlooker.note(note)
        self._language_note = note
        judge = self._judge.speaking(rubric.language)
        return asker_of(judge, self._backends, prompters, rubric=rubric)


class _Samples:
    """The samples as they were last saved, in memory."""

    def __init__(self, order: WatchOrder) -> None:
        self._order = order
        local = order.samples != STANDARD_INPUT and not is_url(order.samples)
        self.files = [Path(order.samples)] if local else []
        """What is watched of them."""
        self._seen: list[str | None] | None = None
        self._rows: list[Row] = []

    def fitting(self, rubric: Rubric, seen: Mapping[Path, str]) -> tuple[list[Sample], Needs]:
        """The samples under a rubric, and what it and they need.

        Raises: FileProblems for those that do not fit it, or cannot be read; InputError.
        """
        now = [seen.get(path) for path in self.files]
        if now != self._seen:
            order = self._order
            self._rows = list(read_rows(order.samples, order.mapping, order.limit))
            self._seen = now
        fitting = FittingRows(self._rows, rubric)
        return list(_once_each(fitting)), fitting.needs


def _once_each(rows: FittingRows) -> list[Sample]:
    """Samples, those with the id and the content of another once. Raises: FileProblems."""
    found: dict[str, str] = {}
    samples, places, problems = [], {}, []
    kept = list(rows)
    for sample, row in zip(only_samples(kept), (r for r in kept if r.sample), strict=True):
        name, content = sample.sample_id, sample_digest(sample)
        if name not in found:
            found[name], places[name] = content, f"{row.path}:{row.line}"
            samples.append(sample)
        elif found[name] != content:
            message = f"the id '{name}' stands for another sample at {places[name]}"
            problems.append(Problem(row.path, row.line, 1, message, "give each sample its own id"))
    if problems:
        raise FileProblems(problems)
    return samples
