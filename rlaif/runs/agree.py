"""How far the judge of a run and people agree: labels, the run and the statistics, joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rlaif.errors import InputError
from rlaif.lazy import ADAPTERS, load
from rlaif.records.base import nearest
from rlaif.records.criterion import Checked, Criterion, Judged, leaves
from rlaif.records.rubric import Rubric
from rlaif.reporting.agree_found import FittedOn, Found, LeftOut, Retest
from rlaif.runs.agree_again import refuse_strangers, twice
from rlaif.runs.agree_asked import Asked
from rlaif.runs.agree_fitted import check_part, fitted_on, is_held_out, maps_of
from rlaif.runs.agree_labels import (
    by_sample,
    criteria_of,
    misfits,
    refuse_foreign,
    refuse_preferences,
    refuse_unknown_annotators,
)
from rlaif.runs.agree_pairs import agree_of_pairs
from rlaif.runs.agree_rows import Rows, rated_rows
from rlaif.runs.kept import kept_rubric
from rlaif.storage.label_contradictions import contradictions, refuse
from rlaif.storage.labelled_samples import LabelledRun, labelled_run
from rlaif.storage.labels import Labels, SampleLabels, read_labels
from rlaif.storage.pair_folder import is_of_pairs
from rlaif.storage.problems import Problems
from rlaif.storage.run_folder import RunFolder, open_run

OWN = "(own)"
"""The name under which criteria that samples bring are counted together."""


def agree(asked: Asked) -> Found:
    """The figures.

    Raises: FileProblems with every label that is wrong; InputError, RunError; MissingExtra.
    """
    labels = read_labels(asked.labels)
    if is_of_pairs(asked.run):
        return agree_of_pairs(asked, labels)
    run = open_run(asked.run)
    if not asked.labels:
        raise InputError("name the people's answers: rlaif agree RUN LABELS")
    refuse_preferences(labels, asked.run)
    return _Agreeing(run, labels, asked).found()


@dataclass(slots=True)
class _Counted:
    """Labels that are in no figure."""

    other_content: int = 0
    not_graded: int = 0
    fitted: int = 0


@dataclass(slots=True)
class _Agreeing:
    """One run of grades beside labels."""

    run: RunFolder
    labels: Labels
    asked: Asked
    counted: _Counted = field(default_factory=_Counted)
    problems: Problems = field(default_factory=Problems)
    rows: dict[str, Rows] = field(default_factory=dict)
    passed_over: set[int] = field(default_factory=set)
    """Ordinals of labelled samples that the judge was fitted on."""
    looked_at: int = 0

    def found(self) -> Found:
        """Everything. Raises: as `agree`."""
        rows, asked = self.labels.samples, self.asked
        refuse(contradictions(rows))
        refuse_unknown_annotators(asked.chosen.annotators, sorted({r.annotator for r in rows}))
        fitted = fitted_on(self.run)
        check_part(asked.part, fitted)
        rubric = kept_rubric(self.run)
        figures = load(ADAPTERS["agree"])(asked.resamples, asked.seed)
        wanted = by_sample(rows)
        with labelled_run(self.run, wanted) as labelled:
            unknown = refuse_foreign(labelled, wanted, asked.run)
            self._read(labelled, rubric, wanted, fitted)
            used = self._in_order(rubric)
            if not used:
                raise InputError(self._nothing(fitted))
            of_all = _of_all(used, rubric)
            rates = figures.pass_rates(of_all, labelled.verdicts, self.passed_over)
            retest = self._retest(figures, labelled, of_all)
            every, _ = labelled.counts()
        measured = figures.of_criteria(used)
        judge = self.run.manifest.judge
        return Found(
            kind="grades",
            run=str(asked.run),
            rubric=f"{rubric.rubric}@{rubric.version}",
            judge=f"{judge.name}@{judge.version}" if judge else "",
            samples=every,
            labelled=len({row.sample for one in used for row in one.rows}),
            annotators=tuple(sorted({r.annotator for one in used for r in one.rows})),
            criteria=measured.criteria,
            together=measured.together,
            pass_rates=rates.rates,
            checked=tuple(c.id for c in leaves(rubric.items) if isinstance(c, Checked)),
            graded=rates.graded,
            not_random=rates.not_random,
            again=str(asked.again) if asked.again else "",
            retest=retest,
            left_out=self._left_out(unknown),
            fitted=fitted,
            resamples=asked.resamples,
            seed=asked.seed,
        )

    def _retest(
        self, figures: Any, labelled: LabelledRun, of_all: Sequence[Rows]
    ) -> tuple[Retest, ...]:
        """How often the second run has another answer, where one is named."""
        again = self.asked.again
        if again is None:
            return ()
        criteria = [(one.name, one.answers) for one in of_all]
        found: tuple[Retest, ...] = figures.retest(twice(labelled, again, criteria))
        refuse_strangers(again, found)
        return found

    def _read(
        self,
        labelled: LabelledRun,
        rubric: Rubric,
        wanted: dict[str, list[SampleLabels]],
        fitted: FittedOn | None,
    ) -> None:
        """Every label beside its verdict. Raises: FileProblems."""
        maps = maps_of(self.run, rubric, fitted)
        own = {one.id for one in leaves(rubric.items)}
        seen = dict.fromkeys(own)
        for one in labelled.samples():
            criteria = criteria_of(rubric, one.sample)
            seen |= dict.fromkeys(criteria)
            mine = [row for row in wanted[one.sample.sample_id] if self._same(row, one.sample_hash)]
            wrong = [problem for row in mine for problem in misfits(row, criteria)]
            self.problems.add(wrong)
            if wrong or not self._counts(one.ordinal, is_held_out(one.sample, fitted), mine):
                continue
            self.counted.not_graded += one.grade is None
            self.looked_at += 1
            ours = [_once(row, mine[:place]) for place, row in enumerate(mine)]
            for criterion, row in rated_rows(rubric, one, ours, criteria, maps):
                if self.asked.chosen.has(row.annotator) and self.asked.chosen.asks(criterion.id):
                    self._rows_of(criterion, criterion.id in own).rows.append(row)
        self.problems.refuse()
        self._refuse_unknown_criteria(list(seen))

    def _same(self, row: SampleLabels, sample_hash: str) -> bool:
        """Whether the person saw the text that the run has."""
        same = not row.sample_hash or row.sample_hash == sample_hash
        self.counted.other_content += not same
        return same

    def _counts(self, ordinal: int, held_out: bool, mine: Sequence[SampleLabels]) -> bool:
        """Whether a sample is looked at: not if the judge was fitted on it, nor without labels."""
        if mine and not held_out:
            self.counted.fitted += 1
            self.passed_over.add(ordinal)
        return bool(mine) and held_out

    def _rows_of(self, criterion: Criterion, of_rubric: bool) -> Rows:
        """Where the rows of a criterion go: samples' own ones by what they can be answered with."""
        name = criterion.id
        if not of_rubric and name not in self.asked.chosen.criteria:
            plain = criterion.yes_or_no
            name = OWN if plain else f"{OWN[:-1]}: {', '.join(criterion.answers)})"
        if name not in self.rows:
            ordinal = not (isinstance(criterion, Judged) and criterion.choices)
            self.rows[name] = Rows(name, criterion.answers, criterion.worth, ordinal)
        return self.rows[name]

    def _in_order(self, rubric: Rubric) -> list[Rows]:
        """The criteria that have labels: the rubric's in its order, then the samples' own."""
        own = [one.id for one in leaves(rubric.items)]
        names = [*(name for name in own if name in self.rows), *sorted(self.rows.keys() - set(own))]
        return [self.rows[name] for name in names]

    def _refuse_unknown_criteria(self, known: Sequence[str]) -> None:
        for name in self.asked.chosen.criteria:
            if name not in known:
                hint = nearest(name, known)
                raise InputError(f"--criterion {name}: no such criterion\n  hint: {hint}")

    def _left_out(self, unknown: int) -> LeftOut:
        return LeftOut(
            unknown_samples=unknown,
            other_content=self.counted.other_content,
            not_graded=self.counted.not_graded,
            fitted_samples=self.counted.fitted,
            replaced=self.labels.replaced,
            empty=self.labels.empty,
        )

    def _nothing(self, fitted: FittedOn | None) -> str:
        """Why there is not one label to look at."""
        if fitted is not None and self.counted.fitted and not self.looked_at:
            return (
                f"all {self.counted.fitted:,} labelled samples are of prompts that the judge was "
                "fitted on\n  hint: label samples of other prompts"
            )
        if self.counted.other_content and not self.looked_at:
            return (
                "every correction is of another text than the run has under that sample's id\n"
                "  hint: name the run that was corrected"
            )
        return "no label is left by --criterion and --annotator\n  hint: leave one of them out"


def _of_all(found: Sequence[Rows], rubric: Rubric) -> list[Rows]:
    """Those that are criteria of the rubric: every sample is asked them."""
    own = {one.id for one in leaves(rubric.items)}
    return [one for one in found if one.name in own]


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
    return SampleLabels(
        row.path,
        row.line,
        row.sample_id,
        row.annotator,
        {name: said for name, said in row.answers.items() if name not in known},
        {name: said for name, said in row.values.items() if name not in known},
        row.sample_hash,
        row.settled,
    )
