"""One pass of a rubric over samples and its own examples, with every earlier verdict at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from rlaif.grading.engine import Asker, finished_plans
from rlaif.grading.plan import Plan, Work
from rlaif.ports import Sandbox
from rlaif.records.comparison import Move
from rlaif.records.criterion import Judged, leaves
from rlaif.records.outcome import Failure
from rlaif.records.rubric import Example, Rubric
from rlaif.records.sample import Sample, sample_digest
from rlaif.reporting.edit import Edit, LabelFlip, Standing
from rlaif.runs.examples import ExamplesReport, Finding, hold_example, tested
from rlaif.runs.remembered import Counted, Memory

TOP = 10
_IN_FLIGHT = 64
_SAME = 1e-9
_MOST_FAILURES = 3

_Named = tuple[str, int, bool, str]


@dataclass(frozen=True, slots=True)
class _Label:
    """What an example says of one criterion, or of its score."""

    example: int
    finding: Finding | None
    """None where it is met."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A rubric over all samples and examples."""

    standing: Standing
    scores: dict[str, tuple[float | None, str]]
    """Score and reason by sample id, in the order of the input."""
    labels: dict[_Named, _Label]
    """By the example's content, which of several alike it is, whether it is the stated score (a
    criterion may bear that name too), and the criterion."""
    asked: dict[str, int]
    questions: int
    failures: tuple[str, ...]


async def one_pass(
    samples: Sequence[Sample],
    rubric: Rubric,
    asker: Asker,
    memory: Memory,
    go_on: Callable[[], bool],
    sandbox: Sandbox | None = None,
) -> Pass | None:
    """Grade everything, asking only what `memory` does not know.

    Args: `go_on` is called before every sample; once it says false no further one is begun, and the
    pass ends with None. What was answered until then is remembered. `sandbox`: started, where a
    check needs it.
    """
    counted = [seat.backend for seat in asker.seats if isinstance(seat.backend, Counted)]
    for backend in counted:
        backend.asked.clear()
    walk = _Walk(rubric, asker, memory, go_on, sandbox)
    graded = await walk.finished(samples, by_rule=True)
    found = {name: made.grade(asker.name) for name, made in graded.items()}
    tests = tested(rubric)
    names = [example.sample(f"example {place}") for place, example in tests]
    held = await walk.finished(names, by_rule=False)
    if walk.stopped:
        return None
    memory.forget(walk.tally.keys)
    labels = dict(_labels(tests, held))
    scores = {s.sample_id: (found[s.sample_id].score, found[s.sample_id].reason) for s in samples}
    standing = Standing(
        rubric=f"{rubric.rubric} {rubric.version}",
        samples=len(scores),
        mean=_mean([score for score, _ in scores.values() if score is not None]),
        failed=sum(grade.status == "failed" for grade in found.values()),
        labels=len(labels),
        met=sum(label.finding is None for label in labels.values()),
    )
    failures = tuple(walk.tally.failures())
    asked = sum((backend.asked for backend in counted), Counter[str]())
    questions = walk.tally.questions * len(asker.seats)
    return Pass(standing, scores, labels, dict(asked), questions, failures)


class _Walk:
    """Takes samples through a rubric until told to stop, and counts on the way."""

    def __init__(
        self,
        rubric: Rubric,
        asker: Asker,
        memory: Memory,
        go_on: Callable[[], bool],
        sandbox: Sandbox | None,
    ) -> None:
        self._rubric, self._asker, self._memory, self._go_on = rubric, asker, memory, go_on
        self._sandbox = sandbox
        self.tally = _Tally(memory)
        self.stopped = False

    async def finished(self, samples: Iterable[Sample], *, by_rule: bool) -> dict[str, Plan]:
        """Plans by sample id; `by_rule`, with prescreen and gates, as samples are graded."""
        found: dict[str, Plan] = {}
        plans = finished_plans(
            self._works(samples),
            self._rubric,
            self._asker,
            sandbox=self._sandbox,
            in_flight=_IN_FLIGHT,
            skip_by_gates=by_rule,
            screen=by_rule,
        )
        async with aclosing(plans):
            async for made in plans:
                self.tally.add(made)
                found[made.work.sample.sample_id] = made
        return found

    async def _works(self, samples: Iterable[Sample]) -> AsyncIterator[Work]:
        for sample in samples:
            self.stopped = self.stopped or not self._go_on()
            if self.stopped:
                return
            yield Work(sample, sample_digest(sample), prior=self._memory.verdicts)


class _Tally:
    """What is counted while plans are finished."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._failed: Counter[str] = Counter()
        self.questions = self.keys = 0

    def add(self, made: Plan) -> None:
        self._memory.keep(made)
        judged = {c.id for c in leaves(made.items) if isinstance(c, Judged)}
        for answered in made.given.values():
            self.keys += bool(answered.key)
            self.questions += bool(answered.key) and answered.criterion in judged
            if isinstance(failure := answered.outcome, Failure):
                self._failed[f"{answered.criterion} ({failure.stage}: {failure.message})"] += 1

    def failures(self) -> Iterator[str]:
        for text, count in self._failed.most_common(_MOST_FAILURES):
            yield f"{count:,} x {text}"


def _labels(
    tests: Sequence[tuple[int, Example]], held: dict[str, Plan]
) -> Iterator[tuple[_Named, _Label]]:
    seen: Counter[str] = Counter()
    for place, example in tests:
        key = sample_digest(example.sample("example"))
        seen[key] += 1
        report = ExamplesReport("")
        hold_example(report, place, example, held[f"example {place}"])
        findings = {(one.kind == "score", one.criterion): one for one in report.findings}
        stated = [(False, name) for name in example.expect]
        stated += [(True, "score")] if report.ranges else []
        for named in stated:
            yield (key, seen[key], *named), _Label(place, findings.get(named))


def _mean(scores: Sequence[float]) -> float | None:
    return sum(scores) / len(scores) if scores else None


def edit_of(before: Pass | None, after: Pass) -> Edit:
    """What is otherwise after a save."""
    if before is None:
        return Edit(None, after.standing, after.asked, after.questions, failures=after.failures)
    moved = [
        Move(name, before.scores[name][0], score, before.scores[name][1], reason)
        for name, (score, reason) in after.scores.items()
        if name in before.scores and _moved(before.scores[name][0], score)
    ]
    moved.sort(key=lambda move: -abs(move.delta) if move.delta is not None else -2.0)
    return Edit(
        before=before.standing,
        after=after.standing,
        asked=after.asked,
        questions=after.questions,
        moved=tuple(moved[:TOP]),
        moves=len(moved),
        flips=tuple(_flips(before, after)),
        failures=after.failures,
    )


def _moved(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) > _SAME


def _flips(before: Pass, after: Pass) -> Iterator[LabelFlip]:
    for key, now in after.labels.items():
        was = before.labels.get(key)
        if was is None or (was.finding is None) == (now.finding is None):
            continue
        finding = now.finding or was.finding
        assert finding is not None  # noqa: S101 - one of the two is at fault
        met = now.finding is None
        yield LabelFlip(now.example, key[3], finding.expected, finding.got, met)
