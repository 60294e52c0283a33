"""What is to be decided about one pair: prescreen, what does not apply, checks on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rlaif.checks.run import check_key, needs_sandbox, run_check
from rlaif.grading.completion import prepare
from rlaif.grading.pair_calibrating import decided
from rlaif.grading.pair_combine import checked, keyed, needless, prefer
from rlaif.grading.plan import applies
from rlaif.grading.prescreen import prescreen
from rlaif.grading.together import together
from rlaif.grading.workbench import Workbench
from rlaif.records.criterion import Checked, Criterion, Item, Judged, Section, leaves, walk
from rlaif.records.outcome import Failure, Outcome, Skipped, Verdict
from rlaif.records.pair import SIDES, Pair, Side
from rlaif.records.pair_calibration import PairMap
from rlaif.records.preference import Compared, Preference, Preferred
from rlaif.records.rubric import Rubric
from rlaif.records.subject import Subject

_Keyed = tuple[str, Subject]
"""What a check is run on, behind the key of its outcome."""


@dataclass(frozen=True, slots=True)
class PairWork:
    """One pair to compare, with what earlier attempts already know about it."""

    pair: Pair
    pair_hash: str = ""
    attempt: int = 1
    prior: Mapping[str, Verdict] = field(default_factory=dict)
    """Verdicts by key: exactly the same question is not asked again."""


@dataclass(slots=True)
class PairPlan:
    """One pair on its way through a rubric. `given` fills up as answers come."""

    work: PairWork
    rubric: Rubric
    items: tuple[Item, ...]
    subjects: tuple[Subject, Subject]
    """Of a, and of b."""
    given: dict[str, Compared] = field(default_factory=dict)
    screened: Preferred | None = None
    """Set where the prescreen has decided."""

    def open(self) -> Iterator[Criterion]:
        """The criteria that have no outcome yet, in the order of the file."""
        return (c for c in leaves(self.items) if c.id not in self.given)

    def open_judged(self) -> list[Judged]:
        """Those of them that are for the judge."""
        return [c for c in self.open() if isinstance(c, Judged)]

    def take(self, criterion: Criterion, outcome: Outcome) -> None:
        """Record the same outcome for both orders, or both sides."""
        self.given[criterion.id] = Compared(criterion.id, (outcome, outcome))

    def screen(self, rules: Mapping[Side, str]) -> None:
        """Record what the prescreen says: who alone is caught loses, and two that are tie."""
        if not rules:
            return
        reason = "prescreen:" + ",".join(sorted(set(rules.values())))
        margin = 0.0 if len(rules) > 1 else (-1.0 if "a" in rules else 1.0)
        told = tuple((i.section, None) for i in walk(self.items) if isinstance(i, Section))
        self.screened = Preferred(margin, "ok", reason, told)
        self.given.clear()
        for criterion in leaves(self.items):
            self.take(criterion, Skipped(reason))

    def check(self) -> None:
        """Run the checks that need no sandbox on both sides, gates first."""
        self.check_plain(gates=True)
        self.check_plain(gates=False)

    def check_plain(self, *, gates: bool) -> None:
        """Run those of them that are gates, or the others; skip what gates have made needless."""
        for criterion in self._open_checks(gates=gates):
            if not needs_sandbox(criterion.check):
                sides = self._sides(criterion)
                found = [
                    self.work.prior.get(key) or run_check(criterion.check, subject)
                    for key, subject in sides
                ]
                self._take_checked(criterion, sides, found)
        self.skip_needless()

    def open_code(self, *, gates: bool = False) -> list[Checked]:
        """The open checks that need the sandbox: those that are gates, or the others."""
        return [c for c in self._open_checks(gates=gates) if needs_sandbox(c.check)]

    async def run(self, criterion: Checked, bench: Workbench) -> None:
        """Run a check in the sandbox on both sides, side by side."""
        sides = self._sides(criterion)
        found: list[Outcome | None] = [None, None]

        async def one(place: int, key: str, subject: Subject) -> None:
            known = self.work.prior.get(key)
            found[place] = known or await bench.run(criterion.check, subject, key)

        await together([one(place, *side) for place, side in enumerate(sides)])
        self._take_checked(criterion, sides, [outcome for outcome in found if outcome])

    def skip_needless(self) -> None:
        """Skip what gates have made needless."""
        unneeded = needless(self.items, self.given)
        for criterion in [c for c in self.open() if c.id in unneeded]:
            self.take(criterion, Skipped("gate"))

    def _open_checks(self, *, gates: bool) -> list[Checked]:
        return [c for c in self.open() if isinstance(c, Checked) and bool(c.gate) is gates]

    def _sides(self, criterion: Checked) -> list[_Keyed]:
        return [(check_key(criterion.check, subject), subject) for subject in self.subjects]

    def _take_checked(
        self, criterion: Checked, sides: Sequence[_Keyed], outcomes: Sequence[Outcome]
    ) -> None:
        (first_key, _), (second_key, _) = sides
        one, other = outcomes
        found = checked(criterion, (one, other))
        self.given[criterion.id] = keyed(found, (first_key, second_key))

    def preference(self, judge: str, reads: PairMap | None = None) -> Preference:
        """The preference, once every criterion has its outcome; as a judge's map reads it."""
        found = self.screened or prefer(self.items, self.given)
        margin, answer = decided(found, self.given, self.items, reads)
        return Preference(
            pair_id=self.work.pair.pair_id,
            rubric=f"{self.rubric.rubric}@{self.rubric.version}",
            judge=judge,
            answer=answer,
            margin=margin,
            status=found.status,
            reason=found.reason,
            sections=found.sections,
            criteria=tuple(self.given[c.id] for c in leaves(self.items)),
            pair_hash=self.work.pair_hash,
            attempt=self.work.attempt,
        )


def pair_plan(work: PairWork, rubric: Rubric) -> PairPlan:
    """Prepare one pair: its texts, the prescreen, what does not apply, what is missing."""
    pair = work.pair
    a, b = (prepare(pair.sample(side), rubric.reasoning) for side in SIDES)
    made = PairPlan(work, rubric, (*rubric.items, *pair.criteria), (a, b))
    caught = {
        side: rule
        for side, subject in zip(SIDES, (a, b), strict=True)
        if (rule := prescreen(subject, rubric.prescreen))
    }
    made.screen(caught)
    for criterion in list(made.open()):
        if not applies(criterion.when, pair.metadata):
            made.take(criterion, Skipped("when"))
        elif isinstance(criterion, Judged) and criterion.needs and pair.reference is None:
            made.take(criterion, Failure("missing_reference", "the pair has no reference"))
    return made
