"""The flywheel: generate, grade, make rows, train, evaluate, and the next round; until it stops."""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rlaif.errors import RunError
from rlaif.records.loop_figures import RoundFigures, Stop
from rlaif.records.loop_seen import Example
from rlaif.records.loop_stage import Artefact, By, CheckTask, RolloutTask, StageMade, StageName
from rlaif.reporting.loop.words import told_of
from rlaif.runs.job import sigterm_interrupts
from rlaif.runs.loop_child import do_in_child
from rlaif.runs.loop_examples import examples_of
from rlaif.runs.loop_measure import measure
from rlaif.runs.loop_order import LoopOrder, refuse_another
from rlaif.runs.loop_plan import Made, Planned, Planner, stage_names
from rlaif.runs.loop_report import Report
from rlaif.runs.loop_stages import Work
from rlaif.runs.loop_watching import LoopWatcher
from rlaif.storage.loop_folder import LoopFolder, hash_of, key_of, make_loop
from rlaif.training.stopping import best_round, most_risen, stop_of, weights_of


@dataclass(frozen=True, slots=True)
class Ended:
    """How a loop ended."""

    history: Sequence[RoundFigures]
    """The rounds that were measured, round 0 first."""
    stop: Stop | None
    """None where all rounds are done."""
    folder: Path

    @property
    def best(self) -> RoundFigures:
        """The round to take the model of: after a departure, the last one to be trusted."""
        if self.stop is not None and self.stop.hacking:
            return next(one for one in self.history if one.round == self.stop.against)
        return best_round(self.history)


def run_loop(order: LoopOrder, out: Path, watcher: LoopWatcher, work: Work = do_in_child) -> Ended:
    """Go through the rounds, or go on where an earlier attempt ended.

    Args: `work`, who does the pieces of work; a child process each, if nothing else is said.
    Raises: RunLocked where a loop runs there; RunError for a loop that was begun otherwise, and for
    stages that come to nothing; whatever the stages raise; KeyboardInterrupt on Ctrl-C and SIGTERM.
    """
    folder = make_loop(out)
    with sigterm_interrupts(), folder.lock():
        return _Loop(order, folder, watcher, work).run()


