"""How far the judge of a run and people agree: labels, the run and the statistics, joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rlaif.errors import InputError
from rlaif.lazy import ADAPTERS, load
from rlaif.records.criterion import Checked, leaves
from rlaif.records.rubric import Rubric
from rlaif.reporting.agree_found import Found, LeftOut, Retest
from rlaif.runs.agree_again import refuse_strangers, twice
from rlaif.runs.agree_asked import Asked
from rlaif.runs.agree_fitted import check_part, fitted_on, maps_of
from rlaif.runs.agree_labels import (
    by_sample,
    refuse_foreign,
    refuse_preferences,
    refuse_unknown_annotators,
    refuse_unknown_criteria,
)
from rlaif.runs.agree_nothing import refuse_nothing
from rlaif.runs.agree_pairs import agree_of_pairs
from rlaif.runs.agree_read import Counted, Reading
from rlaif.runs.agree_rows import Rows
from rlaif.runs.kept import kept_rubric
from rlaif.storage.labelled_samples import LabelledRun, labelled_run
from rlaif.storage.labels import Labels, read_labels
from rlaif.storage.pair_folder import is_of_pairs
from rlaif.storage.run_folder import RunFolder, open_run


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
class _Agreeing:
    """One run of grades beside labels."""

    run: RunFolder
    labels: Labels
    asked: Asked

    def found(self) -> Found:
        """Everything. Raises: as `agree`."""
        rows, asked = self.labels.samples, self.asked
        refuse_unknown_annotators(asked.chosen.annotators, sorted({r.annotator for r in rows}))
        fitted = fitted_on(self.run)
        check_part(asked.part, fitted)
        rubric = kept_rubric(self.run)
        figures = load(ADAPTERS["agree"])(asked.resamples, asked.seed)
        reading = Reading(rubric, asked.chosen, fitted, maps_of(self.run, rubric))
        wanted = by_sample(rows)
        with labelled_run(self.run, wanted) as labelled:
            unknown = refuse_foreign(labelled, wanted, asked.run)
            reading.read(labelled, wanted)
            refuse_unknown_criteria(asked.chosen.criteria, reading.criteria)
            used = _in_order(reading, rubric)
            refuse_nothing(reading, used)
            of_all = _of_all(used, rubric)
            every, _ = labelled.counts()
            rates = figures.pass_rates(of_all, labelled.verdicts, reading.passed_over, every)
            retest = self._retest(figures, labelled, of_all)
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
            pass_rates=tuple(rates.rates),
            checked=tuple(c.id for c in leaves(rubric.items) if isinstance(c, Checked)),
            graded=tuple(rates.graded),
            not_random=rates.not_random,
            not_answered=rates.not_answered,
            drawn=figures.drawn(used),
            again=str(asked.again) if asked.again else "",
            retest=retest,
            left_out=self._left_out(unknown, reading.counted),
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

    def _left_out(self, unknown: int, counted: Counted) -> LeftOut:
        return LeftOut(
            unknown_samples=unknown,
            other_content=counted.other_content,
            not_graded=counted.not_graded,
            fitted_samples=counted.fitted,
            taught_samples=counted.taught,
            replaced=self.labels.replaced,
            empty=self.labels.empty,
        )


def _in_order(reading: Reading, rubric: Rubric) -> list[Rows]:
    """The criteria that have labels: the rubric's in its order, then the samples' own."""
    own, found = [one.id for one in leaves(rubric.items)], reading.rows
    names = [*(name for name in own if name in found), *sorted(found.keys() - set(own))]
    return [found[name] for name in names]


def _of_all(found: Sequence[Rows], rubric: Rubric) -> list[Rows]:
    """Those that are criteria of the rubric: every sample is asked them."""
    own = {one.id for one in leaves(rubric.items)}
    return [one for one in found if one.name in own]
