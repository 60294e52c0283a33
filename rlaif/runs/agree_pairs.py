"""How far the judge of a run of pairs and people prefer the same completions.

People say which completion is the better one as a whole; it is held against the judge's preference
as a whole, and against what each criterion alone says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rlaif.errors import InputError, RunError
from rlaif.lazy import ADAPTERS, load
from rlaif.records.base import nearest
from rlaif.records.criterion import leaves
from rlaif.records.preference import Preference
from rlaif.records.rubric import Rubric
from rlaif.reporting.agree_found import Found, LeftOut, Retest
from rlaif.runs.agree_again import refuse_strangers
from rlaif.runs.agree_asked import Asked
from rlaif.runs.agree_fitted import check_part, fitted_on
from rlaif.runs.agree_labels import refuse_answers, refuse_unknown_annotators
from rlaif.runs.agree_pair_rows import WHOLE, PairTally, by_pair, tally_of
from rlaif.runs.agree_rows import Rows
from rlaif.runs.kept import kept_rubric
from rlaif.storage.label_contradictions import preference_contradictions, refuse
from rlaif.storage.labels import Labels, PairLabel
from rlaif.storage.pair_folder import PairFolder, open_pairs


def agree_of_pairs(asked: Asked, labels: Labels) -> Found:
    """The figures. Raises: FileProblems, InputError, RunError; MissingExtra."""
    run = open_pairs(asked.run)
    refuse_answers(labels, asked.run)
    refuse(preference_contradictions(labels.pairs))
    refuse_unknown_annotators(asked.chosen.annotators, sorted({p.annotator for p in labels.pairs}))
    fitted = fitted_on(run)
    check_part(asked.part, fitted)
    rubric = kept_rubric(run)
    given = by_pair(labels.pairs) if asked.labels else None
    tally = tally_of(run, rubric, given, fitted, asked)
    _refuse_nothing(tally, given, labels, asked)
    used = _in_order(tally, rubric, asked.chosen.criteria)
    figures = load(ADAPTERS["agree"])(asked.resamples, asked.seed)
    measured = figures.of_pairs(used, tally.orders)
    retest: tuple[Retest, ...] = ()
    if asked.again:
        retest = figures.retest_of_pairs(_again(run, asked.again, used, tally))
        refuse_strangers(asked.again, retest)
    judge = run.manifest.judge
    return Found(
        kind="pairs",
        run=str(asked.run),
        rubric=f"{rubric.rubric}@{rubric.version}",
        judge=f"{judge.name}@{judge.version}" if judge else "",
        samples=tally.pairs,
        labelled=tally.looked_at,
        annotators=tuple(sorted({row.annotator for row in used[0].rows})),
        criteria=measured.criteria,
        together=None,
        swaps={
            one.criterion: one.figures["flip_rate"]
            for one in measured.criteria
            if "flip_rate" in one.figures
        },
        sides={one.name: figures.side(one) for one in used},
        again=str(asked.again) if asked.again else "",
        retest=retest,
        left_out=LeftOut(
            unknown_samples=len((given or {}).keys() - tally.found),
            not_graded=tally.not_compared,
            fitted_samples=tally.fitted,
            taught_samples=tally.taught,
            empty=labels.empty,
        ),
        fitted=fitted,
        resamples=asked.resamples,
        seed=asked.seed,
    )


def _refuse_nothing(
    tally: PairTally,
    given: Mapping[str, Mapping[str, PairLabel]] | None,
    labels: Labels,
    asked: Asked,
) -> None:
    """Raises: InputError, RunError where no preference of people is left to look at."""
    if given is None and not tally.found:
        raise InputError(
            f"the pairs of {asked.run} do not say which one people preferred (`human`)\n"
            "  hint: name the labels: rlaif agree RUN LABELS"
        )
    if given is not None and not labels.pairs:
        raise InputError("there is no preference in the labels\n  hint: {pair_id, human: a}")
    if given and not tally.found:
        first = labels.pairs[0]
        raise RunError(
            f"{first.path}:{first.line}: no pair '{first.pair_id}' in {asked.run}, nor any other "
            f"of the {len(given):,} that are labelled\n  hint: name the run of these pairs"
        )
    if not tally.looked_at:
        raise InputError(
            f"all {tally.fitted + tally.taught:,} labelled pairs are of prompts that the judge was "
            "fitted on, or is shown an example of\n  hint: label pairs of other prompts"
        )
    if tally.not_compared == tally.looked_at:
        raise RunError(
            f"nothing can be compared: none of {tally.looked_at:,} labelled pairs was judged\n"
            "  hint: `rlaif compare` goes on with a run that was broken off"
        )


def _in_order(tally: PairTally, rubric: Rubric, wanted: Sequence[str]) -> list[Rows]:
    """The preference as a whole, then by criterion; the latter only where there are several."""
    own = [one.id for one in leaves(rubric.items)]
    known = [WHOLE, *own, *sorted(tally.rows.keys() - {WHOLE, *own})]
    for name in wanted:
        if name not in known:
            hint = nearest(name, known[1:])
            raise InputError(f"--criterion {name}: no such criterion\n  hint: {hint}")
    names = [WHOLE] if len(known) == 2 and not wanted else [WHOLE, *(wanted or known[1:])]
    return [tally.rows[name] for name in names if name in tally.rows]


def _again(
    run: PairFolder, other: Path, used: Sequence[Rows], tally: PairTally
) -> Iterator[tuple[str, list[tuple[int, bool]]]]:
    """By criterion: of each pair with an answer in both runs, its prompt and whether it changed."""
    second = open_pairs(other)
    then = {(p.pair_id, p.pair_hash): p for _, p in second.compared_pairs() if p is not None}
    changed: dict[str, list[tuple[int, bool]]] = {}
    for pair, preference in run.compared_pairs():
        known = preference and then.get((preference.pair_id, preference.pair_hash))
        if preference is None or known is None:
            continue
        before, after = _answers(preference), _answers(known)
        cluster = tally.cluster(pair)
        for name in before.keys() & after.keys():
            changed.setdefault(name, []).append((cluster, before[name] != after[name]))
    for rows in used:
        yield rows.name, changed.get(rows.name, [])


def _answers(preference: Preference) -> dict[str, str]:
    told = {one.criterion: one.answer for one in preference.criteria}
    return {name: said for name, said in {WHOLE: preference.answer, **told}.items() if said}
