"""A loop file and all that it names, read and held against each other before anything is begun."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.loop_file import read_loop, read_policy_of
from rlaif.authoring.reading import read_text
from rlaif.errors import FileProblems, InputError, Problem, RunError
from rlaif.records.identity import canonical, digest
from rlaif.records.judge import Judge, ask_fingerprint
from rlaif.records.loop import AnyLoop, not_trainable
from rlaif.records.loop_stage import By
from rlaif.records.policy import AnyPolicy, LoadedPolicy
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample, TextOrChat
from rlaif.runs.files import rubric_and_text
from rlaif.runs.forgeable import refuse_forgeable
from rlaif.runs.judge import NO_JUDGE_NAMED, asks_judge
from rlaif.runs.loop_panel import questions_alone
from rlaif.storage.rollout_prompts import read_prompts

TRAINING = "training"
"""The name of the rubric and the judge that train, where others are named by the panel."""

CHECKS = "checks"
"""The name of the panel's member that asks no judge."""

_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Grading:
    """A rubric and a judge that grade the loop's completions."""

    name: str
    rubric: Rubric
    rubric_text: str
    judge_name: str | None
    judge: Judge | None

    @property
    def kept(self) -> str:
        """Where the rubric's text is kept, from the loop's folder."""
        return f"kept/{self.rubric.content_hash[:12]}.yaml"

    @property
    def hashes(self) -> dict[str, str]:
        """What its grades depend on."""
        return {
            "rubric": self.rubric.content_hash,
            "judge": self.judge.content_hash if self.judge else "",
        }

    def by(self, policy: str = "") -> By:
        """As the lineage names it."""
        rubric, judge = self.rubric, self.judge
        return By(
            rubric=f"{rubric.rubric}@{rubric.version} {rubric.content_hash}",
            judge=f"{judge.name} {judge.content_hash}" if judge else "",
            policy=policy,
        )


@dataclass(frozen=True, slots=True)
class LoopOrder:
    """All that a loop is told to do."""

    loop: AnyLoop
    text: str
    """The file as its author wrote it."""
    policy: AnyPolicy
    training: Grading
    panel: tuple[Grading, ...]
    prompts: int
    held_out: int
    hashes: dict[str, str] = field(default_factory=dict)
    """Of prompts and held-out prompts, by their names in the file."""

    def stated(self) -> dict[str, Any]:
        """What may not change while the loop lives, part by part; `rounds` may."""
        written = self.loop.as_written(
            exclude={"rounds", "loop", "policy", "prompts", "held_out", "rubric", "judge", "panel"}
        )
        panel = self.loop.panel
        limits = [panel.text.as_written(), panel.depart.as_written()]
        parts = {name: digest(canonical(value)) for name, value in written.items()}
        return {
            **parts,
            "policy": digest(canonical(self.policy.as_written(exclude={"about"}))),
            "rubric and judge": digest(canonical(self.training.hashes)),
            "panel": digest(canonical([{"name": one.name, **one.hashes} for one in self.panel])),
            "panel's limits": digest(canonical(limits)),
            **self.hashes,
        }


def loop_order(path: Path, text: str | None = None) -> LoopOrder:
    """The loop that a file states, with all that it names.

    Raises: FileProblems, UnknownName or InputError for what cannot be read, a panel that holds the
    training judge, and held-out prompts that are trained on, both lines named.
    """
    text = read_text(path) if text is None else text
    loop = read_loop(path, text)
    policy = read_policy_of(loop)
    _refuse_untrainable(policy, path)
    training = _grading(TRAINING, loop.rubric, loop.judge)
    panel = tuple(_panel(loop))
    _refuse_same_judge(training, panel, path)
    prompts, held_out, hashes = _prompts(loop)
    return LoopOrder(loop, text, policy, training, panel, prompts, held_out, hashes)


def _refuse_untrainable(policy: AnyPolicy, path: Path) -> None:
    fault = None
    if not isinstance(policy, LoadedPolicy):
        fault = not_trainable(policy.backend)
    elif policy.adapter is not None:
        raise InputError(
            f"{path}: the policy has an adapter, and each round trains whole models\n"
            "  hint: merge the adapter into its model first, and name that"
        )
    if fault is not None:
        raise InputError(f"{path}: {fault.message}\n  hint: {fault.hint}")


def _grading(name: str, rubric: str, judge: str | None) -> Grading:
    """Raises: as the files do; InputError where a judge is missing."""
    loaded, text = rubric_and_text(rubric)
    refuse_forgeable(loaded.items, ())
    if judge is None and asks_judge(loaded.items):
        raise InputError(f"the rubric '{loaded.rubric}' ({name}): {NO_JUDGE_NAMED}")
    return Grading(name, loaded, text, judge, load_judge(judge) if judge else None)


