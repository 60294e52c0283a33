"""Which work the stages of a loop's rounds are: the task, what it is made of, and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rlaif.records.identity import canonical, digest
from rlaif.records.loop import rows_of
from rlaif.records.loop_rules import ENOUGH
from rlaif.records.loop_stage import (
    EVALUATION_STAGES,
    MADE_OF,
    TRAINING_STAGES,
    AnyTask,
    By,
    GradeTask,
    RolloutTask,
    RowsTask,
    StageMade,
    StageName,
    TrainTask,
)
from rlaif.records.policy import AnyPolicy, LoadedPolicy
from rlaif.runs.loop_grading import Grading
from rlaif.runs.loop_order import LoopOrder
from rlaif.runs.loop_unchanged import see_unchanged
from rlaif.storage.loop_folder import LoopFolder

COMPLETIONS = "completions.jsonl"
ROWS = "rows.jsonl"
_LONGEST_NAME = 90


@dataclass(frozen=True, slots=True)
class Made:
    """The finished stages of a round by name, and the policy that it ends with."""

    number: int
    stages: dict[StageName, StageMade]
    policy: AnyPolicy
    policy_hash: str
    """Of its model's files, or of the policy file that the loop starts from."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One stage: its work, each piece with where it goes below the stage's folder."""

    tasks: Sequence[AnyTask]
    of: dict[str, str]
    """What it is made of: names or paths, and hashes."""
    by: By
    each: Sequence[tuple[str, By]] = ()
    """Where the stage is of several artefacts: each one's place and makers."""


def stage_names(order: LoopOrder, number: int) -> tuple[StageName, ...]:
    """The stages of a round, in their order."""
    looks = EVALUATION_STAGES if order.panel else EVALUATION_STAGES[:-1]
    return (*(TRAINING_STAGES[order.loop.trains_on_rows] if number else ()), *looks)


