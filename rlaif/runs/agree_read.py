"""The labels of a run's samples, each beside its verdict; those that are in no figure, counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rlaif.errors import Problem
from rlaif.grading.calibrating import Calibrating
from rlaif.records.criterion import Criterion, Judged, leaves
from rlaif.records.rubric import Rubric
from rlaif.reporting.agree_found import FittedOn
from rlaif.runs.agree_asked import Chosen
from rlaif.runs.agree_fitted import is_held_out, shown_key, taught_prompts
from rlaif.runs.agree_labels import criteria_of, misfits
from rlaif.runs.agree_rows import Rows, human_answer, rated_rows
from rlaif.storage.label_contradictions import contradictions
from rlaif.storage.labelled_samples import LabelledRun, LabelledSample
from rlaif.storage.labels import SampleLabels
from rlaif.storage.problems import Problems

OWN = "(own)"
"""The name under which criteria that samples bring are counted together."""


@dataclass(slots=True)
class Counted:
    """Labelled samples, and rows of labels, that are in no figure."""

    other_content: int = 0
    not_graded: int = 0
    fitted: int = 0
    taught: int = 0


@dataclass(slots=True)
class Reading:
    """Collects the rows of each criterion."""

    rubric: Rubric
    chosen: Chosen
    fitted: FittedOn | None
    maps: Calibrating | None
    counted: Counted = field(default_factory=Counted)
    rows: dict[str, Rows] = field(default_factory=dict)
    passed_over: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """By criterion, the ordinals of labelled samples that say nothing of the judge: it was fitted
    on them, or is shown people's answers to them."""
    criteria: dict[str, None] = field(default_factory=dict)
    """The ids of all that the labelled samples are asked."""
    looked_at: int = 0
    _problems: Problems = field(default_factory=Problems)
    _own: frozenset[str] = frozenset()
    _taught: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """What the rubric says."""
        own = [one.id for one in leaves(self.rubric.items)]
        self._own, self._taught = frozenset(own), taught_prompts(self.rubric)
        self.criteria = dict.fromkeys(own)

    def read(self, labelled: LabelledRun, wanted: Mapping[str, Sequence[SampleLabels]]) -> None:
        """Every label beside its verdict. Raises: FileProblems."""
        for one in labelled.samples():
            criteria = criteria_of(self.rubric, one.sample)
            self.criteria |= dict.fromkeys(criteria)
            mine = [row for row in wanted[one.sample.sample_id] if self._same(row, one.sample_hash)]
            wrong = _wrong(mine, criteria)
            self._problems.add(wrong)
            if mine and not wrong:
                self._take(one, mine, criteria)
        self._problems.refuse()

    def _same(self, row: SampleLabels, sample_hash: str) -> bool:
        """Whether the person saw the text that the run has."""
        same = not row.sample_hash or row.sample_hash == sample_hash
        self.counted.other_content += not same
        return same

    def _take(
        self,
        one: LabelledSample,
        mine: Sequence[SampleLabels],
        criteria: Mapping[str, Criterion],
    ) -> None:
        """The rows of one sample, of those criteria that they measure the judge on."""
        over = self._passed_over(one, criteria)
        for name in over:
            self.passed_over[name].add(one.ordinal)
        if {name for row in mine for name in row.criteria} <= over:
            return
        self.counted.not_graded += one.grade is None
        self.looked_at += 1
        ours = [_once(row, mine[:place]) for place, row in enumerate(mine)]
        for criterion, row in rated_rows(self.rubric, one, ours, criteria, self.maps):
            asked = criterion.id not in over and self.chosen.asks(criterion.id)
            if asked and self.chosen.has(row.annotator):
                self._rows_of(criterion).rows.append(row)

    def _passed_over(self, one: LabelledSample, criteria: Mapping[str, Criterion]) -> set[str]:
        """The criteria whose labels of a sample say nothing of the judge."""
        if shown_key(one.sample) in self._taught:
            self.counted.taught += 1
            return set(criteria)
        if is_held_out(one.sample, self.fitted):
            return set()
        read = {name for name, criterion in criteria.items() if self._is_read(criterion)}
        self.counted.fitted += bool(read)
        return read

    def _is_read(self, criterion: Criterion) -> bool:
        """Whether a map reads it: no label could help a judge with one that was edited since."""
        if self.maps is None or not isinstance(criterion, Judged):
            return False
        return self.maps.map_of(criterion) is not None

    def _rows_of(self, criterion: Criterion) -> Rows:
        """Where the rows of a criterion go: samples' own ones by what they can be answered with."""
        name = criterion.id
        if name not in self._own and name not in self.chosen.criteria:
            plain = criterion.yes_or_no
            name = OWN if plain else f"{OWN[:-1]}: {', '.join(criterion.answers)})"
        if name not in self.rows:
            ordinal = not (isinstance(criterion, Judged) and criterion.choices)
            self.rows[name] = Rows(name, criterion.answers, criterion.worth, ordinal)
        return self.rows[name]


def _wrong(mine: Sequence[SampleLabels], criteria: Mapping[str, Criterion]) -> list[Problem]:
    """What does not fit; where all does, who says two things about the text that the run has."""
    found = [problem for row in mine for problem in misfits(row, criteria)]
    if found:
        return found
    alike = [replace(row, sample_hash="") for row in mine]
    return list(contradictions(alike, lambda row, name: human_answer(criteria[name], row).place))


def _once(row: SampleLabels, before: Sequence[SampleLabels]) -> SampleLabels:
    """A row without what the same person has said alike in an earlier one."""
    known = {
        name
        for other in before
        if (other.annotator, other.settled) == (row.annotator, row.settled)
        for name in other.criteria
    }
    if not known:
        return row
    return replace(
        row,
        answers={name: said for name, said in row.answers.items() if name not in known},
        values={name: said for name, said in row.values.items() if name not in known},
    )