def _panel(loop: AnyLoop) -> Iterator[Grading]:
    taken: set[str] = {TRAINING, CHECKS}
    for name in loop.panel.judges:
        made = _grading(name, loop.panel.rubric or loop.rubric, name)
        assert made.judge is not None  # noqa: S101 - it was named
        if not asks_judge(made.rubric.items):
            raise InputError(
                f"the panel's judge '{name}' is asked nothing: '{made.rubric.rubric}' has checks "
                "alone\n  hint: give the panel a 'rubric' with questions, or name it as 'checks'"
            )
        short = made.judge.spec.judge
        if short in taken:
            raise InputError(
                f"the panel has two members called '{short}'\n"
                "  hint: give one of the judge files another 'judge:'"
            )
        taken.add(short)
        rubric, text = made.rubric, made.rubric_text
        if loop.panel.rubric is None:
            rubric, text = questions_alone(rubric, text)
        yield Grading(short, rubric, text, name, made.judge)
    if loop.panel.checks is not None:
        loaded, text = rubric_and_text(loop.panel.checks)
        refuse_forgeable(loaded.items, ())
        if asks_judge(loaded.items):
            raise InputError(
                f"{loop.panel.checks}: 'checks' of the panel asks questions of a judge\n"
                "  hint: name the rubric as the panel's 'rubric', with 'judges'"
            )
        yield Grading(CHECKS, loaded, text, None, None)


def _refuse_same_judge(training: Grading, panel: tuple[Grading, ...], path: Path) -> None:
    if training.judge is None:
        return
    known = {ask_fingerprint(seat.spec, "") for seat in training.judge.seats}
    for one in panel:
        seats = one.judge.seats if one.judge else ()
        for seat in seats:
            if ask_fingerprint(seat.spec, "") in known:
                raise InputError(
                    f"{path}: the panel's judge '{one.judge_name}' answers by the model that the "
                    f"training judge '{training.judge_name}' answers by: it cannot watch itself\n"
                    "  hint: name a judge with another model"
                )


def _prompts(loop: AnyLoop) -> tuple[int, int, dict[str, str]]:
    """How many there are of each, and hashes of their content. Raises: FileProblems."""
    held: dict[str, tuple[str, int]] = {}
    count, content = 0, []
    for sample, path, line in _rows(loop.held_out):
        count += 1
        held[prompt_key(sample.prompt)] = (path, line)
        content.append(digest(canonical(sample.as_written())))
    trained, known = 0, digest()
    problems: list[Problem] = []
    for sample, path, line in _rows(loop.prompts):
        trained += 1
        known = digest(known, canonical(sample.as_written()))
        if (at := held.get(prompt_key(sample.prompt))) and len(problems) < _MOST_TOLD:
            told = f"this prompt is held out: it stands in {at[0]}, line {at[1]}, too"
            hint = "take it out of one of the two files"
            problems.append(Problem(path, line, 1, told, hint))
    if problems:
        raise FileProblems(problems)
    for number, source in ((trained, loop.prompts), (count, loop.held_out)):
        if not number:
            raise InputError(f"{source}: there is no prompt in it")
    return trained, count, {"prompts": known, "held_out": digest(*content)}


def _rows(source: str) -> Iterator[tuple[Sample, str, int]]:
    """Raises: FileProblems at the end, where a row is none."""
    problems: list[Problem] = []
    for row in read_prompts(source, {}, None):
        problems += row.problems[: max(0, _MOST_TOLD - len(problems))]
        if row.sample is not None:
            yield row.sample, row.path, row.line
    if problems:
        raise FileProblems(problems)


def prompt_key(prompt: TextOrChat) -> str:
    """A hash of a prompt's content: text, and a chat of one user's message, are the same."""
    if not isinstance(prompt, str):
        said = [turn for turn in prompt if turn.role != "system"]
        if len(said) != 1 or said[0].role != "user":
            return digest(canonical([turn.as_written() for turn in said]))
        prompt = said[0].content
    return digest(" ".join(prompt.split()))


def refuse_another(order: LoopOrder, kept: dict[str, Any], folder: Path) -> None:
    """See that a loop goes on as it began. Raises: RunError that says what is another one now."""
    stated, before = order.stated(), kept.get("parts", {})
    changed = [name for name in {**before, **stated} if before.get(name) != stated.get(name)]
    if changed:
        raise RunError(
            f"{folder}: this loop was begun with another {', '.join(changed)}\n"
            "  hint: take another folder for what changed; only 'rounds' may be raised in this one"
        )