class _Loop:
    """One loop on its way."""

    def __init__(
        self, order: LoopOrder, folder: LoopFolder, watcher: LoopWatcher, work: Work
    ) -> None:
        self._order, self._folder, self._watcher, self._work = order, folder, watcher, work
        self._planner = Planner(order, folder.path)
        self._id = key_of(order.stated())
        self._stages: list[StageMade] = []
        self._history: list[RoundFigures] = []
        self._report = Report(order, folder, watcher)
        self._anew = False
        """Whether something of the round was made, and not found."""

    def run(self) -> Ended:
        self._keep_order()
        self._check()
        made, stop = self._planner.start(), None
        for number in range(self._order.loop.rounds + 1):
            self._anew = False
            made, stop = self._round(number, made)
            done = number == self._order.loop.rounds
            if self._anew or done or stop is not None:
                stop = self._told(stop, done)
            if stop is not None:
                break
        self._folder.keep_lineage(self._stages)  # a stage may have been the last before a kill
        return Ended(self._history, stop, self._folder.path)

    def _told(self, stop: Stop | None, done: bool) -> Stop | None:
        """Write the report; the stop, explained."""
        examples = self._examples(stop)
        explained = None if stop is None else self._explained(stop, examples)
        self._report.write(self._history, explained, examples, done=done)
        return explained

    def _keep_order(self) -> None:
        kept = self._folder.order()
        if kept is not None:
            refuse_another(self._order, kept, self._folder.path)
        self._refuse_fewer(self._order.loop.rounds)
        every = (self._order.training, *self._order.panel)
        texts = {one.kept: one.rubric_text for one in every} | {"loop.yaml": self._order.text}
        self._folder.keep_order({"parts": self._order.stated()}, texts)

    def _refuse_fewer(self, rounds: int) -> None:
        """What was made is never cut off. Raises: RunError."""
        after = self._folder.round(rounds + 1)
        if after.exists():
            raise RunError(
                f"{after}: the loop has gone beyond 'rounds: {rounds}'\n"
                "  hint: 'rounds' may be raised and not lowered; or delete the folders of the "
                "rounds after it"
            )

    def _check(self) -> None:
        """Have the trainer look at its arguments, unless a round has been trained already."""
        if not self._folder.stage(1, "model").exists():
            loop = self._order.loop
            task = CheckTask(method=loop.method, arguments=loop.training.arguments)
            self._work(task, self._folder.path, self._watcher)

    def _round(self, number: int, before: Made) -> tuple[Made, Stop | None]:
        """Make what is missing of a round, and look whether it was the last one."""
        now = replace(before, number=number, stages={})
        for name in stage_names(self._order, number):
            stage = self._stage(name, before, now)
            now = replace(now, stages={**now.stages, name: stage})
            if name == "rows" and not stage.facts.get("kept"):
                against = self._history[-1].round
                return now, Stop(name="nothing-to-learn", round=number, against=against)
            if name == "model":
                model = self._folder.stage(number, name) / str(stage.facts["model"])
                now = self._planner.trained(number, model, stage, now)
        self._history.append(self._figures(now))
        return now, stop_of(self._history, self._order.loop.rules)

    def _stage(self, name: StageName, before: Made, now: Made) -> StageMade:
        """The stage, made now or earlier."""
        number = now.number
        planned = self._planner.plan(name, self._unfinished(number, name), before, now)
        key = key_of(self._id, number, name, planned.of)
        made = self._folder.made(number, name, key)
        if made is None:
            told = f"round {number} of {self._order.loop.rounds}: {name.replace('_', '-')}"
            self._watcher.stage(told)
            self._anew = True
            made = self._make(name, number, key, planned)
        self._stages.append(made)
        if self._anew:  # else all of them stand there, those to come too
            self._folder.keep_lineage(self._stages)
        return made

    def _unfinished(self, number: int, name: StageName) -> Path:
        return self._folder.round(number) / f"{name}.partial"

    def _make(self, name: StageName, number: int, key: str, planned: Planned) -> StageMade:
        began = time.monotonic()
        partial = self._folder.begin(number, name, key)
        facts: list[dict[str, Any]] = []
        for task in planned.tasks:
            try:
                facts.append(self._work(task, self._folder.path, self._watcher))
            except RunError as error:
                raise type(error)(f"round {number}, {name}: {error}") from error
        content = hash_of(partial)
        made = StageMade(
            stage=name,
            round=number,
            key=key,
            hash=content,
            seconds=time.monotonic() - began,
            facts=facts[0] if len(facts) == 1 else _by_place(planned, facts),
            artefacts=tuple(_artefacts(name, number, partial, content, _known(planned, facts))),
        )
        self._folder.finish(made)
        return made

    def _figures(self, now: Made) -> RoundFigures:
        looked = {name: one.hash for name, one in now.stages.items()}
        key = key_of(self._id, now.number, looked)
        found = self._folder.figures(now.number, key)
        if found is None:
            members = tuple(one.name for one in self._order.panel)
            found = measure(self._folder, now, members)
            self._folder.keep_figures(key, found)
        return found

    def _examples(self, stop: Stop | None) -> list[Example]:
        if len(self._history) < 2 or (stop and stop.name == "nothing-to-learn"):
            return []
        against = stop.against if stop else 0
        then = next(one for one in self._history if one.round == against)
        fell = stop is not None and not stop.hacking
        return examples_of(self._folder.path, self._history[-1], then, fell=fell)

    def _explained(self, stop: Stop, examples: Sequence[Example]) -> Stop:
        """The stop with the criterion that rose the most, what to read, and a sentence."""
        by_round = {one.round: one for one in self._history}
        now, then = by_round.get(stop.round), by_round[stop.against]
        weights = weights_of(self._order.training.rubric.items)
        criterion = most_risen(now, then, weights) if now is not None and stop.hacking else ""
        found = stop.model_copy(
            update={
                "criterion": criterion,
                "examples": tuple(one.after.sample_id for one in examples),
            }
        )
        return found.model_copy(update={"told": told_of(found, now, then)})


def _known(planned: Planned, facts: Sequence[dict[str, Any]]) -> Planned:
    """With the policy's id, where it is known now that the policy was loaded."""
    if not isinstance(planned.tasks[0], RolloutTask) or "policy" not in facts[0]:
        return planned
    by = planned.by.model_copy(update={"policy": str(facts[0]["policy"])})
    return replace(planned, by=by)


def _by_place(planned: Planned, facts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {place: one for (place, _), one in zip(planned.each, facts, strict=True)}


def _artefacts(
    name: StageName, number: int, partial: Path, content: str, planned: Planned
) -> Sequence[Artefact]:
    made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    base = f"round-{number:02d}/{name}"

    def one(path: str, hashed: str, by: By) -> Artefact:
        return Artefact(
            kind=name, path=path, hash=hashed, round=number, made=made, by=by, of=planned.of
        )

    if planned.each:
        return [one(f"{base}/{at}", hash_of(partial / at), by) for at, by in planned.each]
    return [one(base, content, planned.by)]