class Planner:
    """Plans the stages of one loop."""

    def __init__(self, order: LoopOrder, folder: Path) -> None:
        """Plan for the loop at `folder`."""
        self._order, self._loop, self._folder = order, order.loop, folder.absolute()
        self._sure: set[Path] = set()
        """Stages that were made, or looked at, by this process."""

    def start(self) -> Made:
        """The policy that the loop starts from, before anything is made."""
        policy = self._order.policy
        files = [self._order.start] if self._order.start else []
        content = digest(canonical(policy.as_written(exclude={"about"})), *files)
        return Made(0, {}, policy, content)

    def plan(self, name: StageName, out: Path, before: Made, now: Made) -> Planned:
        """The stage.

        Args: `out`, its unfinished folder; `before`, the round before; `now`, this one as far as it
        is made, its policy the trained one once there is one.
        Raises: RunError where it is still to be made, and something that it reads was changed.
        """
        if not self._stage(now.number, name).exists():
            self._see_unchanged(name, now.number)
        made = {
            "rollout": self._rollout,
            "run": self._run,
            "rows": self._rows,
            "model": self._model,
            "held_out": self._held_out,
            "evaluation": self._evaluation,
            "panel": self._panel,
        }[name]
        return made(out.absolute(), before, now)

    def _see_unchanged(self, name: StageName, number: int) -> None:
        starts = (number, name) in ((0, "held_out"), (1, "rollout"), (1, "model"))
        see_unchanged(self._order, name, starts=starts)
        for away, one in MADE_OF[name]:
            path = self._stage(number + away, one)
            if path not in self._sure and path.exists():
                LoopFolder(self._folder).see_whole(number + away, one)
                self._sure.add(path)
        self._sure.add(self._stage(number, name))

    def trained(self, number: int, model: Path, made: StageMade, before: Made) -> Made:
        """The policy that a round has trained, with the stages that led to it."""
        name = self._order.policy.policy[:_LONGEST_NAME]
        given = {
            **self._order.policy.model_dump(by_alias=True, exclude_defaults=True),
            "policy": f"{name}-r{number}",
            "model": str(model.absolute()),
        }
        for elsewhere in ("revision", "package", "gguf_file"):
            given.pop(elsewhere, None)
        policy = type(self._order.policy).model_validate(given)
        return Made(number, before.stages, policy, made.hash)

    def _rollout(self, out: Path, before: Made, now: Made) -> Planned:
        task = RolloutTask(
            prompts=self._loop.prompts,
            policy=before.policy,
            out=str(out / COMPLETIONS),
            per_prompt=self._loop.per_prompt,
            seed=self._seed("rollout", now.number),
        )
        of = {"prompts": self._order.prompts.hashes["prompts"], "policy": before.policy_hash}
        return Planned([task], of, By(policy=_named(before)))

    def _run(self, out: Path, before: Made, now: Made) -> Planned:
        return self._graded("rollout", out, now)

    def _evaluation(self, out: Path, before: Made, now: Made) -> Planned:
        return self._graded("held_out", out, now)

    def _graded(self, samples: StageName, out: Path, now: Made) -> Planned:
        grading = self._order.training
        policy = str(now.stages[samples].facts.get("policy", ""))
        task = self._grade_task(grading, samples, out, now)
        return Planned([task], self._from(now, samples), grading.by(policy))

    def _panel(self, out: Path, before: Made, now: Made) -> Planned:
        policy = str(now.stages["held_out"].facts.get("policy", ""))
        tasks = [
            self._grade_task(one, "held_out", out / one.name, now) for one in self._order.panel
        ]
        each = [(one.name, one.by(policy)) for one in self._order.panel]
        return Planned(tasks, self._from(now, "held_out"), By(policy=policy), each)

    def _grade_task(self, by: Grading, samples: StageName, out: Path, now: Made) -> GradeTask:
        return GradeTask(
            samples=str(self._stage(now.number, samples) / COMPLETIONS),
            rubric=str(self._folder / by.kept),
            judge=by.judge_name,
            out=str(out),
            enough=ENOUGH if samples == "held_out" else 0.0,
            own=by.own if self._order.prompts.own_criteria else "all",
            unsafe_no_sandbox=self._loop.unsafe_no_sandbox,
        )

    def _rows(self, out: Path, before: Made, now: Made) -> Planned:
        rules = rows_of(self._loop)
        assert rules is not None  # noqa: S101 - only such methods have this stage
        task = RowsTask(
            run=str(self._stage(now.number, "run")),
            method=self._loop.method,
            rules=rules,
            out=str(out / ROWS),
        )
        policy = str(now.stages["rollout"].facts.get("policy", ""))
        return Planned([task], self._from(now, "run"), self._order.training.by(policy))

    def _model(self, out: Path, before: Made, now: Made) -> Planned:
        policy = before.policy
        assert isinstance(policy, LoadedPolicy)  # noqa: S101 - the order has looked
        rewards = not self._loop.trains_on_rows
        training = self._order.training
        data = self._loop.prompts if rewards else str(self._stage(now.number, "rows") / ROWS)
        task = TrainTask(
            method=self._loop.method,
            model=policy.model,
            revision=policy.revision,
            package=policy.package,
            gguf_file=policy.gguf_file,
            data=data,
            rubric=str(self._folder / training.kept) if rewards else None,
            judge=training.judge_name if rewards else None,
            training=self._loop.training,
            out=str(out),
            seed=self._seed("train", now.number),
            unsafe_no_sandbox=self._loop.unsafe_no_sandbox,
        )
        made_of = (
            {"prompts": self._order.prompts.hashes["prompts"]}
            if rewards
            else self._from(now, "rows")
        )
        return Planned(
            [task], {**made_of, "policy": before.policy_hash}, training.by(_named(before))
        )

    def _held_out(self, out: Path, before: Made, now: Made) -> Planned:
        stated = self._loop.evaluation
        policy = now.policy
        if stated.temperature is not None:
            policy = policy.model_copy(update={"temperature": stated.temperature})
        task = RolloutTask(
            prompts=self._loop.held_out,
            policy=policy,
            out=str(out / COMPLETIONS),
            per_prompt=stated.per_prompt,
            seed=self._seed("held_out", 0),
            enough=ENOUGH,
        )
        of = {"held_out": self._order.prompts.hashes["held_out"], "policy": now.policy_hash}
        return Planned([task], of, By(policy=_named(now)))

    def _from(self, now: Made, name: StageName) -> dict[str, str]:
        path = self._stage(now.number, name).relative_to(self._folder)
        return {str(path): now.stages[name].hash}

    def _stage(self, number: int, name: StageName) -> Path:
        return self._folder / f"round-{number:02d}" / name

    def _seed(self, what: str, number: int) -> int:
        """Each round samples and trains by a seed of its own; all are evaluated by the same."""
        return int(digest(f"{self._loop.seed} {what} {number}")[:8], 16) % 2**31


def _named(made: Made) -> str:
    return f"{made.policy.policy} {made.policy_hash}"
