"""People's answers beside what a run's judge stated, in two parts: to fit on, and kept aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from typing import Any

from rlaif.agreement.splitting import fitting_part, prompt_key
from rlaif.errors import InputError
from rlaif.records.calibrated import Labelled
from rlaif.records.criterion import Criterion, Judged, leaves
from rlaif.records.identity import digest_of
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.runs.agree_labels import (
    by_sample,
    criteria_of,
    misfits,
    refuse_foreign,
    refuse_preferences,
)
from rlaif.runs.agree_rows import RatedRow, rated_rows
from rlaif.storage.label_contradictions import contradictions, refuse
from rlaif.storage.labelled_samples import LabelledRun, labelled_run
from rlaif.storage.labels import Labels, SampleLabels, read_labels
from rlaif.storage.problems import Problems
from rlaif.storage.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class Split:
    """Which prompts the maps are fitted on."""

    seed: int = 0
    share: float = 0.5

    def __post_init__(self) -> None:
        """Raises: InputError where nothing would be left for one of the parts."""
        if isnan(self.share):
            raise InputError("--share nan: this is no number\n  hint: one between 0 and 1: 0.5")
        if not 0 < self.share < 1:
            raise InputError(
                f"--share {self.share:g}: nothing would be left to "
                f"{'measure' if self.share >= 1 else 'fit'} the maps on\n"
                "  hint: a share between 0 and 1, such as 0.5: no map is measured on what it was "
                "fitted on"
            )


@dataclass(slots=True)
class Collected:
    """Labels by criterion."""

    rows: dict[str, list[Labelled]] = field(default_factory=lambda: defaultdict(list))
    """Of the rubric's criteria."""
    own: list[Labelled] = field(default_factory=list)
    """Of yes/no criteria that samples bring, all together."""
    digest: str = ""
    """Of all answers, whatever their order."""
    answers: int = 0
    annotators: int = 0
    samples: int = 0
    unknown: int = 0
    """Labelled samples that the run does not have."""
    unanswered: int = 0
    """Answers where the judge gave none, or one of the two said that it does not apply."""


def labels_of(sources: Sequence[str], path: Path) -> Labels:
    """The labels. Raises: FileProblems with every label that is wrong; InputError for pairs."""
    labels = read_labels(sources)
    refuse_preferences(labels, path)
    refuse(contradictions(labels.samples))
    return labels


def labels_digest(labels: Labels) -> str:
    """32 hex digits over every answer, whatever the order of the lines."""
    return digest_of(sorted(_told(labels.samples)))


def _told(rows: Sequence[SampleLabels]) -> Iterator[str]:
    for row in rows:
        for name, said in (*row.answers.items(), *row.values.items()):
            yield repr((row.sample_id, row.annotator, name, said))


StateOf = Callable[[Sample, Judged], Any]
"""What the judge's model holds where its verdict on a criterion would stand; None for nothing."""


def collected(
    run: RunFolder,
    rubric: Rubric,
    labels: Labels,
    split: Split,
    state: StateOf | None = None,
) -> Collected:
    """Every usable label with the judge's distribution as it was stated, uncalibrated.

    Args: `state`, for a probe.
    Raises: FileProblems with every label that fits no criterion; RunError where the run has none of
    the labelled samples.
    """
    wanted = by_sample(labels.samples)
    found = Collected(
        digest=labels_digest(labels),
        annotators=len({row.annotator for row in labels.samples}),
    )
    with labelled_run(run, wanted) as labelled:
        found.unknown = refuse_foreign(labelled, wanted, run.path)
        _Collecting(rubric, split, found, state).read(labelled, wanted)
    return found


class _Collecting:
    """Goes through the labelled samples once."""

    def __init__(
        self, rubric: Rubric, split: Split, found: Collected, state: StateOf | None
    ) -> None:
        self._rubric, self._split, self._found = rubric, split, found
        self._state_of = state
        self._states: dict[str, Any] = {}
        self._own = {one.id for one in leaves(rubric.items)}
        self._problems = Problems()

    def read(self, labelled: LabelledRun, wanted: dict[str, list[SampleLabels]]) -> None:
        """Raises: FileProblems."""
        for one in labelled.samples():
            criteria = criteria_of(self._rubric, one.sample)
            mine = [
                row
                for row in wanted[one.sample.sample_id]
                if not row.sample_hash or row.sample_hash == one.sample_hash
            ]
            wrong = [problem for row in mine for problem in misfits(row, criteria)]
            self._problems.add(wrong)
            if wrong or not mine:
                continue
            self._found.samples += 1
            self._states.clear()
            prompt = prompt_key(one.sample)
            fits = fitting_part(prompt, self._split.seed, self._split.share)
            number = int(prompt[:12], 16)
            for criterion, row in _last_words(list(rated_rows(self._rubric, one, mine, criteria))):
                self._take(one.sample, criterion, row, number, fits)
        self._problems.refuse()

    def _take(
        self, sample: Sample, criterion: Criterion, row: RatedRow, prompt: int, fits: bool
    ) -> None:
        if not isinstance(criterion, Judged):
            return
        found = self._found
        found.answers += 1
        shares = _applying(row.judge.shares, len(criterion.answers))
        if not shares or row.human.place >= len(criterion.answers):
            found.unanswered += 1
            return
        state = self._state(sample, criterion)
        made = Labelled(prompt, fits, row.human.place, shares, state)
        if criterion.id in self._own:
            found.rows[criterion.id].append(made)
        elif criterion.yes_or_no:
            found.own.append(made)

    def _state(self, sample: Sample, criterion: Judged) -> Any:
        """Once for all who answered."""
        if self._state_of is not None and criterion.id not in self._states:
            self._states[criterion.id] = self._state_of(sample, criterion)
        return self._states.get(criterion.id)


def _applying(shares: Sequence[float], answers: int) -> tuple[float, ...]:
    """The distribution where the question applies; nothing where the judge says it does not."""
    kept, na = shares[:answers], sum(shares[answers:])
    if not kept or na >= 1 or na > max(kept):
        return ()
    return tuple(share / (1 - na) for share in kept)


def _last_words(rows: list[tuple[Criterion, RatedRow]]) -> Iterator[tuple[Criterion, RatedRow]]:
    """Of a criterion on which annotators disagreed and that was settled, what settled it alone.

    What one person said twice alike counts once.
    """
    settled = {criterion.id for criterion, row in rows if row.settled}
    seen: set[tuple[str, str, bool]] = set()
    for criterion, row in rows:
        key = criterion.id, row.annotator, row.settled
        if (criterion.id not in settled or row.settled) and key not in seen:
            seen.add(key)
            yield criterion, row
